"""The charts of the data report: small inline SVG without scripts, in colours that the page's style decides."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gristmill.corpus.data_report.fates import Counts, Fate
from gristmill.corpus.data_report.runs import RunCounts

CLASSES = {Fate.ACCEPTED: "accepted", Fate.COPY: "copy", Fate.QUARANTINED: "quarantined", Fate.FAILED: "failed"}
_WIDTH = 1_000
_TREND_WIDTH, _TREND_HEIGHT = 640, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 26


def bar(counts: Counts, of: int) -> str:
    """Return one stacked bar; the whole width stands for `of` documents."""
    parts, at = [], 0.0
    for fate, count in counts.by_fate.items():
        width = _WIDTH * count / max(1, of)
        if count:
            title = f"<title>{count:,} {fate}</title>"
            parts.append(f'<rect class="{CLASSES[fate]}" x="{at:.1f}" width="{width:.1f}" height="10">{title}</rect>')
        at += width
    label = ", ".join(f"{count:,} {fate}" for fate, count in counts.by_fate.items() if count)
    view = f'viewBox="0 0 {_WIDTH} 10" preserveAspectRatio="none" role="img" aria-label="{escape(label)}"'
    return f'<svg class="bar" {view}>{"".join(parts)}</svg>'


def trend(runs: Sequence[RunCounts]) -> str:
    """Return documents over runs as stacked areas; runs that were stopped have a mark."""
    most = max(1, *(run.counts.all for run in runs))
    inner = _TREND_WIDTH - _LEFT - _RIGHT
    places = [_LEFT + inner * number / max(1, len(runs) - 1) for number in range(len(runs))]
    below, parts = [0.0] * len(runs), [_grid(most)]
    for fate in Fate:
        above = [base + run.counts.by_fate[fate] for base, run in zip(below, runs, strict=True)]
        top = [f"{x:.1f},{_height(y, most):.1f}" for x, y in zip(places, above, strict=True)]
        bottom = [f"{x:.1f},{_height(y, most):.1f}" for x, y in zip(places, below, strict=True)]
        parts.append(f'<polygon class="{CLASSES[fate]}" points="{" ".join([*top, *reversed(bottom)])}"/>')
        below = above
    for x, run in zip(places, runs, strict=True):
        if not run.passed:
            parts.append(f'<text class="stop" x="{x:.1f}" y="{_TOP + 12}" text-anchor="middle">✗</text>')
    parts += [_date(_LEFT, "start", runs[0]), _date(_TREND_WIDTH - _RIGHT, "end", runs[-1])]
    label = f"{len(runs)} runs, from {runs[0].counts.all:,} to {runs[-1].counts.all:,} documents"
    view = f'viewBox="0 0 {_TREND_WIDTH} {_TREND_HEIGHT}" role="img" aria-label="{label}"'
    return f'<svg class="trend" {view}>{"".join(parts)}</svg>'


def _grid(most: int) -> str:
    lines = []
    for value in (0, most / 2, most):
        y = _height(value, most)
        lines.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_TREND_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
        )
    return "".join(lines)


def _height(value: float, most: int) -> float:
    return _TREND_HEIGHT - _BOTTOM - (_TREND_HEIGHT - _TOP - _BOTTOM) * value / most


def _date(x: float, anchor: str, run: RunCounts) -> str:
    return f'<text x="{x}" y="{_TREND_HEIGHT - 8}" text-anchor="{anchor}">{run.at:%Y-%m-%d %H:%M}</text>'
