"""Looks at a table with Polars: makes the view of a suite, and holds its expectations against it."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from gristmill.corpus.expectations import declared, suites
from gristmill.corpus.expectations.declared import Expectation, Kind, Observation, Suite
from gristmill.storage.lake import Lake
from gristmill.storage.taken import taken

_SAMPLE = 5
# Where it is written what a suite takes from a table.
_DECLARED = [Path(declared.__file__), Path(suites.__file__)]
# Both ways of looking say null by this word where a sample's key is missing.
NOTHING = "null"


def view(suite: Suite, lake: Lake, kept: Path | None = None) -> pl.DataFrame:
    """Return the columns that a suite looks at. Texts and vectors are turned into figures block by block.

    Args:
        suite: says what.
        lake: the tables.
        kept: a folder that keeps what was taken from the files of a large table.
    """
    return view_of(suite, taken(lake, suite.table, lambda rows: rows.select(suite.narrow), _DECLARED, kept))


def view_of(suite: Suite, narrow: pl.DataFrame) -> pl.DataFrame:
    """Return the view made of narrow columns. What is not a number is null, for both ways of looking."""
    frame = narrow.with_columns(suite.derived)
    return frame.with_columns(pl.selectors.float().fill_nan(None))


def observe(suite: Suite, frame: pl.DataFrame) -> tuple[Observation, ...]:
    """Hold all expectations of a suite against its view."""
    expectations = suite.all_expectations
    rules = {
        str(number): _broken(expectation, frame.schema[expectation.column])
        for number, expectation in enumerate(expectations)
        if expectation.kind is not Kind.ROWS
    }
    # All rules in one look: asked one by one, most of the time went into asking.
    broken = frame.select(rule.sum().alias(number) for number, rule in rules.items()).row(0, named=True)
    nulls = frame.null_count().row(0, named=True)
    seen = []
    for number, expectation in enumerate(expectations):
        if expectation.kind is Kind.ROWS:
            seen.append(counted(suite, expectation, frame.height))
            continue
        found = int(broken[str(number)] or 0)
        of = frame.height - (0 if expectation.kind is Kind.PRESENT else nulls[expectation.column])
        sample = _sample(suite, expectation, frame.filter(rules[str(number)])) if found else ()
        seen.append(judged(suite, expectation, found, of, sample))
    return tuple(seen)


def judged(suite: Suite, expectation: Expectation, broken: int, of: int, sample: tuple[str, ...]) -> Observation:
    """Return the observation of a rule that `broken` of `of` rows break."""
    passed = of == 0 or (of - broken) / of >= expectation.share
    return Observation(expectation, passed, broken, of, sample, suite.recovery_of(expectation))


def counted(suite: Suite, expectation: Expectation, rows: int) -> Observation:
    """Return the observation of how many rows there are."""
    low, high = expectation.low or 0, expectation.high
    passed = low <= rows and (high is None or rows <= high)
    return Observation(expectation, passed, rows, rows, (), suite.recovery_of(expectation))


def example(key: object, value: object, *, is_key: bool) -> str:
    """Return how a sample names a row: its key, and the value that breaks the rule."""
    said = NOTHING if key is None else str(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a column of whole numbers with nulls is one of floats in pandas
    return said if is_key or value is None else f"{said} ({str(value)[:60]})"


def _sample(suite: Suite, expectation: Expectation, broken: pl.DataFrame) -> tuple[str, ...]:
    first = broken.select(key=pl.col(suite.key), value=pl.col(expectation.column)).head(_SAMPLE)
    is_key = expectation.column == suite.key
    return tuple(example(key, value, is_key=is_key) for key, value in first.iter_rows())


def _broken(expectation: Expectation, kind: pl.DataType) -> pl.Expr:
    """Which rows break a rule, whose column is of that type."""
    column = pl.col(expectation.column)
    if expectation.kind is Kind.PRESENT:
        return column.is_null()
    return column.is_not_null() & ~_kept(expectation, column, kind).fill_null(value=False)


def _kept(expectation: Expectation, column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if expectation.kind is Kind.UNIQUE:
        return ~column.is_duplicated()
    if expectation.kind is Kind.ONE_OF:
        return column.is_in(pl.Series(expectation.values, dtype=kind).implode())
    if expectation.kind is Kind.MATCHES:
        return column.str.contains(f"^(?:{expectation.pattern})$")
    kept = pl.lit(value=True)
    if expectation.low is not None:
        kept &= column >= expectation.low
    return kept if expectation.high is None else kept & (column <= expectation.high)
