"""Asking and searching in an installation: the release in force, opened once, with receipts stored.

The command line, the service and evaluations ask through here. How a release comes into force stands in
`release/registry.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from threading import Thread

from gristmill.answering.answer import Answer
from gristmill.answering.draft import Tools
from gristmill.answering.events import Answered, Event
from gristmill.answering.pipeline import answer, answer_events
from gristmill.answering.receipts import store_receipt
from gristmill.corpus.policies import forbidden_kinds
from gristmill.evaluation.running import CountingGenerator
from gristmill.identity import Asker
from gristmill.mill import heal_index
from gristmill.models.generators import OpenVinoGenerator
from gristmill.models.reader import Reader
from gristmill.models.remembering import RememberingEncoder
from gristmill.release.manifest import Release
from gristmill.release.opening import ReleaseIndex
from gristmill.search.focus import Focuser, focused_passages
from gristmill.search.retrieval import Passage, Query, retrieve
from gristmill.search.version import IndexVersion
from gristmill.storage.artifacts import write_durably
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

    def __init__(self, workspace: Workspace, release: Release | str | None = None, *, heals: bool = False) -> None:
        """Open a release.

        Args:
            workspace: the installation.
            release: the one in force when none is given.
            heals: build the index again when a file of it is damaged; for what runs long enough to see the end of it.
        """
        self._workspace = workspace
        if not isinstance(release, Release):
            release = workspace.registry.get(release or in_force(workspace))
        self.release = release
        heal = partial(heal_index, workspace) if heals else None
        self._index = ReleaseIndex(workspace.index_store, release, workspace.lake, heal)
        self._models = workspace.models(release)
        self._tools: Tools | None = None

    @property
    def damage(self) -> tuple[str, ...]:
        """What is damaged of the index, as far as was noticed; the lake holds in for it."""
        return self._index.damage

    @property
    def is_as_released(self) -> bool:
        """Whether it answers from what the release names; a damaged index whose documents have changed does not."""
        return self._index.is_as_released

    def ask(self, question: str, asker: Asker) -> Answer:
        """Answer a question and store the receipt."""
        *_, last = self.ask_events(question, asker)
        assert isinstance(last, Answered)
        return last.answer

    def ask_events(self, question: str, asker: Asker) -> Iterator[Event]:
        """Answer a question, telling what is ready as soon as it is; the receipt is stored before the last event."""
        tools = self.tools
        for event in answer_events(question, asker, tools):
            if isinstance(event, Answered):
                store_receipt(self._workspace.database, event.answer, asker, tools)
            yield event

    def answer(self, question: str, asker: Asker) -> Answer:
        """Answer a question without a receipt: for evaluations."""
        # Nothing kept is measured, and nothing leaves the machine for a measurement.
        return answer(question, asker, replace(self.tools, cache=None, router=None))

    def search(self, question: str, asker: Asker, k: int | None = None) -> list[Passage]:
        """Return the `k` best passages for a question; as many as the release gives an answer when not said."""
        index = self._index.index()
        return retrieve(index, self._query(index, question, asker), self.release.search_settings, k)

    def focused(self, question: str, asker: Asker, k: int) -> list[Passage]:
        """Return the `k` spans at most that matter for a question: of passages, what says something about it."""
        index, workspace = self._index.index(), self._workspace
        query, search = self._query(index, question, asker), self.release.search_settings
        tokenizer = workspace.encoder.tokenizer
        focuser = Focuser(self._models.encoder, tokenizer, index.lexical, workspace.settings.focus)
        return [found.alone() for found in focused_passages(index, query, search, focuser, k)]

    def _query(self, index: IndexVersion, question: str, asker: Asker) -> Query:
        bridge = self._models.bridge if index.bridge is not None else None
        vector = self._models.encoder.encode([question])[0]
        bridged = bridge.encode([question])[0] if bridge is not None else None
        return Query(question, vector, bridged, asker, self._models.reranker)

    def count_tokens(self) -> CountingGenerator:
        """Count the tokens of the generator from now on."""
        counting = CountingGenerator(self._models.generator)
        self._models = replace(self._models, generator=counting)
        self._tools = None
        return counting

    def warm(self) -> None:
        """Load the models now, the generator beside the encoder, so that the first question waits once."""
        generator, reader = self._models.generator, self._models.reader
        loads = [part.load for part in (generator, reader) if isinstance(part, OpenVinoGenerator | Reader)]
        loading = [Thread(target=load) for load in loads]
        for thread in loading:
            thread.start()
        self._models.encoder.encode(["warm"])
        for thread in loading:
            thread.join()

    @property
    def tools(self) -> Tools:
        """What the steps of the answer path work with, for one question: the index may be another one for the next.

        What was withdrawn from the ledger is gone from it before a new release is out.
        """
        index, tools = self._index.index(), self._tools
        if tools is None or tools.index is not index:
            # The encoders stay: they remember the vectors of questions.
            tools = self._tools = self._made_tools(index) if tools is None else replace(tools, index=index)
        return tools

    def _made_tools(self, index: IndexVersion) -> Tools:
        release, models = self.release, self._models
        return Tools(
            index,
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
            models.reranker,
            models.reader,
        )

    def _nonce(self) -> str:
        file = self._workspace.home / "nonce"
        if not file.exists():
            write_durably(file, secrets.token_hex(16))
        return file.read_text()
