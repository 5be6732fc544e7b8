"""The pictures of the drift report: inline SVG without scripts, in the colours of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gristmill.monitoring.drift.monitor import Judged, Picture

STYLE = """
svg.drift{width:100%;max-width:40rem;height:auto;overflow:visible}
svg.drift text{font:12px system-ui,sans-serif;fill:var(--dim)}
svg.drift .grid{stroke:var(--line)}svg.drift .was{fill:var(--dim);opacity:.45}svg.drift .now{fill:var(--accent)}
svg.drift .moved{fill:var(--bad)}svg.drift .step{fill:none;stroke:var(--accent);stroke-width:2}
.key{font-size:.875rem;color:var(--dim)}.key i{display:inline-block;width:.7rem;height:.7rem;border-radius:.15rem;
margin:0 .3rem 0 .9rem}
.key i.was{background:var(--dim);opacity:.45}.key i.now{background:var(--accent)}.key i.moved{background:var(--bad)}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr));gap:1rem 2rem}
""".strip()
_WIDTH, _HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 28


def windows_chart(windows: Sequence[Judged]) -> str:
    """Return a bar for each window: the share of it that is unlike the reference; what raised the alarm is red."""
    most = max(0.1, *(window.shift.unlike for window in windows))
    step = (_WIDTH - _LEFT - _RIGHT) / len(windows)
    wide = min(step * 0.7, 80)
    parts = [_grid(most)]
    for number, window in enumerate(windows):
        shift, x = window.shift, _LEFT + step * (number + 0.5) - wide / 2
        tall = max(2.0, (_HEIGHT - _TOP - _BOTTOM) * shift.unlike / most)
        told = f"{window.start:%Y-%m-%d %H:%M}: {window.items} items, {shift.unlike:.0%} unlike, {shift.p_told}"
        parts.append(
            f'<rect class="{"moved" if shift.alarm else "now"}" x="{x:.1f}" y="{_HEIGHT - _BOTTOM - tall:.1f}" '
            f'width="{wide:.1f}" height="{tall:.1f}"><title>{escape(told)}</title></rect>'
        )
    parts.append(_text(_LEFT, _HEIGHT - 8, "start", f"{windows[0].start:%Y-%m-%d}"))
    if len(windows) > 1:
        parts.append(_text(_WIDTH - _RIGHT, _HEIGHT - 8, "end", f"{windows[-1].end:%Y-%m-%d}"))
    return _svg("".join(parts), f"Share unlike the reference in each of {len(windows)} windows")


def nearness_chart(picture: Picture) -> str:
    """Return two histograms of the similarity to the nearest of the reference: filled as it was, a line as it is."""
    most = max(*picture.expected, *picture.found)
    inner = _HEIGHT - _TOP - _BOTTOM
    low, high = picture.edges[0], picture.edges[-1]

    def across(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (value - low) / (high - low)

    parts, line = [_grid(most)], []
    for left, right, was, now in zip(picture.edges, picture.edges[1:], picture.expected, picture.found, strict=False):
        x, tall, y = across(left), inner * was / most, _HEIGHT - _BOTTOM - inner * now / most
        wide = across(right) - x
        parts.append(
            f'<rect class="was" x="{x:.1f}" y="{_HEIGHT - _BOTTOM - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}"/>'
        )
        line += [f"{x:.1f},{y:.1f}", f"{x + wide:.1f},{y:.1f}"]
    parts.append(f'<polyline class="step" points="{" ".join(line)}"/>')
    parts.append(_text(_LEFT, _HEIGHT - 8, "start", f"{low:.2f} far from all"))
    parts.append(_text(_WIDTH - _RIGHT, _HEIGHT - 8, "end", "the same 1.00"))
    return _svg("".join(parts), "How near things are to the nearest of the reference, then and now")


def map_chart(picture: Picture) -> str:
    """Return the reference and the newest window as dots on the two main directions of both."""
    every = [*picture.reference, *picture.window]
    left, right = min(x for x, _ in every), max(x for x, _ in every)
    low, high = min(y for _, y in every), max(y for _, y in every)

    def dot(kind: str, place: tuple[float, float]) -> str:
        x = 8 + (_WIDTH - 16) * (place[0] - left) / ((right - left) or 1)
        y = 8 + (_HEIGHT - 16) * (place[1] - low) / ((high - low) or 1)
        return f'<circle class="{kind}" cx="{x:.0f}" cy="{y:.0f}" r="3.5"/>'

    dots = [*(dot("was", place) for place in picture.reference), *(dot("now", place) for place in picture.window)]
    return _svg("".join(dots), "The reference and the newest window on their two main directions")


def _grid(most: float) -> str:
    lines = []
    for value in (0, most / 2, most):
        y = _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / most
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(_text(_LEFT - 6, y + 4, "end", f"{value:.0%}"))
    return "".join(lines)


def _text(x: float, y: float, anchor: str, said: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'


def _svg(inner: str, label: str) -> str:
    return f'<svg class="drift" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(label)}">{inner}</svg>'
