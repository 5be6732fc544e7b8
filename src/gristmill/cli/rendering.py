"""How the command line draws things: tables, answers, progress. Knows nothing of where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

import polars as pl
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from gristmill.answering.answer import Answer
from gristmill.corpus.report import StageReport
from gristmill.doctor import Finding
from gristmill.search.retrieval import Passage

if TYPE_CHECKING:
    from gristmill.following import Turn

_STATUS_COLOURS = {"accepted": "green", "quarantined": "yellow", "failed": "red", "removed": "bright_black"}
_SEVERITY_MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "error": "[red]✗[/]"}
_EXCERPT = 280
_SHOWN_CHANGES = 5
_STAGE_NAMES = {
    "discover": "Listing files",
    "parse": "Reading documents",
    "accept": "Judging documents",
    "chunk": "Cutting into chunks",
    "embed": "Encoding chunks",
    "embed again": "Second encoder",
    "index": "Building the index",
    "evaluate": "Asking questions",
    "closed book": "Asking the model alone",
}


class ProgressBars:
    """Draws one bar for each stage that has something to do; the engine's `Progress`."""

    def __init__(self, console: Console, *, passing: bool = False) -> None:
        columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=console, transient=passing)
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressBars:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bars.stop()

    def start(self, stage: str, total: int) -> None:
        """Begin a bar; a stage without work gets none."""
        self._task = self._bars.add_task(_STAGE_NAMES.get(stage, stage), total=total) if total else None

    def advance(self, steps: int = 1) -> None:
        """Move the bar on."""
        if self._task is not None:
            self._bars.advance(self._task, steps)


def summary(reports: Iterable[StageReport]) -> RenderableType:
    """Return what a run did, one line a stage."""
    table = Table(box=None, padding=(0, 2), show_header=False)
    for report in reports:
        numbers = (f"{_figure(value)} {name.replace('_', ' ')}" for name, value in report.numbers.items() if value)
        table.add_row(f"[bold]{report.stage.replace('_', ' ')}[/]", ", ".join(numbers) or "nothing to do")
    return table


def turn_told(turn: Turn) -> RenderableType:
    """Return what one change of a followed source came to: what became of each document, and when it was in force."""
    by_stage = {report.stage: report for report in turn.reports}
    lines = [f"[bright_black]{turn.began.astimezone():%H:%M:%S}[/]"]
    changes = by_stage["documents"].changes if "documents" in by_stage else ()
    for change in changes[:_SHOWN_CHANGES]:
        reason = f": {change.reason}" if change.reason and change.what in {"quarantined", "failed"} else ""
        colour = _STATUS_COLOURS.get(change.what, "white")
        lines.append(f"  [{colour}]{change.what:<11}[/] {escape(change.name + reason)}")
    if (more := by_stage["documents"].numbers["changed"] - len(lines) + 1 if changes else 0) > 0:
        lines.append(f"  and {more:,.0f} more")
    if turn.error is not None:
        lines.append(f"  [red]✗[/] {escape(turn.error.message)}")
        lines += [f"    [bold]→ {escape(turn.error.remedy)}[/]"] if turn.error.remedy else []
    elif by_stage["search_index"].numbers["published"]:
        release = by_stage["document_release"]
        waiting = [change for change in release.changes if change.what in {"candidate", "held back"}]
        lines += [f"  [yellow]{change.what}[/] {escape(change.name)}: {escape(change.reason)}" for change in waiting]
        lines += [f"  in force after {turn.seconds:.1f} s"] if release.numbers["published"] else []
    return Text.from_markup("\n".join(lines))


def ledger(rows: pl.DataFrame) -> RenderableType:
    """Return the ledger as a table."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("status")
    table.add_column("document", overflow="fold")
    table.add_column("for")
    table.add_column("reason", overflow="fold")
    for row in rows.iter_rows(named=True):
        colour = _STATUS_COLOURS.get(row["status"], "white")
        audience = ", ".join(row["audience"] or [])
        table.add_row(f"[{colour}]{row['status']}[/]", escape(row["document"]), audience, escape(row["reason"] or ""))
    return table


def passages(found: Iterable[Passage]) -> RenderableType:
    """Return passages, best first, each with where it stands."""
    parts: list[RenderableType] = []
    for number, passage in enumerate(found, 1):
        place = " › ".join((passage.document, *passage.headings[-2:]))
        page = f", page {passage.page}" if passage.page else ""
        head = f"[bold]{number}. {escape(place)}[/][bright_black]{page} · {passage.score:.3f}[/]"
        parts += [Text.from_markup(head), Text(_excerpt(passage.text), style="dim"), Text()]
    return Group(*parts) if parts else Text("Nothing was found that you may see.")


def answer(given: Answer) -> RenderableType:
    """Return an answer with its numbered quotes, or the refusal with the closest passages."""
    colour = "yellow" if given.refused or given.uncertain else "green"
    parts: list[RenderableType] = [Text(given.text)]
    for number, citation in enumerate(given.citations, 1):
        page = f", page {citation.page}" if citation.page else ""
        place = f"[bright_black]{escape(citation.document)}{page}, characters {citation.start}–{citation.end}[/]"
        parts += [Text(), Text.from_markup(f"[bold]\\[{number}][/] {place}"), Text(f"    “{_excerpt(citation.quote)}”")]
    if given.closest:
        parts += [Text(), Text("Closest, though it may not answer:", style="bright_black")]
        for near in given.closest:
            parts += [Text(f"  {near.document} – {near.title}", style="bright_black")]
            parts += [Text(f"    “{_excerpt(near.quote)}”", style="bright_black")]
    foot = f"[bright_black]{given.latency_ms / 1000:.2f} s · release {given.release} · receipt {given.receipt}[/]"
    return Panel(Group(*parts), title=escape(given.question), title_align="left", subtitle=foot, border_style=colour)


def findings(found: Iterable[Finding]) -> RenderableType:
    """Return what the doctor found."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    for finding in found:
        message = escape(finding.message) + (f"\n[bold]→ {escape(finding.remedy)}[/]" if finding.remedy else "")
        table.add_row(_SEVERITY_MARKS[finding.severity], f"[bold]{finding.name}[/]", message)
    return table


def pairs(fields: Mapping[str, object]) -> RenderableType:
    """Return names and values in two columns."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, value in fields.items():
        table.add_row(f"[bold]{name}[/]", escape(str(value)))
    return table


def _figure(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _excerpt(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _EXCERPT else folded[:_EXCERPT] + "…"
