"""How the command line draws verdicts on feedback."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from gristmill.cli.rendering import pairs
from gristmill.learning.court import Standing, Verdict

_COLOURS = {Standing.CONFIRMED: "green", Standing.OPEN: "yellow", Standing.DISMISSED: "red"}


def verdict_table(verdicts: Iterable[Verdict]) -> RenderableType:
    """Return verdicts as a table."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("feedback", "by", "question", "standing", "cause", "why"):
        table.add_column(name, overflow="fold")
    for each in verdicts:
        standing = f"[{_COLOURS[each.standing]}]{each.standing}[/]"
        table.add_row(
            each.feedback[:8],
            escape(each.person),
            escape(each.question),
            standing,
            str(each.cause),
            escape(each.reason),
        )
    return table


def verdict_whole(verdict: Verdict) -> RenderableType:
    """Return one verdict with all that it stands on."""
    evidence = "; ".join(f"{e.document}: “{e.quote}”" for e in verdict.evidence)
    return pairs(
        {
            "feedback": verdict.feedback,
            "said": f"{verdict.rating} by {verdict.person}, {verdict.at:%Y-%m-%d %H:%M}",
            "question": verdict.question,
            "same question": verdict.cluster,
            "receipt": verdict.receipt,
            "verdict": f"{verdict.standing}: {verdict.cause}",
            "why": verdict.reason,
            "right would be": verdict.answer or "nothing is known",
            "evidence": evidence or "none",
            "independent voices": verdict.voices,
        }
    )
