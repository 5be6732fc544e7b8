"""The report in brief, as Markdown for the orchestrator's page of an asset."""

from __future__ import annotations

from gristmill.corpus.report import escaped
from gristmill.evaluation.report.content import Content

_SHOWN = ("right", "recall", "f1", "citation_precision", "refusal_precision", "refusal_recall")


def as_markdown(content: Content) -> str:
    """Return decision, measures and safety as Markdown."""
    summary, gated = content.evaluation.summary, content.gated
    decision = "first release" if gated is None else str(gated.verdict.outcome)
    lines = [
        f"**{content.release}: {decision}**",
        "",
        escaped(content.decision if gated is None else gated.verdict.reason),
        "",
        "| measure | value | 95% | change, points |",
        "| --- | --- | --- | --- |",
    ]
    for name in _SHOWN:
        interval = summary.measures[name]
        change = gated.verdict.deltas[name] if gated is not None else None
        moved = "" if change is None or not change.n else f"{100 * change.estimate:+.1f}"
        limits = f"{interval.low:.2f} – {interval.high:.2f}"
        lines.append(f"| {name.replace('_', ' ')} | {interval.estimate:.3f} | {limits} | {moved} |")
    safety = ", ".join(f"{count} {name}" for name, count in summary.safety.items())
    lines += ["", f"Safety: {safety}. Median latency {summary.cost.latency_median_ms:.0f} ms."]
    return "\n".join(lines)
