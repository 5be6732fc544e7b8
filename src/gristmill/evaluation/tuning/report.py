"""What a tuning leaves behind: a candidate, which is a fragment of gristmill.toml, and a page that shows the trials.

The page is one file without scripts and without anything from elsewhere. Nothing here changes the settings in force.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from gristmill.evaluation.benchmarks.parts import SearchParts
from gristmill.evaluation.intervals import Interval, mean_interval
from gristmill.evaluation.tuning.trials import BUDGET, Comparison, Trial, Tuning, changed_settings
from gristmill.storage.artifacts import write_durably

_WIDTH, _ROW, _LABEL = 760, 22, 330
_STYLE = """
:root { color-scheme: light dark; --accent: #2f6f4f; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.chosen td { font-weight: 600; } svg { width: 100%; height: auto; }
svg text { font: 12px system-ui; fill: currentColor; }
pre { background: #8882; padding: .75rem; overflow-x: auto; }
"""


def verdict(comparison: Comparison) -> str:
    """Return what a step found, in a sentence."""
    if not comparison.measurable:
        return f"no measurable difference (best other: {_signed(comparison.gain)})"
    return f"{comparison.chosen.name} ({_signed(comparison.gain)})"


def overall_verdict(tuning: Tuning) -> str:
    """Return what all steps together brought, in a sentence."""
    if not any(comparison.measurable for comparison in tuning.comparisons):
        return "no measurable difference: the settings in force stay"
    said = "a measurable difference" if tuning.overall.excludes_zero else "no measurable difference altogether"
    return f"{said}: {_signed(tuning.overall)} of the wanted text found"


def as_toml(tuning: Tuning, parts: SearchParts) -> str:
    """Return the fragment of gristmill.toml that makes the chosen settings those in force."""
    lines = [f"# gristmill tune search: {tuning.questions} questions, {tuning.origin}", f"# {overall_verdict(tuning)}"]
    section = ""
    for name, setting, value in changed_settings(tuning, parts):
        if name != section:
            lines += ["", f"[{name}]"]
            section = name
        lines.append(f"{setting} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def write_candidate(home: Path, tuning: Tuning, parts: SearchParts, now: datetime) -> tuple[Path, Path]:
    """Write the candidate and its report below `home`, and return both files."""
    folder = home / "candidates"
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"search-{now:%Y%m%d-%H%M%S}"
    candidate, page = folder / f"{stem}.toml", folder / f"{stem}.html"
    fragment = as_toml(tuning, parts)
    write_durably(candidate, fragment)
    write_durably(page, as_html(tuning, fragment))
    return candidate, page


def as_html(tuning: Tuning, fragment: str) -> str:
    """Return the report as one page."""
    steps = "".join(_section(comparison) for comparison in tuning.comparisons)
    lead = (
        f"{tuning.questions} questions ({tuning.origin}) on {tuning.documents} documents. Compared is the share of the "
        f"wanted characters in the first passages that fit {BUDGET} tokens. Each step chooses on one half of the "
        "questions; the difference is that on the other half, with a 95% interval of a bootstrap over documents."
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Tuning of search</title><style>{_STYLE}</style><h1>Tuning of search</h1>"
        f"<p><strong>{html.escape(overall_verdict(tuning))}.</strong></p><p>{html.escape(lead)}</p>{steps}"
        f"<h2>Candidate</h2><pre>{html.escape(fragment)}</pre></html>\n"
    )


def _section(comparison: Comparison) -> str:
    rows = "".join(_row(trial, comparison) for trial in comparison.trials)
    return (
        f"<h2>{html.escape(comparison.subject.capitalize())}</h2><p>{html.escape(verdict(comparison))}</p>"
        f"{_drawing(comparison)}<table><thead><tr><th>settings</th><th>found</th><th>95% interval</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _row(trial: Trial, comparison: Comparison) -> str:
    found = mean_interval(trial.values)
    mark = ' class="chosen"' if trial is comparison.chosen else ""
    name = trial.name + (" (in force)" if trial is comparison.current else "")
    return (
        f'<tr{mark}><td>{html.escape(name)}</td><td class="number">{found.mean:.3f}</td>'
        f'<td class="number">{found.low:.3f} to {found.high:.3f}</td></tr>'
    )


def _drawing(comparison: Comparison) -> str:
    """Return a line with a dot for each trial, as SVG."""
    intervals = [mean_interval(trial.values) for trial in comparison.trials]
    low, high = min(i.low for i in intervals), max(i.high for i in intervals)
    marks = "".join(
        _mark(at, trial.name, interval, low, (high - low) or 1.0, chosen=trial is comparison.chosen)
        for at, (trial, interval) in enumerate(zip(comparison.trials, intervals, strict=True))
    )
    height = _ROW * len(comparison.trials) + 8
    label = f"Share found by each of {len(comparison.trials)} settings"
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">{marks}</svg>'


def _mark(at: int, name: str, interval: Interval, low: float, breadth: float, *, chosen: bool) -> str:
    y = _ROW * at + _ROW // 2 + 4
    left, dot, right = (_LABEL + (_WIDTH - _LABEL - 10) * (value - low) / breadth for value in
                        (interval.low, interval.mean, interval.high))  # fmt: skip
    colour = "var(--accent)" if chosen else "currentColor"
    return (
        f'<text x="0" y="{y + 4}">{html.escape(name[:52])}</text>'
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>'
        f'<circle cx="{dot:.1f}" cy="{y}" r="4" fill="{colour}"/>'
    )


def _signed(interval: Interval) -> str:
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def verdicts(comparisons: Sequence[Comparison]) -> list[tuple[str, str]]:
    """Return the subject and the verdict of each step."""
    return [(comparison.subject, verdict(comparison)) for comparison in comparisons]
