"""The last steps: citations of nothing that the asker may not see, and text that gives nothing away and does nothing.

They trust no step before them: groups and quotes are checked against the index itself.
"""

from __future__ import annotations

from dataclasses import replace

from gristmill.answering.answer import Citation, Sentence
from gristmill.answering.draft import Draft, Tools
from gristmill.answering.leaks import leak_in
from gristmill.answering.output import inert
from gristmill.answering.wording import citation_of, conclude
from gristmill.identity import may_see

_CLOSEST = 2


def permit(draft: Draft, tools: Tools) -> Draft:
    """Drop passages and sentences that rest on a chunk the asker may not see, or that is not in the index."""
    passages = tuple(passage for passage in draft.passages if may_see(passage.audience, draft.asker.groups))
    allowed = {n for n, citation in enumerate(draft.citations, 1) if _permitted(citation, draft, tools)}
    kept = tuple(sentence for sentence in draft.sentences if set(sentence.cites) <= allowed)
    if len(kept) == len(draft.sentences) and len(passages) == len(draft.passages):
        return replace(draft, note=f"{len(draft.citations)} citations permitted")
    draft = replace(draft.noticed("gate: a citation was not permitted"), passages=passages, sentences=kept)
    return draft if kept or draft.refused else replace(draft, refused=True)


def _permitted(citation: Citation, draft: Draft, tools: Tools) -> bool:
    row = tools.index.row_of.get(citation.chunk)
    if row is None or not may_see(tools.index.rows["audience"][row], draft.asker.groups):
        return False
    return any(
        p.document == citation.document and p.text[citation.start - p.start : citation.end - p.start] == citation.quote
        for p in draft.passages
        if p.start <= citation.start and citation.end <= p.end
    )


def clean(draft: Draft, tools: Tools) -> Draft:
    """Leave plain text; drop sentences that hold the canary, a secret or forbidden personal data."""
    draft = conclude(draft, tools)
    known = " ".join([draft.question, *(citation.quote for citation in draft.citations)])
    kept: list[Sentence] = []
    flags: list[str] = []
    for sentence in draft.sentences:
        text = inert(sentence.text)
        leak = leak_in(f"{sentence.text} {text}", known, tools.forbidden, tools.canary) if not draft.refused else ""
        if leak:
            flags.append(f"gate: {leak}")
        elif any(character.isalnum() for character in text):
            kept.append(replace(sentence, text=text))
    draft = replace(draft.noticed(*flags), sentences=tuple(kept), note="; ".join(flags) or "nothing to remove")
    if draft.refused:
        return closest(draft, tools)
    if any(sentence.cites for sentence in kept):
        return draft
    return closest(conclude(replace(draft, refused=True), tools), tools)


def closest(draft: Draft, tools: Tools) -> Draft:
    """Show beside a refusal what came nearest, a sentence of each document: whoever asked can judge it.

    It is not an answer, and it is held to what an answer is held to: the asker's groups, and nothing that leaks.
    """
    found: dict[str, Citation] = {}
    for evidence in draft.weighing.evidence if draft.weighing else ():
        near = citation_of(evidence, draft.passages) if evidence.unit.passage < len(draft.passages) else None
        if near is None or near.document in found or not _permitted(near, draft, tools):
            continue
        if not leak_in(near.quote, near.quote, tools.forbidden, tools.canary):
            found[near.document] = near
        if len(found) == _CLOSEST:
            break
    return replace(draft, closest=tuple(found.values()))
