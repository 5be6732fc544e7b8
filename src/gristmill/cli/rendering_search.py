"""How the command line draws measurements of search. Knows nothing of how they were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gristmill.evaluation.benchmarks.chunking import MEASURES as CHUNKING_MEASURES
from gristmill.evaluation.benchmarks.chunking import ChunkingReport
from gristmill.evaluation.benchmarks.retrieval import MEASURES as RETRIEVAL_MEASURES
from gristmill.evaluation.benchmarks.retrieval import RetrievalReport
from gristmill.evaluation.intervals import Interval


def chunking_table(report: ChunkingReport) -> RenderableType:
    """Return a row for each strategy, method and form, in percent."""
    table = _table("strategy", "method", "retrieved", "chunks", *CHUNKING_MEASURES, "PrecisionΩ")
    for r in report.results:
        cells = [_percent(r.interval(measure)) for measure in CHUNKING_MEASURES]
        table.add_row(r.strategy, r.method, r.form, f"{r.chunks:,}", *cells, f"{100 * r.omega:.1f}")
    return Group(table, _foot(f"{report.questions} questions, {report.retrieved} retrieved; %"))


def retrieval_table(reports: Sequence[RetrievalReport], tuned: Sequence[RetrievalReport] = ()) -> RenderableType:
    """Return a row for each strategy and method; of tuned encoders a second one, and what each method gained."""
    # What is the same in all rows is left to the foot: a terminal of 80 columns holds no more.
    apart = [report.strategy for report in reports] if len(reports) > 1 else []
    table = _table(*(["strategy"] if apart else []), *(["encoder"] if tuned else []), "method", *RETRIEVAL_MEASURES)
    table.padding = (0, 1, 0, 0)

    def row(strategy: str, encoder: str, method: str, cells: Iterable[Interval]) -> None:
        table.add_row(*([strategy] if apart else []), *([encoder] if tuned else []), method, *map(str, cells))

    for encoder, group in (("as it is", reports), ("tuned", tuned)):
        for report in group:
            for r in report.results:
                row(report.strategy, encoder, r.method, map(r.interval, RETRIEVAL_MEASURES))
    for before, after in zip(reports, tuned, strict=False):
        for one, other in zip(before.results, after.results, strict=True):
            gained = (after.difference(other, one, measure) for measure in RETRIEVAL_MEASURES)
            row(before.strategy, "gained", one.method, gained)
    chunks = ", ".join(f"{report.chunks:,} chunks ({report.strategy})" for report in reports)
    return Group(table, _foot(f"{reports[0].queries} queries, {reports[0].documents:,} documents, {chunks}"))


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in names:
        table.add_column(name)
    return table


def _percent(interval: Interval) -> str:
    return f"{100 * interval.mean:.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def _foot(text: str) -> Text:
    return Text(f"{text}; in brackets the 95% interval of a bootstrap over questions", style="bright_black")
