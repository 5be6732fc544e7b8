"""The answer path: a list of small steps, each with one job, each leaving its trace.

Every guarantee comes from code. The model only words what was found; what it writes is shown when code finds it carried
by the evidence, and otherwise the evidence itself is quoted. No step has tools, writes anything or opens a socket.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from gristmill.answering.answer import Answer, Citation, Step
from gristmill.answering.evidence import Evidence, Weigher, Weighing
from gristmill.answering.prompts import Prompt, fill
from gristmill.answering.receipts import new_receipt_id
from gristmill.answering.support import support
from gristmill.corpus.injection import Verdict, screen_with
from gristmill.errors import GristmillError
from gristmill.fingerprint import fingerprint
from gristmill.identity import Asker
from gristmill.models.encoder import TextEncoder
from gristmill.models.generators import Generator
from gristmill.search.outline import plain
from gristmill.search.retrieval import Passage, Query, retrieve
from gristmill.search.version import IndexVersion
from gristmill.settings import AnsweringSettings, SearchSettings

# What an answer may not hold: markup, links, addresses. Quotes stand in the citations, where they are shown as text.
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|<[^>]{1,200}>|https?://\S+|www\.\S+|data:\S+", re.IGNORECASE)
_REFUSAL = "The documents you may see do not answer this."
# A second quote must be nearly as likely to be evidence as the first.
_NEARLY = 1.0
_SHOWN_TO_MODEL = 4
_LOOKED_AT = 8


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
    text: str = ""
    refused: bool = False
    note: str = ""


StepFunction = Callable[[Draft, Tools], Draft]


def normalise(draft: Draft, tools: Tools) -> Draft:
    """Fold blanks and invisible characters; refuse to read a question that is empty or too long."""
    visible = "".join(c for c in unicodedata.normalize("NFC", draft.question) if unicodedata.category(c) != "Cf")
    question = " ".join(visible.split())
    if not any(character.isalnum() for character in question):
        raise GristmillError("There is no question.", "Ask something.")
    if len(question) > tools.answering.max_question_characters:
        raise GristmillError(f"The question has {len(question):,} characters.", "Ask it more briefly.")
    return replace(draft, question=question)


def find(draft: Draft, tools: Tools) -> Draft:
    """Find passages inside the asker's groups."""
    vector = tools.encoder.encode([draft.question])[0]
    bridged = tools.bridge is not None and tools.index.bridge is not None
    bridge = tools.bridge.encode([draft.question])[0] if bridged and tools.bridge else None
    query = Query(draft.question, vector, bridge, draft.asker)
    passages = tuple(retrieve(tools.index, query, tools.search))
    return replace(draft, query=query, passages=passages, note=f"{len(passages)} passages")


def weigh(draft: Draft, tools: Tools) -> Draft:
    """Weigh every sentence and row of the passages, and refuse when none is likely to answer."""
    assert draft.query is not None
    weighing = Weigher(tools.encoder, tools.index.lexical).weigh(draft.query, draft.passages)
    refused = weighing.answerable < tools.answering.answerable
    note = f"answerable {weighing.answerable:.2f}, needed {tools.answering.answerable:.2f}"
    return replace(draft, weighing=weighing, refused=refused, note=note)


def choose(draft: Draft, tools: Tools) -> Draft:
    """Choose what is quoted: the best evidence, and more only when it is nearly as good and says something else."""
    if draft.refused or draft.weighing is None:
        return draft
    honest = _for_readers(draft)
    if not honest:
        return replace(draft, refused=True, note="what was found addresses a model, not a reader")
    best, chosen = honest[0], honest[:1]
    for evidence in honest[1:]:
        apart = all(evidence.unit.text != kept.unit.text for kept in chosen)
        if len(chosen) < tools.answering.quotes and apart and evidence.logit > best.logit - _NEARLY:
            chosen.append(evidence)
    return replace(draft, chosen=tuple(chosen), note=f"{len(chosen)} quotes")


