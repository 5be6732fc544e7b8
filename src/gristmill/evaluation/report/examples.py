"""The report's examples: answers that got better and worse, side by side, and those that are wrong now."""

from __future__ import annotations

from html import escape

from gristmill.evaluation.outcomes import Outcome
from gristmill.evaluation.report.content import Content

_SHOWN = 5
_LONGEST = 320


def better_and_worse(content: Content) -> str:
    """Return examples of what got better and what got worse, before beside after."""
    gated = content.gated
    if gated is None or not (gated.verdict.better or gated.verdict.worse):
        return ""
    before = {o.question: o for o in gated.baseline.outcomes}
    after = {o.question: o for o in gated.candidate.outcomes}
    parts = ["<section><h2>Better and worse, side by side</h2>"]
    for title, questions in (("Worse", gated.verdict.worse), ("Better", gated.verdict.better)):
        if questions:
            parts.append(f"<h3>{title}: {len(questions)}</h3>")
            shown = questions[:_SHOWN]
            parts += [_pair(content, question, before[question], after[question]) for question in shown]
    return "".join(parts) + "</section>"


def wrong_answers(content: Content) -> str:
    """Return the first answers that are not right, folded away."""
    wrong = [o for o in content.evaluation.outcomes if o.cause]
    shown = "".join(
        f'<div class="pair"><p>{escape(_text(content, o.question))}</p><div class="sides">'
        f"{_side(f'Answered ({o.cause})', o.text)}{_side('Expected', _expected(content, o.question))}</div></div>"
        for o in wrong[: 2 * _SHOWN]
    )
    return f"<details><summary>Examples</summary>{shown}</details>" if shown else ""


def _pair(content: Content, question: str, before: Outcome, after: Outcome) -> str:
    expected = _expected(content, question)
    return (
        f'<div class="pair"><p>{escape(_text(content, question))}</p><div class="sides">'
        f"{_side('Before', before.text)}{_side('Now', after.text)}</div>"
        f"<small>Expected: {escape(_cut(expected))}</small></div>"
    )


def _side(title: str, text: str) -> str:
    return f"<div><h4>{escape(title)}</h4>{escape(_cut(text))}</div>"


def _text(content: Content, question: str) -> str:
    known = content.questions.get(question)
    return question if known is None else known.text


def _expected(content: Content, question: str) -> str:
    known = content.questions.get(question)
    if known is None:
        return ""
    return known.answer if known.answerable else "a refusal"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
