"""The drift report as one page of HTML: nothing is fetched, no script runs, what people asked is never markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from typing import Any

from gristmill.evaluation.report.style import STYLE
from gristmill.monitoring.drift.charts import STYLE as CHART_STYLE
from gristmill.monitoring.drift.charts import map_chart, nearness_chart, windows_chart
from gristmill.monitoring.drift.monitor import State, Verdict
from gristmill.monitoring.drift.shift import ALPHA
from gristmill.monitoring.fingerprints import Changed

_COLOURS = {State.QUIET: "good", State.MOVED: "bad", State.CONFIRMED: "bad", State.TOO_FEW: "wait"}


@dataclass(frozen=True)
class Monitored:
    """A verdict, and what is being done about it."""

    verdict: Verdict
    done: tuple[str, ...]


@dataclass(frozen=True)
class DriftReport:
    """Everything that the report says."""

    at: datetime
    release: str
    monitors: tuple[Monitored, ...]
    changed: tuple[Changed, ...]

    @property
    def moved(self) -> bool:
        """Whether anything drifted or was changed."""
        return bool(self.changed) or any(each.verdict.moved for each in self.monitors)

    def as_json(self) -> dict[str, Any]:
        """Return the report without its pictures."""
        return {
            "at": self.at,
            "release": self.release,
            "monitors": [each.verdict.as_json() | {"done": list(each.done)} for each in self.monitors],
            "changed": [asdict(each) for each in self.changed],
        }


def as_page(report: DriftReport) -> str:
    """Return the report as a whole page."""
    body = "".join(
        [_head(report), *(_changed(report.changed) if report.changed else ()), *map(_monitor, report.monitors), _how()]
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Drift</title><style>{STYLE}{CHART_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _head(report: DriftReport) -> str:
    tiles = "".join(
        f'<div class="tile"><b class="{_COLOURS[each.verdict.state]}">{each.verdict.state}</b>'
        f"{escape(each.verdict.name.capitalize())}<span>{escape(each.verdict.in_words())}</span></div>"
        for each in report.monitors
    )
    changed = ", ".join(each.what for each in report.changed) or "none"
    tiles += (
        f'<div class="tile"><b class="{"bad" if report.changed else "good"}">{escape(changed)}</b>Changed models'
        "<span>Encoder or chunker other than the release in force has.</span></div>"
    )
    said = f"Against release {escape(report.release)}, looked at {report.at:%Y-%m-%d %H:%M} UTC."
    return f'<h1>Drift</h1><p class="dim">{said}</p><div class="tiles">{tiles}</div>'


def _changed(changed: Sequence[Changed]) -> list[str]:
    rows = "".join(
        f"<tr><td>{escape(each.what)}</td><td>{escape(each.told)}</td><td>{escape(each.remedy)}</td></tr>"
        for each in changed
    )
    table = f"<table><thead><tr><th>what</th><th>how</th><th>what to do</th></tr></thead><tbody>{rows}</tbody></table>"
    return [f'<section><h2>Changed models</h2><div class="table">{table}</div></section>']


def _monitor(each: Monitored) -> str:
    verdict = each.verdict
    lead = f'<p class="lead {_COLOURS[verdict.state]}">{escape(verdict.in_words())}</p>'
    since = f"<p>Since {verdict.since:%Y-%m-%d %H:%M}.</p>" if verdict.since else ""
    done = "".join(f"<li>{escape(line)}</li>" for line in each.done)
    doing = f"<h3>What is being done</h3><ul>{done}</ul>" if done else ""
    title = escape(verdict.name.capitalize())
    return f"<section><h2>{title}</h2>{lead}{since}{_pictures(verdict)}{_examples(verdict)}{doing}</section>"


def _pictures(verdict: Verdict) -> str:
    if verdict.picture is None:
        return ""
    key = '<p class="key"><i class="was"></i>reference <i class="now"></i>newest window <i class="moved"></i>moved</p>'
    drawn = (
        ("Unlike the reference, by window", windows_chart(verdict.windows)),
        ("How near to the nearest of the reference", nearness_chart(verdict.picture)),
        ("Where things lie", map_chart(verdict.picture)),
    )
    figures = "".join(f"<div><h3>{title}</h3>{chart}</div>" for title, chart in drawn)
    return f'{key}<div class="pictures">{figures}</div>'


def _examples(verdict: Verdict) -> str:
    if not verdict.examples:
        return ""
    rows = "".join(
        f"<tr><td>{escape(e.name)}</td><td>{e.at:%Y-%m-%d}</td><td class=n>{e.similarity:.2f}</td>"
        f"<td>{escape(e.nearest)}</td></tr>"
        for e in verdict.examples
    )
    head = "<tr><th>most unlike</th><th>came</th><th class=n>similarity</th><th>nearest in the reference</th></tr>"
    return f'<h3>Examples</h3><div class="table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _how() -> str:
    return (
        '<section><h2>How it was measured</h2><p class="dim">Vectors of the encoder in force. The reference is what '
        "had come when the release came into force; new documents alone do not move it. Two tests share the budget of "
        f"{ALPHA:.0%} false alarms a window: the similarity to the nearest of the reference, and the energy distance "
        "with permuted labels. Not seen: a mix of 5% in 500, what changes in fewer than 50 items, and answers that "
        "became wrong while questions and documents stayed alike. 'gristmill bench drift' measures it.</p></section>"
    )
