"""The usage report as one page of HTML: use, speed, accuracy, cost, energy, satisfaction; by release, day, month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import polars as pl

from gristmill.evaluation.report.charts import bar_row
from gristmill.evaluation.report.style import STYLE
from gristmill.monitoring.usage.days import days_chart
from gristmill.monitoring.usage.warehouse import Warehouse

_MOST_RELEASES = 12
Row = dict[str, Any]


@dataclass(frozen=True)
class Usage:
    """The figures of the report: rows of the marts of the same names."""

    at: datetime
    releases: pl.DataFrame
    days: pl.DataFrame
    months: pl.DataFrame
    quality: pl.DataFrame
    documents: pl.DataFrame
    order: Sequence[str]  # releases in the order they came into force

    @classmethod
    def of(cls, warehouse: Warehouse, at: datetime) -> Usage:
        """Return the figures of a built warehouse."""
        marts = ("usage_by_release", "usage_by_day", "cost_by_month", "retrieval_quality", "document_health")
        order = list(dict.fromkeys(warehouse.read("releases").sort("place")["release"]))
        releases, days, months, quality, documents = (warehouse.read(mart) for mart in marts)
        return cls(at, releases, days, months, quality, documents, order)

    def as_json(self) -> Row:
        """Return all figures."""
        frames = {"releases": self.releases, "days": self.days, "months": self.months}
        frames |= {"retrieval_quality": self.quality, "documents": self.documents}
        return {"at": self.at, **{name: frame.to_dicts() for name, frame in frames.items()}}


def as_page(usage: Usage) -> str:
    """Return the report as a whole page."""
    body = "".join((_head(usage), _days(usage), _releases(usage), _accuracy(usage), _months(usage), _documents(usage)))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Usage</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _head(usage: Usage) -> str:
    total = usage.releases.select(
        pl.col("answers", "refused", "cached", "ratings", "helpful", "cost", "energy_wh").sum()
    )
    row = total.row(0, named=True)
    answers = max(1, row["answers"] or 0)
    rated = f"{row['helpful'] / row['ratings']:.0%}" if row["ratings"] else "–"
    tiles = (
        (f"{row['answers'] or 0:,}", "answers", f"by {usage.releases.height} releases"),
        (f"{(row['refused'] or 0) / answers:.0%}", "refused", "no answer in the documents"),
        (rated, "helpful", f"of {row['ratings'] or 0:,} ratings"),
        (f"{(row['cached'] or 0) / answers:.0%}", "from the cache", "given again while their evidence stands"),
        (f"{row['cost'] or 0:.2f}", "cost", "of the remote engine"),
        (f"{row['energy_wh'] or 0:.1f} Wh", "energy", "estimated from time on the processor"),
    )
    shown = "".join(f'<div class="tile"><b>{a}</b>{escape(b)}<span>{escape(c)}</span></div>' for a, b, c in tiles)
    return f'<h1>Usage</h1><p class="dim">As of {usage.at:%Y-%m-%d %H:%M} UTC.</p><div class="tiles">{shown}</div>'


def _days(usage: Usage) -> str:
    if usage.days.is_empty():
        return '<section><h2>By day</h2><p class="dim">Nothing was asked yet.</p></section>'
    return f"<section><h2>By day</h2>{days_chart(usage.days.sort('day').to_dicts())}</section>"


def _releases(usage: Usage) -> str:
    place = {release: at for at, release in enumerate(usage.order)}
    rows = sorted(usage.releases.to_dicts(), key=lambda row: place.get(row["release"], -1))[-_MOST_RELEASES:]
    charts: Sequence[tuple[str, Callable[[Row], float | None], Callable[[float], str]]] = (
        ("Answers", lambda r: r["answers"], lambda v: f"{v:,.0f}"),
        ("Median time of an answer", lambda r: r["latency_median_ms"], lambda v: f"{v / 1000:.2f} s"),
        ("Time of the slowest twentieth", lambda r: r["latency_p95_ms"], lambda v: f"{v / 1000:.2f} s"),
        ("Refused", lambda r: r["refused"] / r["answers"], lambda v: f"{v:.0%}"),
        ("Found helpful", lambda r: r["helpful"] / r["ratings"] if r["ratings"] else None, lambda v: f"{v:.0%}"),
        ("From the cache", lambda r: r["cached"] / r["answers"], lambda v: f"{v:.0%}"),
        ("Energy of an answer", lambda r: 1000 * r["energy_wh"] / r["answers"], lambda v: f"{v:.1f} mWh"),
        ("Cost of a thousand answers", lambda r: 1000 * r["cost"] / r["answers"], lambda v: f"{v:.2f}"),
    )
    parts = [f"<h3>{escape(title)}</h3>{_bars(rows, value, text)}" for title, value, text in charts]
    said = '<p class="dim">Releases in the order they came into force; the newest is last.</p>'
    return f"<section><h2>By release</h2>{said}{''.join(parts)}</section>" if rows else ""


def _bars(rows: Sequence[Row], value: Callable[[Row], float | None], text: Callable[[float], str]) -> str:
    values = [value(row) for row in rows]
    most = max((v for v in values if v is not None), default=1.0) or 1.0
    drawn = (
        bar_row(row["release"], v or 0.0, most, "–" if v is None else text(v))
        for row, v in zip(rows, values, strict=True)
    )
    return f'<div class="rows">{"".join(drawn)}</div>'


def _accuracy(usage: Usage) -> str:
    rows = [
        (row["release"], row["scope"], row["outcome"], _points(row["right_gain"]), _share(row["recall"]))
        for row in usage.quality.to_dicts()
    ]
    if not rows:
        return '<section><h2>Accuracy</h2><p class="dim">The gate measured nothing yet.</p></section>'
    head = ("release", "looked at", "decision", "right answers, points", "evidence found")
    return f"<section><h2>Accuracy</h2>{_table(head, rows)}</section>"


def _months(usage: Usage) -> str:
    rows = [
        (f"{row['month']:%Y-%m}", f"{row['answers']:,}", f"{row['cost']:.2f}", f"{row['cost_without_cache']:.2f}",
         "–" if row["cost_without_routing"] is None else f"{row['cost_without_routing']:.2f}",
         f"{row['energy_wh']:.1f} Wh", f"{row['energy_wh_without_cache']:.1f} Wh")
        for row in usage.months.to_dicts()
    ]  # fmt: skip
    head = ("month", "answers", "cost", "without cache", "without routing", "energy", "without cache")
    said = (
        '<p class="dim">Without cache: had each answer been made anew, at the mean of those that were. '
        "Without routing: had the remote engine made each; – where it made none.</p>"
    )
    return f"<section><h2>By month</h2>{said}{_table(head, rows)}</section>"


def _documents(usage: Usage) -> str:
    names = ("source", "accepted", "quarantined", "failed", "superseded", "duplicates")
    rows = [tuple(str(row[name] or 0) for name in names) for row in usage.documents.to_dicts()]
    return f"<section><h2>Documents</h2>{_table(names, rows)}</section>"


def _points(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:+.1f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th{' class=n' if at else ''}>{escape(cell)}</th>" for at, cell in enumerate(head))
    lines = "".join(
        "<tr>" + "".join(f"<td{' class=n' if at else ''}>{escape(cell)}</td>" for at, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f'<div class="table"><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'
