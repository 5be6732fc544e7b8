"""The data report as one page of HTML: nothing is fetched, no script runs, names of files are never markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from gristmill.corpus.data_report.charts import CLASSES, bar, trend
from gristmill.corpus.data_report.gathering import DataReport, Family, Group, Reason

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9dbe0; --paper: #fff; --tint: #f0f1f3;
  --accepted: #2f7d5b; --copy: #9aa0ab; --quarantined: #d08a1d; --failed: #c13b3f }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #a4a8b0; --line: #33363d; --paper: #16181c;
  --tint: #24272d; --accepted: #45a77c; --copy: #7a808c; --quarantined: #dc9a35; --failed: #e2686b } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem }
p { margin: .3rem 0 } .soft { color: var(--soft) }
.figures { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1.2rem 0 .6rem }
.figures div { min-width: 6.5rem } .figures b { display: block; font-size: 1.6rem; line-height: 1.2; font-weight: 650 }
.figures i { display: inline-block; width: .7rem; height: .7rem; border-radius: .15rem; margin-right: .35rem }
svg.bar { display: block; width: 100%; height: .75rem; background: var(--tint); border-radius: .15rem }
.all svg.bar { height: 1.1rem } svg.trend { display: block; width: 100%; max-width: 40rem; height: auto }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft) } svg .stop { fill: var(--failed); font-weight: 700 }
svg .grid { stroke: var(--line) }
.accepted { fill: var(--accepted); background: var(--accepted) } .copy { fill: var(--copy); background: var(--copy) }
.quarantined { fill: var(--quarantined); background: var(--quarantined) }
.failed { fill: var(--failed); background: var(--failed) }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line) }
th { color: var(--soft); font-weight: 500; font-size: .88rem } td { overflow-wrap: anywhere }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; width: 4.2rem }
.name { width: 42% } .chart { vertical-align: middle; min-width: 6rem }
.reason td:first-child { width: 8.5rem } .reason td:last-child { width: 30% }
.path { font-size: .9em; color: var(--soft) }
summary { cursor: pointer } ul { margin: .3rem 0; padding-left: 1.2rem }
.two { columns: 20rem 2; column-gap: 2.5rem } .two section { break-inside: avoid; padding-top: .1rem }
@media (max-width: 40rem) { body { padding: 1rem .75rem 2rem }
  .reason thead { display: none } .reason tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line) }
  .reason td, .reason td:first-child, .reason td:last-child { display: block; width: auto; border: 0; padding: .1rem 0;
    text-align: left }
  .reason td.n::before { content: "documents: " } th, td { padding-right: .5rem } }
"""
_HINTS = {
    "source": "Where documents come from.",
    "format": "By what the file is.",
    "language": "Detected; of what gave no text it is not told.",
    "audience": "Who may see them.",
    "age": "By the date in a document's properties, else its file's.",
}


def as_page(report: DataReport) -> str:
    """Return the report as a whole page."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Data report</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(_parts(report))
        + "\n</body></html>\n"
    )


def _parts(report: DataReport) -> Iterator[str]:
    yield f"<h1>Data report</h1><p class='soft'>The ledger as of {report.at:%Y-%m-%d %H:%M} UTC.</p>"
    yield _figures(report)
    yield f"<div class='all'>{bar(report.totals, report.totals.all)}</div>"
    left_out = [reason for reason in report.reasons if reason.left_out]
    yield _reasons("Why documents were left out", left_out, "Nothing was left out.")
    yield "<div class='two'>"
    for dimension, groups in report.groups.items():
        yield _groups(dimension, groups)
    yield "</div>"
    noted = [reason for reason in report.reasons if not reason.left_out]
    yield _reasons("What was noted in accepted documents", noted, "Nothing was noted.")
    yield _families(report.families, report.superseded)
    yield _trend(report)


def _figures(report: DataReport) -> str:
    shown = [("came in", report.totals.all, "")]
    shown += [(str(fate), count, CLASSES[fate]) for fate, count in report.totals.by_fate.items()]
    cells = "".join(
        f"<div><b>{count:,}</b>{f'<i class={css}></i>' if css else ''}<span>{name}</span></div>"
        for name, count, css in shown
    )
    said = f"{report.characters:,} characters can be quoted. {report.removed:,} documents left their sources."
    marked = f"{report.boilerplate:,} of them are headers, footers and navigation, which no answer quotes."
    mixed = f"{report.mixed:,} documents have parts in another language."
    return f"<div class='figures'>{cells}</div><p class='soft'>{said}</p><p class='soft'>{marked} {mixed}</p>"


def _groups(dimension: str, groups: Sequence[Group]) -> str:
    most = max((group.counts.all for group in groups), default=0)
    rows = "".join(_group(group, most) for group in groups)
    head = "<tr><th></th><th></th><th class='n'>accepted</th><th class='n'>left out</th></tr>"
    return (
        f"<section><h2>By {dimension}</h2><p class='soft'>{_HINTS[dimension]}</p>"
        f"<table><thead>{head}</thead><tbody>{rows}</tbody></table></section>"
    )


def _group(group: Group, most: int) -> str:
    accepted, left_out = group.counts.accepted, group.counts.all - group.counts.accepted
    return (
        f"<tr><td class='name'>{escape(group.name)}</td><td class='chart'>{bar(group.counts, most)}</td>"
        f"<td class='n'>{accepted:,}</td><td class='n'>{left_out:,}</td></tr>"
    )


def _reasons(title: str, reasons: Sequence[Reason], nothing: str) -> str:
    if not reasons:
        return f"<h2>{title}</h2><p class='soft'>{nothing}</p>"
    rows = "".join(
        f"<tr><td><b>{escape(reason.rule.replace('_', ' '))}</b></td><td class='n'>{reason.documents:,}</td>"
        f"<td>{escape(reason.example)}<div class='path'>{escape(', '.join(reason.documents_shown))}"
        f"{' …' if reason.documents > len(reason.documents_shown) else ''}</div></td>"
        f"<td>{escape(reason.recovery)}</td></tr>"
        for reason in reasons
    )
    head = "<tr><th>rule</th><th class='n'>documents</th><th>for instance</th><th>what to do</th></tr>"
    return f"<h2>{title}</h2><table class='reason'><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _families(families: Sequence[Family], superseded: int) -> str:
    said = f"<p class='soft'>{superseded:,} documents have a newer version of themselves in the sources.</p>"
    if not families:
        return f"<h2>Largest families of duplicates</h2><p class='soft'>No two documents are alike.</p>{said}"
    items = "".join(_family(family) for family in families)
    return f"<h2>Largest families of duplicates</h2>{said}{items}"


def _family(family: Family) -> str:
    others = "".join(f"<li>{escape(name)}</li>" for name in family.members if name != family.name)
    said = f"{len(family.members):,} documents, {family.left_out:,} of them left out"
    return (
        f"<details><summary>{escape(family.name)} <span class='soft'>{said}</span></summary><ul>{others}</ul></details>"
    )


def _trend(report: DataReport) -> str:
    title = "<h2>Over the runs</h2>"
    if len(report.trend) < 2:
        return f"{title}<p class='soft'>There was one run so far; a chart needs two that changed something.</p>"
    stopped = sum(not run.passed for run in report.trend)
    said = f"{len(report.trend):,} runs that changed something; {stopped:,} were stopped by their gate (✗)."
    return f"{title}<p class='soft'>{said}</p>{trend(report.trend)}"
