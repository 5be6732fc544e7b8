"""How the command line draws releases, evaluations and decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gristmill.cli.rendering import pairs
from gristmill.evaluation.comparison import Evaluation, Gated
from gristmill.evaluation.ruling import Outcome
from gristmill.release.decisions import Listed
from gristmill.release.manifest import Release

_COLOURS = {Outcome.PROMOTE: "green", Outcome.REJECT: "red", Outcome.INSUFFICIENT: "yellow"}
_STATES = {"in force": "green", "rolled back": "red", "reject": "red"}


def releases(listed: Iterable[Listed]) -> RenderableType:
    """Return releases as a table."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("release", "state", "kind", "made", "after"):
        table.add_column(name)
    for each in listed:
        colour = _STATES.get(each.state, "default")
        made = f"{each.at:%Y-%m-%d %H:%M}"
        table.add_row(each.release, f"[{colour}]{each.state}[/]", str(each.kind), made, each.parent or "")
    return table


def manifest(release: Release, decisions: Sequence[Mapping[str, Any]], moves: Sequence[Mapping[str, Any]]) -> Group:
    """Return a release with its decisions and its moves."""
    fields = {
        name: ", ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else value
        for name, value in release.as_json().items()
    }
    parts: list[RenderableType] = [Text(release.name, style="bold"), pairs(fields)]
    parts += [
        Text(f"{row['at']:%Y-%m-%d %H:%M}  {row['outcome']} ({row['scope']}, {row['who']}): {row['reason']}")
        for row in decisions
    ]
    parts += [Text(f"{move['at']:%Y-%m-%d %H:%M}  {move['how']} by {move['who']}: {move['reason']}") for move in moves]
    return Group(*parts)


def differing(one: str, other: str, found: Mapping[str, tuple[Any, Any]]) -> RenderableType:
    """Return differences as a table."""
    if not found:
        return Text("They are the same.")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("", one, other):
        table.add_column(name, overflow="fold")
    for name, values in found.items():
        table.add_row(name, *(escape(str(value)) for value in values))
    return table


def evaluation(found: Evaluation) -> RenderableType:
    """Return the measures of a release."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("measure", "value", "95% interval", "questions"):
        table.add_column(name)
    for name, interval in found.summary.measures.items():
        if interval.n:
            limits = f"{interval.low:.3f} – {interval.high:.3f}"
            table.add_row(name.replace("_", " "), f"{interval.estimate:.3f}", limits, str(interval.n))
    cost = found.summary.cost
    safety = ", ".join(f"{count} {name}" for name, count in found.summary.safety.items())
    foot = (
        f"{found.release}, split {found.split}. Safety: {safety}. Median {cost.latency_median_ms:.0f} ms, p95 "
        f"{cost.latency_p95_ms:.0f} ms, about {cost.watt_hours:.2f} Wh for all."
    )
    causes = "; ".join(f"{count} {cause}" for cause, count in found.summary.causes.items())
    return Group(table, Text(foot), Text(f"Not right: {causes or 'none'}."))


def gated(made: Gated) -> RenderableType:
    """Return a decision with what it stands on."""
    verdict = made.verdict
    colour = _COLOURS[verdict.outcome]
    head = f"[bold {colour}]{verdict.outcome}[/]  {escape(verdict.reason)}"
    fields = {
        "candidate": made.candidate.release,
        "in force": made.baseline.release,
        "right answers": f"{made.baseline.summary.measures['right'].estimate:.1%} → "
        f"{made.candidate.summary.measures['right'].estimate:.1%} "
        f"({verdict.delta.low:+.1%} to {verdict.delta.high:+.1%})",
        "worse? exact McNemar": f"p = {verdict.p_worse:.4f}",
        "not worse? score test": f"p = {verdict.p_not_worse:.4f}, may be {verdict.alpha:.4f} at try {verdict.tries}",
        "sample": f"{verdict.pairs.n} questions; {verdict.needed} see an improvement as set by 'gain'",
        "safety": ", ".join(f"{count} {name}" for name, count in verdict.safety.items()),
    }
    return Group(Text.from_markup(head), pairs(fields))
