"""The steps that find: the question made plain and screened, passages found, evidence weighed and chosen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pathspec import PathSpec

from gristmill.answering.asked import asked_kinds
from gristmill.answering.crowding import crowd, repeats
from gristmill.answering.disputes import disagreement, newest_first
from gristmill.answering.draft import Draft, Tools
from gristmill.answering.evidence import Weigher
from gristmill.answering.reading import read
from gristmill.answering.sentences import Unit, readable, units_of
from gristmill.answering.wanted import Wanted
from gristmill.corpus.injection import Verdict, screen_with
from gristmill.errors import GristmillError
from gristmill.identity import Asker
from gristmill.search.retrieval import Passage, Query, retrieve

# A second quote must be nearly as likely to be evidence as the first.
_NEARLY = 1.0
_LOOKED_AT = 12
_BEHIND = 4
_MOST_CONTACTS = 2


def normalise(draft: Draft, tools: Tools) -> Draft:
    """Fold blanks and invisible characters; refuse to read a question that is empty or too long."""
    visible = "".join(c for c in unicodedata.normalize("NFC", draft.question) if unicodedata.category(c) != "Cf")
    question = " ".join(visible.split())
    if not any(character.isalnum() for character in question):
        raise GristmillError("There is no question.", "Ask something.")
    if len(question) > tools.answering.max_question_characters:
        raise GristmillError(f"The question has {len(question):,} characters.", "Ask it more briefly.")
    return replace(draft, question=question)


def screen(draft: Draft, tools: Tools) -> Draft:
    """Flag a question that tries to give orders to a model. It is answered like any other: the flag is for the log."""
    found = screen_with(None, draft.question)
    if found.verdict is Verdict.CLEAN:
        return replace(draft, note="clean")
    kinds = sorted({finding.kind for finding in found.findings})
    return replace(draft.noticed(*(f"question: {kind}" for kind in kinds)), note=f"flagged: {', '.join(kinds)}")


def find(draft: Draft, tools: Tools) -> Draft:
    """Find passages inside the asker's groups."""
    query = query_of(draft.question, draft.asker, tools)
    passages = tuple(retrieve(tools.index, query, tools.search))
    draft = replace(draft, query=query, passages=passages, note=f"{len(passages)} passages")
    planted = crowd(draft.question, passages)
    return _past_the_crowd(draft, planted, tools) if planted else draft


def _past_the_crowd(draft: Draft, planted: frozenset[str], tools: Tools) -> Draft:
    """Look behind documents that repeat the question, and leave out them and whatever repeats it behind them."""
    assert draft.query is not None
    wider = retrieve(tools.index, draft.query, tools.search, tools.search.passages * _BEHIND)
    honest = [p for p in wider if p.document not in planted and not repeats(draft.question, p)]
    kept = tuple(honest[: tools.search.passages])
    note = f"{len(kept)} passages, behind {len(planted)} documents that repeat the question"
    return replace(draft.noticed("passages: documents repeat the question"), passages=kept, note=note)


def query_of(question: str, asker: Asker, tools: Tools) -> Query:
    """Return a question as search needs it."""
    vector = tools.encoder.encode([question])[0]
    bridged = tools.bridge is not None and tools.index.bridge is not None
    bridge = tools.bridge.encode([question])[0] if bridged and tools.bridge else None
    return Query(question, vector, bridge, asker, tools.reranker)


def weigh(draft: Draft, tools: Tools) -> Draft:
    """Weigh every sentence and row of the passages: one may answer for certain, perhaps, or none is likely to.

    Passages that speak to a model instead of to a reader are left out before anything is weighed: they neither answer
    nor crowd out what does.
    """
    assert draft.query is not None
    bridge = tools.bridge if tools.index.bridge is not None else None
    aside = frozenset(addressed_to_models(draft.passages))
    weighing = Weigher(tools.encoder, bridge, tools.index.lexical).weigh(draft.query, draft.passages, aside)
    weighing = read(weighing, draft.question, tools.reader)
    needed, perhaps = tools.answering.answerable, tools.answering.perhaps
    refused = weighing.answerable < min(needed, perhaps)
    uncertain = not refused and weighing.answerable < needed
    note = f"answerable {weighing.answerable:.2f}, needed {needed:.2f}" + (": not certain" if uncertain else "")
    note += f"; {weighing.weighed:.2f} before it was read" if tools.reader is not None else ""
    account = replace(draft.account, answerable=round(weighing.answerable, 4))
    draft = replace(draft, weighing=weighing, refused=refused, uncertain=uncertain, account=account, note=note)
    return draft.noticed("passage: addresses a model") if aside else draft