def word(draft: Draft, tools: Tools) -> Draft:
    """Let the generator word the answer from the best evidence."""
    if draft.refused or draft.weighing is None:
        return draft
    others = [evidence for evidence in _for_readers(draft) if evidence not in draft.chosen]
    shown = [_readable(evidence) for evidence in (*draft.chosen, *others)][:_SHOWN_TO_MODEL]
    mark = f"<{fingerprint(tools.nonce, draft.question, shown)[:8]}>"
    generated = tools.generator.generate(fill(tools.prompt, draft.question, shown, mark))
    note = f"{generated.prompt_tokens} tokens read, {generated.new_tokens} written"
    return replace(draft, written=_first_sentence(generated.text), note=note)


def verify(draft: Draft, tools: Tools) -> Draft:
    """Keep what was written when the chosen evidence carries it; else quote the evidence."""
    if draft.refused:
        return draft
    evidence = [_readable(e) for e in draft.chosen]
    sources = [draft.passages[e.unit.passage] for e in draft.chosen]
    about = " ".join(name for passage in sources for name in (passage.title, *passage.headings))
    if draft.written and _MARKUP.search(draft.written) is None:
        found = support(draft.written, evidence, f"{draft.question} {about}", tools.encoder)
        if found.score >= tools.answering.support:
            return replace(draft, text=draft.written, note=f"worded by the model, support {found.score:.2f}")
        return replace(draft, text="", note=f"quoted; the model's words were dropped: {found.reason or 'too far off'}")
    return replace(draft, text="", note="quoted")


def compose(draft: Draft, tools: Tools) -> Draft:
    """Put the answer together, each part with the number of its citation."""
    if draft.refused:
        return replace(draft, text=_REFUSAL)
    numbers = " ".join(f"[{number}]" for number in range(1, len(draft.chosen) + 1))
    if draft.text:
        return replace(draft, text=f"{draft.text} {numbers}")
    quotes = (f"{_readable(evidence)} [{number}]" for number, evidence in enumerate(draft.chosen, 1))
    return replace(draft, text=" ".join(quotes))


def clean(draft: Draft, tools: Tools) -> Draft:
    """Leave plain text and the numbers of citations: no links, no images, no markup."""
    return replace(draft, text=" ".join(_MARKUP.sub(r"\1", draft.text).split()))


STEPS: tuple[StepFunction, ...] = (normalise, find, weigh, choose, word, verify, compose, clean)


def answer(question: str, asker: Asker, tools: Tools) -> Answer:
    """Answer a question for an asker.

    Raises:
        GristmillError: the question is empty or too long.
    """
    began = time.perf_counter()
    draft, trace = Draft(question, asker), []
    for step in STEPS:
        since = time.perf_counter()
        draft = step(replace(draft, note=""), tools)
        trace.append(Step(step.__name__, round(1000 * (time.perf_counter() - since), 2), draft.note))
    citations = () if draft.refused else tuple(_citation(evidence, draft.passages) for evidence in draft.chosen)
    latency = round(1000 * (time.perf_counter() - began), 2)
    return Answer(
        draft.question, draft.text, draft.refused, citations, draft.passages, tools.release, new_receipt_id(),
        latency, tuple(trace),
    )  # fmt: skip


def _citation(evidence: Evidence, passages: tuple[Passage, ...]) -> Citation:
    unit, passage = evidence.unit, passages[evidence.unit.passage]
    chunk = passage.chunk_at(unit.start)
    return Citation(passage.document, chunk, unit.text, unit.start, unit.end, passage.title, passage.page)


def _for_readers(draft: Draft) -> list[Evidence]:
    """Return the first evidence that is not from a passage which speaks to a model instead of to a reader."""
    assert draft.weighing is not None
    screened: dict[int, bool] = {}
    first = draft.weighing.evidence[:_LOOKED_AT]
    for number in {evidence.unit.passage for evidence in first}:
        screened[number] = screen_with(None, draft.passages[number].text).verdict is Verdict.CLEAN
    return [evidence for evidence in first if screened[evidence.unit.passage]]


def _readable(evidence: Evidence) -> str:
    """Return a unit as plain text; of a table row, its cells with their names."""
    row = evidence.unit.row
    if not row:
        return plain(evidence.unit.text)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in row) + "."


def _first_sentence(text: str) -> str:
    """Return the first sentence that was written; small models go on with their own questions and answers."""
    line = next((line for line in text.strip().splitlines() if line.strip()), "")
    match = re.match(r".+?[.!?](?=\s|$)", line.strip())
    return (match[0] if match else line).strip().strip('"')
