"""Asking and searching in an installation: the current release, opened once, with receipts stored.

The command line and the service both ask through here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import partial
from threading import Thread

from gristmill.answering.answer import Answer
from gristmill.answering.draft import Tools
from gristmill.answering.events import Answered, Event
from gristmill.answering.pipeline import answer_events
from gristmill.answering.prompts import load_prompt
from gristmill.answering.receipts import store_receipt
from gristmill.corpus.policies import forbidden_kinds
from gristmill.identity import Asker
from gristmill.mill import heal_index
from gristmill.models.generators import OpenVinoGenerator
from gristmill.models.remembering import RememberingEncoder
from gristmill.release.manifest import keep, release_of
from gristmill.search.retrieval import Passage, Query, retrieve
from gristmill.search.serving import ServedIndex
from gristmill.search.version import IndexVersion
from gristmill.storage.artifacts import write_durably
from gristmill.workspace import Workspace


class Answerer:
    """The current release of a workspace, ready to answer."""

    def __init__(self, workspace: Workspace, *, heals: bool = False) -> None:
        """Open the version in force.

        Args:
            workspace: the installation.
            heals: build the index again when a file of it is damaged; for what runs long enough to see the end of it.
        """
        self._workspace = workspace
        encoders = [encoder.fingerprint for encoder in workspace.encoders]
        heal = partial(heal_index, workspace) if heals else None
        self._served = ServedIndex(workspace.index_store, workspace.lake, encoders, heal)
        self._tools: Tools | None = None

    @property
    def damage(self) -> tuple[str, ...]:
        """What is damaged of the version in force, as far as was noticed; answers come from the lake then."""
        return self._served.damage

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
        index = self._served.index()
        bridge = self._workspace.bridge if index.bridge is not None else None
        vector = self._workspace.encoder.encode([question])[0]
        bridged = bridge.encode([question])[0] if bridge is not None else None
        return retrieve(index, Query(question, vector, bridged, asker), self._workspace.settings.search, k)

    def warm(self) -> None:
        """Load the models now, the generator beside the encoder, so that the first question waits once."""
        generator = self._workspace.generator
        loading = Thread(target=generator.load) if isinstance(generator, OpenVinoGenerator) else None
        if loading is not None:
            loading.start()
        self._workspace.encoder.encode(["warm"])
        if loading is not None:
            loading.join()

    @property
    def tools(self) -> Tools:
        """What the steps of the answer path work with, for one question: the index may be another one for the next."""
        index = self._served.index()
        if self._tools is None or self._tools.index is not index:
            self._tools = self._made_tools(index)
        return self._tools

    def _made_tools(self, index: IndexVersion) -> Tools:
        workspace, prompt = self._workspace, load_prompt()
        release = release_of(workspace.settings, index.manifest, prompt, workspace.generator)
        keep(release, workspace.home)
        return Tools(
            index,
            RememberingEncoder(workspace.encoder),
            None if workspace.bridge is None else RememberingEncoder(workspace.bridge),
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
