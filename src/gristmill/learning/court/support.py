"""Whether the documents carry what somebody wrote as a correction, and where: searched inside the author's groups only.

A correction may be three words, so it is not judged like a sentence of an answer. Each figure of it must stand in one
unit with what it counts, each name must be there or in the question, most of its other words too, and the unit must be
about the question. What nobody can point at in the documents is no correction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gristmill.answering.draft import Tools
from gristmill.answering.evidence import Evidence, Weigher
from gristmill.answering.figures import figures
from gristmill.answering.finding import query_of
from gristmill.answering.sentences import Unit, readable
from gristmill.evaluation import questions
from gristmill.identity import Asker, may_see
from gristmill.search.lexical import terms
from gristmill.search.retrieval import Passage, retrieve

_PASSAGES = 8
_LEAST_WORDS = 0.6
# Log odds, far below those of what is quoted: the unit need not be the best, it must be about the question.
_LEAST_ABOUT = -5.0
_NAME = re.compile(r"\b[A-ZÀ-ÖØ-Þ][\w'’-]+")
_YES_NO = re.compile(r"^(?:yes|no|ja|nein|oui|non)\b[\s,:;.]*", re.IGNORECASE)
_LANGUAGES = ("en", "de", "fr")


@dataclass(frozen=True)
class Supported:
    """Where the documents carry a correction."""

    evidence: questions.Evidence
    chunk: str
    superseded: bool  # by a newer version of its document


def supported(question: str, correction: str, asker: Asker, tools: Tools) -> Supported | None:
    """Return where the documents that `asker` may see carry `correction`, or None when they do not.

    Args:
        question: that it answers.
        correction: what would be right, in somebody's words.
        asker: its author; nothing that they may not see is looked at.
        tools: of the release in force.
    """
    said = _YES_NO.sub("", correction).strip() or correction
    query = query_of(question, asker, tools)
    wider = query_of(f"{question} {said}"[: tools.answering.max_question_characters], asker, tools)
    passages = _apart([*retrieve(tools.index, query, tools.search, _PASSAGES),
                       *retrieve(tools.index, wider, tools.search, _PASSAGES)])  # fmt: skip
    bridge = tools.bridge if tools.index.bridge is not None else None
    weigher = Weigher(tools.encoder, bridge, tools.index.lexical)
    carrying = [
        (_older(each, passages, tools), -each.logit, number, each)
        for number, each in enumerate(weigher.weigh(query, passages).evidence)
        if each.logit >= _LEAST_ABOUT and carries(said, each.unit, question)
    ]
    if not carrying:
        return None
    older, _, _, best = min(carrying)
    return _located(best, passages, asker, tools, superseded=older)


def carries(correction: str, unit: Unit, question: str) -> bool:
    """Say whether a unit, read with its headings, carries a correction of the answer to a question."""
    own, held = readable(unit), f"{readable(unit)} {unit.meaning}"
    stated, there = figures(correction), figures(held)
    for what, values in stated.items():
        same = there.get(what, frozenset())
        bare = values <= frozenset().union(*there.values()) if there else False
        if not values <= same and not (bare and (what == "number" or not same)):
            return False
    asked = question.casefold()
    names = {name.casefold() for name in _NAME.findall(correction)[0 if correction[:1].islower() else 1 :]}
    known = held.casefold()
    if any(name not in known and name not in asked for name in names):
        return False
    fresh = _terms(correction) - _terms(question)
    if not fresh:
        return bool(stated)
    return len(fresh & _terms(held)) >= _LEAST_WORDS * len(fresh) and bool(fresh & _terms(own))


def _terms(text: str) -> set[str]:
    return {term for language in _LANGUAGES for term in terms(text, language) if len(term) > 1 or term.isdigit()}


def _apart(passages: Sequence[Passage]) -> list[Passage]:
    """Return passages without those whose chunk another one holds."""
    kept: list[Passage] = []
    for passage in passages:
        if all(p.document != passage.document or not p.start <= passage.start < p.end for p in kept):
            kept.append(passage)
    return kept


def _older(each: Evidence, passages: Sequence[Passage], tools: Tools) -> bool:
    chunk = passages[each.unit.passage].chunk_at(each.unit.start)
    return tools.index.superseded[tools.index.row_of[chunk]]


def _located(
    best: Evidence, passages: Sequence[Passage], asker: Asker, tools: Tools, *, superseded: bool
) -> Supported | None:
    passage, unit = passages[best.unit.passage], best.unit
    chunk = passage.chunk_at(unit.start)
    row = tools.index.row_of.get(chunk)
    # Retrieval looked inside the groups; that is not taken on trust.
    if row is None or not may_see(tools.index.rows["audience"][row], asker.groups):
        return None
    found = questions.Evidence(passage.document, unit.text, "verbatim", unit.start, unit.end)
    return Supported(found, chunk, superseded)
