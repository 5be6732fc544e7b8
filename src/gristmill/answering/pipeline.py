"""The answer path: a list of small steps, each with one job, each leaving its trace.

Every guarantee comes from code. The model only words what was found; what it writes is shown when code finds it carried
by the evidence, and otherwise the evidence itself is quoted. No step has tools, writes anything or opens a socket.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from gristmill.answering.answer import Answer, Citation, Sentence, Step
from gristmill.answering.draft import Draft, StepFunction, Tools
from gristmill.answering.events import Answered, Event, PassagesFound, SentenceReady
from gristmill.answering.evidence import Evidence, Weigher
from gristmill.answering.prompts import fill
from gristmill.answering.receipts import new_receipt_id
from gristmill.answering.support import support
from gristmill.corpus.injection import Verdict, screen_with
from gristmill.errors import GristmillError
from gristmill.fingerprint import fingerprint
from gristmill.identity import Asker
from gristmill.search.outline import plain
from gristmill.search.retrieval import Passage, Query, retrieve

# What an answer may not hold: markup, links, addresses. Quotes stand in the citations, where they are shown as text.
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|<[^>]{1,200}>|https?://\S+|www\.\S+|data:\S+", re.IGNORECASE)
_REFUSAL = "The documents you may see do not answer this."
# A second quote must be nearly as likely to be evidence as the first.
_NEARLY = 1.0
_SHOWN_TO_MODEL = 4
_LOOKED_AT = 8


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
    query = query_of(draft.question, draft.asker, tools)
    passages = tuple(retrieve(tools.index, query, tools.search))
    return replace(draft, query=query, passages=passages, note=f"{len(passages)} passages")


def query_of(question: str, asker: Asker, tools: Tools) -> Query:
    """Return a question as search needs it."""
    vector = tools.encoder.encode([question])[0]
    bridged = tools.bridge is not None and tools.index.bridge is not None
    bridge = tools.bridge.encode([question])[0] if bridged and tools.bridge else None
    return Query(question, vector, bridge, asker)


def weigh(draft: Draft, tools: Tools) -> Draft:
    """Weigh every sentence and row of the passages, and refuse when none is likely to answer."""
    assert draft.query is not None
    weighing = Weigher(tools.encoder, tools.bridge, tools.index.lexical).weigh(draft.query, draft.passages)
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
    cites = tuple(range(1, len(draft.chosen) + 1))
    quotes = tuple(Sentence(_readable(e), (number,)) for number, e in zip(cites, draft.chosen, strict=True))
    quoted = replace(draft, sentences=quotes, citations=tuple(_citation(e, draft.passages) for e in draft.chosen))
    if not draft.written or _MARKUP.search(draft.written):
        return replace(quoted, note="quoted")
    sources = [draft.passages[e.unit.passage] for e in draft.chosen]
    about = " ".join(name for passage in sources for name in (passage.title, *passage.headings))
    found = support(draft.written, [quote.text for quote in quotes], f"{draft.question} {about}", tools.encoder)
    if found.score < tools.answering.support:
        return replace(quoted, note=f"quoted; the model's words were dropped: {found.reason or 'too far off'}")
    worded = (Sentence(draft.written, cites),)
    return replace(quoted, sentences=worded, note=f"worded by the model, support {found.score:.2f}")


def clean(draft: Draft, tools: Tools) -> Draft:
    """Leave plain text and the numbers of citations: no links, no images, no markup."""
    if draft.refused:
        return replace(draft, sentences=(Sentence(_REFUSAL),), citations=())
    cleaned = (replace(s, text=" ".join(_MARKUP.sub(r"\1", s.text).split())) for s in draft.sentences)
    return replace(draft, sentences=tuple(cleaned))


STEPS: tuple[StepFunction, ...] = (normalise, find, weigh, choose, word, verify, clean)


def answer_events(question: str, asker: Asker, tools: Tools) -> Iterator[Event]:
    """Answer a question for an asker, telling what is ready as soon as it is.

    Raises:
        GristmillError: the question is empty or too long.
    """
    began = time.perf_counter()
    draft, trace = Draft(question, asker), []
    for step in STEPS:
        since = time.perf_counter()
        draft = step(replace(draft, note=""), tools)
        trace.append(Step(step.__name__, round(1000 * (time.perf_counter() - since), 2), draft.note))
        if step is find:
            yield PassagesFound(draft.question, draft.passages)
    yield from told(_answer_of(draft, tools, began, trace))


def told(answer: Answer) -> Iterator[Event]:
    """Yield the sentences of a finished answer and the whole."""
    for number, sentence in enumerate(answer.sentences):
        yield SentenceReady(number, sentence, tuple(answer.citations[cite - 1] for cite in sentence.cites))
    yield Answered(answer)


def answer(question: str, asker: Asker, tools: Tools) -> Answer:
    """Answer a question for an asker.

    Raises:
        GristmillError: the question is empty or too long.
    """
    last = None
    for last in answer_events(question, asker, tools):  # noqa: B007 - the last event is what is wanted
        pass
    assert isinstance(last, Answered)
    return last.answer


def _answer_of(draft: Draft, tools: Tools, began: float, trace: list[Step]) -> Answer:
    return Answer(
        draft.question, " ".join(sentence.marked for sentence in draft.sentences), draft.refused, draft.citations,
        draft.passages, tools.release, new_receipt_id(), round(1000 * (time.perf_counter() - began), 2), tuple(trace),
        draft.sentences, draft.disputed, draft.ask_whom,
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
