"""Gathers the figures of the data report from the ledger. The clock is a parameter: age is counted from its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from gristmill.corpus.clock import Clock, now_utc
from gristmill.corpus.data_report.fates import Counts, counted, fate
from gristmill.corpus.data_report.runs import RunCounts, runs
from gristmill.corpus.formats import ending_of
from gristmill.corpus.ledger import Status, stated_time
from gristmill.corpus.quality import Severity
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS

_MOST_GROUPS = 15
_MOST_FAMILIES = 10
_MOST_EXAMPLES = 3
_NO_LANGUAGE, _NOBODY = "not told", "nobody"
_YEAR = 365.25
# Upper limits in years, with the name of what lies below each.
_AGES: Sequence[tuple[float, str]] = ((1, "under 1 year"), (2, "1 to 2 years"), (5, "2 to 5 years"))
_OLDEST, _UNDATED = "over 5 years", "no date"


@dataclass(frozen=True)
class Group:
    """The documents that have something in common."""

    name: str
    counts: Counts


@dataclass(frozen=True)
class Reason:
    """Why documents were left out, or what was found in accepted ones, with what to do about it."""

    rule: str
    documents: int
    example: str
    recovery: str
    documents_shown: tuple[str, ...]
    left_out: bool


@dataclass(frozen=True)
class Family:
    """Documents that say nearly the same; `name` is the one that stands for them."""

    name: str
    members: tuple[str, ...]
    left_out: int


@dataclass(frozen=True)
class DataReport:
    """All figures of the report; `boilerplate` are characters, `mixed` documents in several languages."""

    at: datetime
    totals: Counts
    removed: int
    characters: int
    boilerplate: int
    mixed: int
    groups: Mapping[str, Sequence[Group]]
    reasons: Sequence[Reason]
    families: Sequence[Family]
    superseded: int
    trend: Sequence[RunCounts]


def gather(lake: Lake, now: Clock = now_utc) -> DataReport:
    """Return the figures of the ledger as it is now."""
    at = now()
    every = lake.read(DOCUMENTS).with_columns(fate=fate())
    rows = every.filter(pl.col("fate").is_not_null())
    return DataReport(
        at,
        counted(rows),
        every.filter(pl.col("status") == Status.REMOVED.value).height,
        int(rows["characters"].sum()),
        _characters(rows["boilerplate"]),
        rows.filter(pl.col("languages").list.len() > 0).height,
        _groups(rows, at),
        _reasons(rows),
        _families(rows),
        rows.filter(pl.col("superseded_by").is_not_null()).height,
        runs(lake),
    )


def _characters(spans: pl.Series) -> int:
    """The characters of a column of spans."""
    marked = spans.explode(empty_as_null=True, keep_nulls=True).drop_nulls()
    return int((marked.struct.field("end") - marked.struct.field("start")).sum()) if len(marked) else 0


def _groups(rows: pl.DataFrame, at: datetime) -> dict[str, Sequence[Group]]:
    language = pl.col("language").fill_null("").replace("", _NO_LANGUAGE)
    audience = pl.col("audience").list.sort().list.join(", ").fill_null("").replace("", _NOBODY)
    kinds = {kind: ending_of(kind or "unknown").lstrip(".") for kind in rows["media_type"].unique()}
    media = pl.col("media_type").replace_strict(kinds, return_dtype=pl.String)
    return {
        "source": _by(rows, pl.col("source")),
        "format": _by(rows, media),
        "language": _by(rows, language),
        "audience": _by(rows, audience),
        "age": _by_age(rows, at),
    }


def _by(rows: pl.DataFrame, name: pl.Expr) -> list[Group]:
    """Return the groups, largest first; what is beyond the first screen is one group."""
    named = rows.with_columns(name=name.fill_null("unknown"))
    largest = named["name"].value_counts(sort=True).sort("count", "name", descending=[True, False])["name"]
    found = [Group(name, counted(named.filter(pl.col("name") == name))) for name in largest.head(_MOST_GROUPS)]
    rest = named.filter(~pl.col("name").is_in(largest.head(_MOST_GROUPS).implode()))
    if rest.height:
        found.append(Group(f"{len(largest) - _MOST_GROUPS:,} others", counted(rest)))
    return found


def _by_age(rows: pl.DataFrame, at: datetime) -> list[Group]:
    years = (pl.lit(at) - stated_time()).dt.total_days() / _YEAR
    age = pl.when(years.is_null()).then(pl.lit(_UNDATED))
    for limit, name in _AGES:
        age = age.when(years < limit).then(pl.lit(name))  # type: ignore[assignment]
    aged = rows.with_columns(age=age.otherwise(pl.lit(_OLDEST)))
    order = [name for _, name in _AGES] + [_OLDEST, _UNDATED]
    groups = (Group(name, counted(aged.filter(pl.col("age") == name))) for name in order)
    return [group for group in groups if group.counts.all]


def _reasons(rows: pl.DataFrame) -> list[Reason]:
    """Return the rules that were broken: those that keep documents out first, the most frequent first."""
    found = rows.select("document", "status", "findings").explode("findings", empty_as_null=True, keep_nulls=True)
    found = found.drop_nulls("findings").unnest("findings")
    accepted = pl.col("status") == Status.ACCEPTED.value
    found = found.with_columns(left_out=(pl.col("severity") == Severity.ERROR.value) & ~accepted)
    each = found.sort("document").group_by("rule", "left_out").agg(
        pl.col("document").n_unique().alias("documents"),
        pl.first("reason"),
        pl.first("recovery"),
        pl.col("document").unique(maintain_order=True).head(_MOST_EXAMPLES).alias("shown"),
    )  # fmt: skip
    order = each.sort("left_out", "documents", "rule", descending=[True, True, False])
    return [
        Reason(row["rule"], row["documents"], row["reason"], row["recovery"], tuple(row["shown"]), row["left_out"])
        for row in order.iter_rows(named=True)
    ]


def _families(rows: pl.DataFrame) -> list[Family]:
    each = (
        rows.drop_nulls("family")
        .sort("document")
        .group_by("family")
        .agg("document", pl.col("duplicate_of").count().alias("left_out"))
        .with_columns(size=pl.col("document").list.len())
        .sort("size", "family", descending=[True, False])
        .head(_MOST_FAMILIES)
    )
    return [
        Family(row["family"], tuple(row["document"]), row["left_out"])
        for row in each.iter_rows(named=True)
        if row["size"] > 1
    ]
