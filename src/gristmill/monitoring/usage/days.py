"""The chart of answers by day: inline SVG without scripts; refused ones stand at the foot of each bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _FOOT, _TOP = 960, 220, 44, 24, 10
_MOST_DAYS = 120


def days_chart(days: Sequence[dict[str, Any]]) -> str:
    """Return bars by day, oldest first.

    Args:
        days: rows of the mart `usage_by_day`, in order.
    """
    shown = days[-_MOST_DAYS:]
    most = max(day["answers"] for day in shown)
    step = (_WIDTH - _LEFT) / max(len(shown), 7)
    parts = [_line(value, most) for value in (0, most / 2, most)]
    every = -(-len(shown) // 8)
    for at, day in enumerate(shown):
        x, wide = _LEFT + at * step + step * 0.12, step * 0.76
        title = f"<title>{day['day']}: {day['answers']} answers, {day['refused']} refused</title>"
        parts.append(_bar(x, wide, day["answers"], most, "var(--accent)", title))
        parts.append(_bar(x, wide, day["refused"], most, "var(--bad)", title))
        if at % every == 0:
            parts.append(f'<text x="{x:.0f}" y="{_HEIGHT - 6}">{day["day"]:%m-%d}</text>')
    style = "width:100%;height:auto;font:12px system-ui,sans-serif;fill:var(--dim)"
    view = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Answers by day; refused ones in red"'
    return f'<svg style="{style}" {view}>{"".join(parts)}</svg><p class="dim">Answers by day; refused ones in red.</p>'


def _bar(x: float, wide: float, value: float, most: float, colour: str, title: str) -> str:
    tall = (_HEIGHT - _TOP - _FOOT) * value / max(1, most)
    place = f'x="{x:.1f}" y="{_HEIGHT - _FOOT - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
    return f'<rect fill="{colour}" {place}>{title}</rect>'


def _line(value: float, most: float) -> str:
    y = _HEIGHT - _FOOT - (_HEIGHT - _TOP - _FOOT) * value / max(1, most)
    return (
        f'<line stroke="var(--line)" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
    )
