"""The steps that use what was learnt: the evidence that people verified for a question, and answers cut short.

Both stay inside what the documents say: a verified answer only says where to look and what to cut, never what to show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gristmill.answering.draft import Draft, Tools
from gristmill.answering.evidence import Evidence, Weigher, Weighing
from gristmill.answering.learned import VerifiedAnswer
from gristmill.answering.spans import likeness, spans
from gristmill.search.retrieval import Passage, Query, retrieve

_VERIFIED = 0.99
_LOOK_FOR = 3


def remember(draft: Draft, tools: Tools) -> Draft:
    """Put the evidence first that people verified for this question, while the documents still say it.

    What changed since, was superseded, or is not for the asker is not found, and nothing happens.
    """
    known = tools.learned.answer_to(draft.question)
    if known is None or draft.query is None or draft.weighing is None:
        return draft
    found = _standing(known, draft.weighing, draft.passages, tools)
    if found is None:
        draft = _looked_for(known, draft, tools)
        found = _standing(known, draft.weighing, draft.passages, tools)
    if found is None or draft.weighing is None:
        return replace(draft, note="its verified evidence is not found any more")
    rest = tuple(each for each in draft.weighing.evidence if each is not found)
    weighing = replace(draft.weighing, evidence=(found, *rest), answerable=_VERIFIED, weighed=_VERIFIED)
    account = replace(draft.account, answerable=_VERIFIED)
    return replace(
        draft, weighing=weighing, refused=False, uncertain=False, account=account, verified=known,
        note="people verified its evidence",
    )  # fmt: skip


def cut_answer(draft: Draft, tools: Tools) -> Draft | None:
    """Return the draft with the part of its best evidence that answers by itself; None when nothing says what does."""
    first = draft.chosen[0]
    if draft.verified is not None:
        # Of what the evidence says, what is most like the words that people agreed on.
        words = draft.verified.answer
        found = max(
            spans(draft.question, first, tools.encoder), key=lambda span: likeness(span.text, words), default=None
        )
    elif tools.learned.spans is not None:
        found = tools.learned.spans.best(draft.question, first, tools.encoder, tools.reader)
    else:
        return None
    return None if found is None else replace(draft, cut=found.text, note="cut from its evidence")


def _standing(
    known: VerifiedAnswer, weighing: Weighing | None, passages: Sequence[Passage], tools: Tools
) -> Evidence | None:
    """Return the evidence that says, word for word, what was verified; None when a newer version of it is there."""
    for each in weighing.evidence if weighing else ():
        passage = passages[each.unit.passage]
        if passage.document == known.document and each.unit.text == known.quote:
            row = tools.index.row_of[passage.chunk_at(each.unit.start)]
            return None if tools.index.superseded[row] else each
    return None


def _looked_for(known: VerifiedAnswer, draft: Draft, tools: Tools) -> Draft:
    """Return the draft with the passage that holds the verified quote, if there still is one for the asker."""
    assert draft.query is not None
    bridged = tools.bridge is not None and draft.query.bridge is not None
    bridge = tools.bridge.encode([known.quote])[0] if bridged and tools.bridge else None
    query = Query(known.quote, tools.encoder.encode([known.quote])[0], bridge, draft.asker)
    found = retrieve(tools.index, query, tools.search, _LOOK_FOR)
    held = [p for p in found if p.document == known.document and known.quote in p.text]
    if not held:
        return draft
    passages = (*held[:1], *draft.passages[:-1])
    weigher = Weigher(tools.encoder, tools.bridge if bridged else None, tools.index.lexical)
    return replace(draft, passages=passages, weighing=weigher.weigh(draft.query, passages))
