"""The words in which expectations are declared, and what looking at a table gives. How one looks stands elsewhere.

Six kinds are enough, because a suite first derives narrow columns from a table: whatever is more complicated becomes a
number or a yes that a simple expectation can be held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import polars as pl

from gristmill.corpus.quality import Severity
from gristmill.storage.tables import Table


class Kind(str, Enum):
    """What an expectation says of a column; `ROWS` speaks of the table."""

    PRESENT = "present"
    UNIQUE = "unique"
    ONE_OF = "one of"
    BETWEEN = "between"
    MATCHES = "matches"
    ROWS = "rows"


@dataclass(frozen=True)
class Expectation:
    """One rule. All kinds but `PRESENT` and `ROWS` say nothing of nulls.

    Args:
        rule: a sentence that holds when all is well; its name in reports.
        kind: which of the fields below count.
        column: a column of the suite's view.
        low: for `BETWEEN` and `ROWS`, inclusive.
        high: for `BETWEEN` and `ROWS`, inclusive.
        values: for `ONE_OF`.
        pattern: for `MATCHES`: a regular expression for the whole value, in what Rust and Python have in common.
        share: of the values that are not null, how many must keep the rule.
        severity: an error stops the publication, a warning is shown.
        recovery: what to do when it does not hold; the suite's own when empty.
    """

    rule: str
    kind: Kind
    column: str = ""
    low: float | None = None
    high: float | None = None
    values: tuple[str | bool | int, ...] = ()
    pattern: str = ""
    share: float = 1.0
    severity: Severity = Severity.ERROR
    recovery: str = ""

    @property
    def threshold(self) -> str:
        """What is demanded, in words."""
        said = {
            Kind.PRESENT: "no nulls",
            Kind.UNIQUE: "each value once",
            Kind.ONE_OF: f"one of {', '.join(map(str, self.values[:6]))}{' …' if len(self.values) > 6 else ''}",
            Kind.BETWEEN: _range(self.low, self.high),
            Kind.MATCHES: f"matches {self.pattern}",
            Kind.ROWS: f"{_range(self.low, self.high)} rows",
        }[self.kind]
        return said if self.share == 1 else f"{said}, {self.share:.0%} of them"


@dataclass(frozen=True)
class Suite:
    """All that is expected of one table.

    Args:
        table: what it is about.
        key: the column of the view that tells which row is meant.
        narrow: columns of the view, made from the table block by block.
        derived: further columns, made from the whole view.
        expectations: what is expected. That no column is null is expected of each one first, but for `may_be_null`.
        may_be_null: columns in which a null means that there is nothing to expect.
        recovery: what to do when an expectation does not hold that says nothing of its own.
    """

    table: Table
    key: str
    narrow: Sequence[pl.Expr]
    expectations: Sequence[Expectation]
    recovery: str
    derived: Sequence[pl.Expr] = ()
    may_be_null: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def all_expectations(self) -> tuple[Expectation, ...]:
        """Nulls first: every other rule holds for a column that is all null."""
        columns = dict.fromkeys([self.key, *(e.column for e in self.expectations if e.column)])
        present = (
            Expectation(f"{column} is never null", Kind.PRESENT, column)
            for column in columns
            if column not in self.may_be_null
        )
        return (*present, *self.expectations)

    def recovery_of(self, expectation: Expectation) -> str:
        """Return what to do when an expectation does not hold."""
        return expectation.recovery or self.recovery


@dataclass(frozen=True)
class Observation:
    """What one look gave. `observed` counts the rows that break the rule; for `ROWS` all rows.

    `of` is the number of rows that the rule spoke of, `sample` names the first that break it.
    """

    expectation: Expectation
    passed: bool
    observed: int
    of: int
    sample: tuple[str, ...] = ()
    recovery: str = ""

    @property
    def in_words(self) -> str:
        """What was seen, in words."""
        if self.expectation.kind is Kind.ROWS:
            return f"{self.observed:,} rows"
        return f"{self.observed:,} of {self.of:,} break it" if self.observed else f"all {self.of:,} keep it"


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "anything"
    if high is None:
        return f"at least {low:,g}"
    return f"at most {high:,g}" if low is None else f"{low:,g} to {high:,g}" if low != high else f"exactly {low:,g}"
