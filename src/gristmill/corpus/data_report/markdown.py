"""The data report as Markdown, for the orchestrator's metadata: the tables without the charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gristmill.corpus.data_report.fates import Counts, Fate
from gristmill.corpus.data_report.gathering import DataReport, Group
from gristmill.corpus.report import escaped

_MOST_REASONS = 12


def as_markdown(report: DataReport) -> str:
    """Return the report as Markdown in which nothing but its own tables is markup."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: DataReport) -> Iterator[str]:
    totals = report.totals
    said = ", ".join(f"{count:,} {fate}" for fate, count in totals.by_fate.items())
    yield f"**{totals.all:,} documents** came in: {said}. {report.removed:,} left their sources."
    yield f"{report.boilerplate:,} characters are headers, footers and navigation, which no answer quotes."
    yield f"{report.mixed:,} documents have parts in another language."
    if report.reasons:
        yield "\n| why | documents | for instance | what to do |\n| --- | ---: | --- | --- |"
        for reason in report.reasons[:_MOST_REASONS]:
            rule = f"{'left out' if reason.left_out else 'accepted'}: {reason.rule.replace('_', ' ')}"
            shown = ", ".join(reason.documents_shown)
            yield f"| {escaped(rule)} | {reason.documents:,} | {escaped(shown)} | {escaped(reason.recovery)} |"
    for dimension, groups in report.groups.items():
        yield from _table(dimension, groups)
    if report.families:
        yield "\n| family | documents | left out |\n| --- | ---: | ---: |"
        for family in report.families:
            yield f"| {escaped(family.name)} | {len(family.members):,} | {family.left_out:,} |"


def _table(dimension: str, groups: Sequence[Group]) -> Iterator[str]:
    yield f"\n| {dimension} | all | {' | '.join(Fate)} |\n| --- | {' | '.join(['---:'] * (len(Counts._fields) + 1))} |"
    for group in groups:
        yield f"| {escaped(group.name)} | {group.counts.all:,} | {' | '.join(f'{count:,}' for count in group.counts)} |"
