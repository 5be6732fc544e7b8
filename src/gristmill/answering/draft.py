"""What the steps of the answer path hand on: the draft, and the tools that are the same for a whole release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from gristmill.answering.answer import Account, Citation, Sentence
from gristmill.answering.cache import AnswerCache
from gristmill.answering.evidence import Evidence, Weighing
from gristmill.answering.leaks import canary_of
from gristmill.answering.learned import Learned, VerifiedAnswer
from gristmill.answering.prompts import Chat, Prompt
from gristmill.answering.routing import Router
from gristmill.corpus.privacy import Kind
from gristmill.fingerprint import fingerprint
from gristmill.identity import Asker
from gristmill.models.encoder import TextEncoder
from gristmill.models.generators import Generator
from gristmill.models.reader import TextReader
from gristmill.search.retrieval import PairScorer, Passage, Query
from gristmill.search.version import IndexVersion
from gristmill.settings import AnsweringSettings, SearchSettings


@dataclass(frozen=True)
class Tools:
    """What the steps work with, the same for every question of a release."""

    index: IndexVersion
    encoder: TextEncoder
    bridge: TextEncoder | None
    generator: Generator
    prompt: Prompt
    search: SearchSettings
    answering: AnsweringSettings
    release: str
    nonce: str  # makes the marks around passages, and the canary, unpredictable for whoever wrote the passages
    forbidden: frozenset[Kind] = frozenset()  # personal data that no answer may hold
    cache: AnswerCache | None = None
    router: Router | None = None
    learned: Learned = Learned()  # noqa: RUF009 - it is frozen
    reranker: PairScorer | None = None
    reader: TextReader | None = None

    @cached_property
    def settings_hash(self) -> str:
        """Hash of everything but the documents that can change an answer."""
        parts = [self.search.model_dump(mode="json"), self.answering.model_dump(mode="json"), self.prompt.sha]
        bridge = self.bridge.fingerprint if self.bridge else ""
        kept = [self.learned.name] if self.learned.name else []
        return fingerprint("cache", parts, self.encoder.fingerprint, bridge, self.generator.fingerprint, *kept)

    @cached_property
    def canary(self) -> str:
        """The word in the prompt that no answer may hold."""
        return canary_of(self.nonce)


@dataclass(frozen=True)
class Draft:
    """An answer on its way."""

    question: str
    asker: Asker
    passages: tuple[Passage, ...] = ()
    query: Query | None = None
    weighing: Weighing | None = None
    verified: VerifiedAnswer | None = None
    chosen: tuple[Evidence, ...] = ()
    cut: str = ""  # the part of the first chosen unit that answers by itself
    chat: Chat | None = None
    written: str = ""
    worded: bool = False
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    refused: bool = False
    uncertain: bool = False
    disputed: bool = False
    ask_whom: tuple[str, ...] = ()
    closest: tuple[Citation, ...] = ()
    account: Account = Account()  # noqa: RUF009 - it is frozen
    note: str = ""

    def noticed(self, *flags: str) -> Draft:
        """Return the draft with more flags on its account."""
        return replace(self, account=replace(self.account, flags=(*self.account.flags, *flags)))


StepFunction = Callable[[Draft, Tools], Draft]
