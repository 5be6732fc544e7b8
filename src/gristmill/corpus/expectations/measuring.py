"""Looks at a table with Polars: makes the view of a suite, and holds its expectations against it."""

from __future__ import annotations

import polars as pl

from gristmill.corpus.expectations.declared import Expectation, Kind, Observation, Suite
from gristmill.storage.lake import Lake

_BLOCK = 16_384
_SAMPLE = 5
# Both ways of looking say null by this word where a sample's key is missing.
NOTHING = "null"


def view(suite: Suite, lake: Lake) -> pl.DataFrame:
    """Return the columns that a suite looks at. Texts and vectors are turned into figures block by block."""
    table = suite.table
    blocks = [block.select(suite.narrow) for block in lake.batches(table, table.schema.names(), _BLOCK)]
    return view_of(suite, pl.concat(blocks) if blocks else suite.table.schema.to_frame().select(suite.narrow))


def view_of(suite: Suite, narrow: pl.DataFrame) -> pl.DataFrame:
    """Return the view made of narrow columns. What is not a number is null, for both ways of looking."""
    frame = narrow.with_columns(suite.derived)
    return frame.with_columns(pl.selectors.float().fill_nan(None))


def observe(suite: Suite, frame: pl.DataFrame) -> tuple[Observation, ...]:
    """Hold all expectations of a suite against its view."""
    return tuple(_look(suite, expectation, frame) for expectation in suite.all_expectations)


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


def _look(suite: Suite, expectation: Expectation, frame: pl.DataFrame) -> Observation:
    if expectation.kind is Kind.ROWS:
        return counted(suite, expectation, frame.height)
    column = frame[expectation.column]
    broken = _broken(expectation, column)
    of = len(column) if expectation.kind is Kind.PRESENT else len(column) - column.null_count()
    first = frame.select(key=pl.col(suite.key), value=column).filter(broken).head(_SAMPLE)
    is_key = expectation.column == suite.key
    sample = tuple(example(key, value, is_key=is_key) for key, value in first.iter_rows())
    return judged(suite, expectation, int(broken.sum()), of, sample)


def _broken(expectation: Expectation, column: pl.Series) -> pl.Series:
    if expectation.kind is Kind.PRESENT:
        return column.is_null()
    return (column.is_not_null() & ~_kept(expectation, column).fill_null(value=False)).rename("broken")


def _kept(expectation: Expectation, column: pl.Series) -> pl.Series:
    if expectation.kind is Kind.UNIQUE:
        return ~column.is_duplicated()
    if expectation.kind is Kind.ONE_OF:
        return column.is_in(pl.Series(expectation.values, dtype=column.dtype).implode())
    if expectation.kind is Kind.MATCHES:
        return column.str.contains(f"^(?:{expectation.pattern})$")
    kept = pl.repeat(value=True, n=len(column), eager=True)
    if expectation.low is not None:
        kept &= column >= expectation.low
    return kept if expectation.high is None else kept & (column <= expectation.high)