def addressed_to_models(passages: Sequence[Passage]) -> Iterator[Unit]:
    """Yield the units of paragraphs that speak to a model instead of to a reader."""
    for number, passage in enumerate(passages):
        found = screen_with(None, passage.text)
        if found.verdict is Verdict.CLEAN:
            continue
        parts = [_paragraph(passage.text, finding.start, finding.end) for finding in found.findings]
        for unit in units_of([passage]):
            start, end = unit.start - passage.start, unit.end - passage.start
            if any(start < last and first < end for first, last in parts):
                yield replace(unit, passage=number)


def _paragraph(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of the paragraphs that a span lies in."""
    after = text.find("\n\n", end)
    return max(0, text.rfind("\n\n", 0, start)), len(text) if after < 0 else after


def choose(draft: Draft, tools: Tools) -> Draft:
    """Choose what is quoted: the best evidence, and more only when it is nearly as good and says something else.

    Of a refused question the best evidence is chosen too: a remote engine may be asked about it, and nothing else
    comes of it.
    """
    honest = draft.weighing.evidence[:_LOOKED_AT] if draft.weighing else ()
    if not honest:
        return replace(draft, refused=True, note="nothing that addresses a reader was found")
    best, chosen = honest[0], [honest[0]]
    for evidence in honest[1:]:
        apart = all(evidence.unit.text != kept.unit.text for kept in chosen)
        if len(chosen) < tools.answering.quotes and apart and evidence.logit > best.logit - _NEARLY:
            chosen.append(evidence)
    draft = replace(draft, chosen=tuple(chosen), note=f"{len(chosen)} quotes")
    return draft if _has_what_is_wanted(draft, tools) else _doubted(draft, tools)


def _has_what_is_wanted(draft: Draft, tools: Tools) -> bool:
    """Say whether a quote has such a thing as is asked for, as far as rules know; what people verified is not asked."""
    if draft.refused or draft.uncertain or draft.verified is not None or not tools.answering.wanted:
        return True
    wanted = Wanted(draft.question)
    return not wanted.known or any(wanted.met(readable(evidence.unit)) > 0 for evidence in draft.chosen)


def _doubted(draft: Draft, tools: Tools) -> Draft:
    """Return a draft that is not certain any more; refused where uncertain answers are not wanted."""
    refused = tools.answering.perhaps > tools.answering.answerable
    return replace(draft, refused=refused, uncertain=not refused, note=f"{draft.note}, none has what is asked for")


def compare(draft: Draft, tools: Tools) -> Draft:
    """See whether another document says otherwise; if so, quote both, the newer one first.

    What the reader alone finds uncertain is looked at too, and what it alone finds certain is not: two documents that
    differ are two that speak of what is asked, and the measures tell that better.
    """
    weighing, needed = draft.weighing, tools.answering.answerable
    if draft.refused or weighing is None or not tools.answering.disputes or weighing.weighed < needed:
        return draft
    if draft.uncertain and weighing.answerable >= needed:
        return draft
    pair = disagreement(
        draft.question, asked_kinds(draft.question), weighing.evidence, draft.passages, tools.encoder,
        lambda chunk: tools.index.superseded[tools.index.row_of[chunk]],
    )  # fmt: skip
    if pair is None:
        return replace(draft, note="no second opinion")
    chosen = newest_first(*pair, draft.passages)
    return replace(draft, disputed=True, uncertain=False, chosen=chosen, note="two documents disagree")


def whom_to_ask(draft: Draft, tools: Tools) -> tuple[str, ...]:
    """Return who may know what the documents do not say, by the place of the closest passages."""
    rules = [(PathSpec.from_lines("gitignore", [rule.pattern]), rule.contact) for rule in tools.answering.contacts]
    found = [
        next((contact for spec, contact in rules if spec.match_file(passage.document)), "")
        for passage in draft.passages
    ]
    named = list(dict.fromkeys(contact for contact in found if contact))[:_MOST_CONTACTS]
    return tuple(named or filter(None, [tools.answering.contact]))
