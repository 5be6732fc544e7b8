"""What the steps of the answer path hand on: the draft, and the tools that are the same for a whole release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gristmill.answering.answer import Citation, Sentence
from gristmill.answering.evidence import Evidence, Weighing
from gristmill.answering.prompts import Prompt
from gristmill.identity import Asker
from gristmill.models.encoder import TextEncoder
from gristmill.models.generators import Generator
from gristmill.search.retrieval import Passage, Query
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
    nonce: str  # makes the marks around passages unpredictable for whoever wrote the passages


@dataclass(frozen=True)
class Draft:
    """An answer on its way."""

    question: str
    asker: Asker
    passages: tuple[Passage, ...] = ()
    query: Query | None = None
    weighing: Weighing | None = None
    chosen: tuple[Evidence, ...] = ()
    written: str = ""
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    refused: bool = False
    disputed: bool = False
    ask_whom: tuple[str, ...] = ()
    note: str = ""


StepFunction = Callable[[Draft, Tools], Draft]
