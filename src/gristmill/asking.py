"""Asking and searching in an installation: the current release, opened once, with receipts stored.

The command line and the service both ask through here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from functools import cached_property
from threading import Thread

from gristmill.answering.answer import Answer
from gristmill.answering.draft import Tools
from gristmill.answering.events import Answered, Event
from gristmill.answering.pipeline import answer_events
from gristmill.answering.prompts import load_prompt
from gristmill.answering.receipts import store_receipt
from gristmill.corpus.policies import forbidden_kinds
from gristmill.identity import Asker
from gristmill.models.encoder import TextEncoder
from gristmill.models.generators import OpenVinoGenerator
from gristmill.models.remembering import RememberingEncoder
from gristmill.release.manifest import keep, release_of
from gristmill.search.encoder_records import encoder_for
from gristmill.search.index import open_current
from gristmill.search.probes import require_version
from gristmill.search.retrieval import Passage, Query, retrieve
from gristmill.search.version import IndexVersion
from gristmill.storage.artifacts import write_durably
from gristmill.workspace import Workspace


def encoders_of(workspace: Workspace, index: IndexVersion) -> list[TextEncoder]:
    """Return the encoders that an index was built with; without the second one where the settings leave it out.

    Raises:
        SearchIndexError: one of them cannot be loaded.
    """
    at_hand: list[Callable[[], TextEncoder | None]] = [lambda: workspace.encoder, lambda: workspace.bridge]
    wanted = index.manifest.encoders[: 1 + workspace.settings.search.bridge]
    memory = workspace.home / "cache"
    return [encoder_for(index.folder, name, [given], memory) for name, given in zip(wanted, at_hand, strict=False)]


class Answerer:
    """The current release of a workspace, ready to answer.

    It asks one index, with the encoders that this index was built with, for as long as it lives: whoever holds an older
    one still gets whole answers from the older index while a new one is published.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._index = open_current(workspace.index_store)

    def ask(self, question: str, asker: Asker) -> Answer:
        """Answer a question and store the receipt."""
        *_, last = self.ask_events(question, asker)
        assert isinstance(last, Answered)
        return last.answer

    def ask_events(self, question: str, asker: Asker) -> Iterator[Event]:
        """Answer a question, telling what is ready as soon as it is; the receipt is stored before the last event."""
        for event in answer_events(question, asker, self.tools):
            if isinstance(event, Answered):
                store_receipt(self._workspace.database, event.answer, asker, self.tools)
            yield event

    def search(self, question: str, asker: Asker, k: int) -> list[Passage]:
        """Return the `k` best passages for a question."""
        vector = self.encoder.encode([question])[0]
        bridged = self.bridge.encode([question])[0] if self.bridge is not None else None
        return retrieve(self._index, Query(question, vector, bridged, asker), self._workspace.settings.search, k)

    def warm(self) -> None:
        """Load the models now, the generator beside the encoder, so that the first question waits once."""
        generator = self._workspace.generator
        loading = Thread(target=generator.load) if isinstance(generator, OpenVinoGenerator) else None
        if loading is not None:
            loading.start()
        self.encoder.encode(["warm"])
        if loading is not None:
            loading.join()

    @cached_property
    def encoder(self) -> TextEncoder:
        """The main encoder of this index, compared with its probes when it is first used.

        Raises:
            SearchIndexError: it cannot be loaded, or gives other vectors than when the index was built.
        """
        return self._compared(encoders_of(self._workspace, self._index)[0])

    @cached_property
    def bridge(self) -> TextEncoder | None:
        """The second encoder of this index, if it has one and the settings do not leave it out."""
        others = encoders_of(self._workspace, self._index)[1:]
        return self._compared(others[0]) if others else None

    def _compared(self, encoder: TextEncoder) -> TextEncoder:
        require_version(self._index.folder, encoder)
        return encoder

    @cached_property
    def tools(self) -> Tools:
        """What the steps of the answer path work with."""
        workspace, prompt = self._workspace, load_prompt()
        release = release_of(workspace.settings, self._index.manifest, prompt, workspace.generator)
        keep(release, workspace.home)
        return Tools(
            self._index,
            RememberingEncoder(self.encoder),
            None if self.bridge is None else RememberingEncoder(self.bridge),
            workspace.generator,
            prompt,
            workspace.settings.search,
            workspace.settings.answering,
            release.name,
            self._nonce(),
            forbidden_kinds(workspace.settings),
            workspace.answer_cache,
            workspace.router,
        )

    def _nonce(self) -> str:
        file = self._workspace.home / "nonce"
        if not file.exists():
            write_durably(file, secrets.token_hex(16))
        return file.read_text()
