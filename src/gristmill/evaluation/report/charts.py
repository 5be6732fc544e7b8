"""The charts of the report as inline SVG: no library, no script, the colours of the page. Text stands beside them."""

from __future__ import annotations

from html import escape

from gristmill.evaluation.statistics import Interval

_WIDTH = 100.0
_FIXED = 'vector-effect="non-scaling-stroke"'


def interval_row(name: str, interval: Interval, low: float, high: float, text: str, note: str = "") -> str:
    """Return a row with an interval on an axis from `low` to `high`; zero is marked where it lies on the axis.

    The colour says whether an interval excludes zero, where zero is inside the axis.
    """
    colour = ""
    if low < 0 < high:
        colour = "good" if interval.low > 0 else "bad" if interval.high < 0 else ""
    at = _scale(interval.estimate, low, high)
    left, right = _scale(interval.low, low, high), _scale(interval.high, low, high)
    middle = _scale(0, low, high)
    zero = f'<line {_FIXED} class="zero" x1="{middle:.2f}" x2="{middle:.2f}" y1="0" y2="20"/>' if low < 0 < high else ""
    # Strokes keep their width when the drawing is stretched to its column; a point is a very short line.
    drawn = (
        f'<svg viewBox="0 0 100 20" preserveAspectRatio="none" class="{colour}" aria-hidden="true">'
        f"{_line('track', 0, 100)}{zero}{_line('limits', left, right)}{_line('point', at, at + 0.01)}</svg>"
    )
    small = f"<small>{escape(note)}</small>" if note else ""
    return f'<div class="row"><span>{escape(name)}{small}</span>{drawn}<span>{escape(text)}</span></div>'


def bar_row(name: str, value: float, most: float, text: str) -> str:
    """Return a row with a bar from 0 to `value` of `most`."""
    width = _scale(value, 0, most or 1.0)
    drawn = (
        '<svg viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">'
        f'{_line("track", 0, 100)}<rect class="bar" x="0" y="5" width="{width:.1f}" height="10"/></svg>'
    )
    return f'<div class="row"><span>{escape(name)}</span>{drawn}<span>{escape(text)}</span></div>'


def _line(kind: str, left: float, right: float) -> str:
    return f'<line {_FIXED} class="{kind}" x1="{left:.2f}" x2="{right:.2f}" y1="10" y2="10"/>'


def _scale(value: float, low: float, high: float) -> float:
    return _WIDTH * min(1.0, max(0.0, (value - low) / (high - low)))
