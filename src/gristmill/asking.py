"""Asking and searching in an installation: the release in force, opened once, with receipts stored.

The command line, the service and evaluations ask through here. How a release comes into force stands in
`release/registry.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from threading import Thread

from gristmill.answering.answer import Answer
from gristmill.answering.draft import Tools
from gristmill.answering.events import Answered, Event
from gristmill.answering.pipeline import answer, answer_events
from gristmill.answering.receipts import store_receipt
from gristmill.corpus.policies import forbidden_kinds
from gristmill.evaluation.running import CountingGenerator
from gristmill.identity import Asker
from gristmill.models.generators import OpenVinoGenerator
from gristmill.models.remembering import RememberingEncoder
from gristmill.release.manifest import Release
from gristmill.release.opening import open_index
from gristmill.search.retrieval import Passage, Query, retrieve
from gristmill.search.version import IndexVersion
from gristmill.storage.artifacts import write_durably
from gristmill.storage.tables import DOCUMENTS
from gristmill.workspace import Workspace


def in_force(workspace: Workspace) -> str:
    """Return the name of the release in force; one query of the database, cheap enough to be asked every second.

    A home with an index and without a release gets its first one here.

    Raises:
        SearchIndexError: there is no index yet, and so no release.
    """
    return workspace.registry.in_force() or workspace.registry.start(workspace.candidate())


def pending(workspace: Workspace) -> str | None:
    """Return the candidate that the settings make when it is not the release in force: it waits for the gate.

    Raises:
        SearchIndexError: there is no index yet.
    """
    candidate = workspace.candidate()
    return None if candidate.name == in_force(workspace) else workspace.registry.keep(candidate)


class Answerer:
    """One release of a workspace, ready to answer: the one in force when none is named."""

    def __init__(self, workspace: Workspace, release: Release | str | None = None) -> None:
        self._workspace = workspace
        if not isinstance(release, Release):
            release = workspace.registry.get(release or in_force(workspace))
        self.release = release
        self._ledger = -2  # version of the ledger that the audiences were read from; none yet
        self._index = self._opened()
        self._models = workspace.models(release)

    def ask(self, question: str, asker: Asker) -> Answer:
        """Answer a question and store the receipt."""
        *_, last = self.ask_events(question, asker)
        assert isinstance(last, Answered)
        return last.answer

    def ask_events(self, question: str, asker: Asker) -> Iterator[Event]:
        """Answer a question, telling what is ready as soon as it is; the receipt is stored before the last event."""
        self.keep_up()
        for event in answer_events(question, asker, self.tools):
            if isinstance(event, Answered):
                store_receipt(self._workspace.database, event.answer, asker, self.tools)
            yield event

    def answer(self, question: str, asker: Asker) -> Answer:
        """Answer a question without a receipt: for evaluations."""
        self.keep_up()
        # Nothing kept is measured, and nothing leaves the machine for a measurement.
        return answer(question, asker, replace(self.tools, cache=None, router=None))

    def search(self, question: str, asker: Asker, k: int | None = None) -> list[Passage]:
        """Return the `k` best passages for a question; as many as the release gives an answer when not said."""
        self.keep_up()
        bridge = self._models.bridge if self._index.bridge is not None else None
        vector = self._models.encoder.encode([question])[0]
        bridged = bridge.encode([question])[0] if bridge is not None else None
        return retrieve(self._index, Query(question, vector, bridged, asker), self.release.search_settings, k)

    def count_tokens(self) -> CountingGenerator:
        """Count the tokens of the generator from now on."""
        counting = CountingGenerator(self._models.generator)
        self._models = replace(self._models, generator=counting)
        self.__dict__.pop("tools", None)
        return counting

    def warm(self) -> None:
        """Load the models now, the generator beside the encoder, so that the first question waits once."""
        generator = self._models.generator
        loading = Thread(target=generator.load) if isinstance(generator, OpenVinoGenerator) else None
        if loading is not None:
            loading.start()
        self._models.encoder.encode(["warm"])
        if loading is not None:
            loading.join()

    @cached_property
    def tools(self) -> Tools:
        """What the steps of the answer path work with."""
        release, models = self.release, self._models
        return Tools(
            self._index,
            RememberingEncoder(models.encoder),
            None if models.bridge is None else RememberingEncoder(models.bridge),
            models.generator,
            release.prompt_text,
            release.search_settings,
            release.answering_settings,
            release.name,
            self._nonce(),
            forbidden_kinds(self._workspace.settings),
            self._workspace.answer_cache,
            self._workspace.router,
            self._workspace.learned.get(release.learned),
        )

    def _opened(self) -> IndexVersion:
        self._ledger = self._workspace.lake.version(DOCUMENTS)
        return open_index(self._workspace.index_store, self.release, self._workspace.lake)

    def keep_up(self) -> None:
        """Open the index again when the ledger changed: what was withdrawn is gone before a new release is out."""
        if self._workspace.lake.version(DOCUMENTS) != self._ledger:
            self._index = self._opened()
            self.__dict__.pop("tools", None)

    def _nonce(self) -> str:
        file = self._workspace.home / "nonce"
        if not file.exists():
            write_durably(file, secrets.token_hex(16))
        return file.read_text()
