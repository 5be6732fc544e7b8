"""The rules that a document must pass, declared once as data, and their application to one document or a table.

A rule compares one measure with one threshold; what happens to a document that fails is decided elsewhere: an error
quarantines it, a warning is recorded beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from gristmill.corpus.measures import Measures, QualityInput, measure
from gristmill.errors import SettingsError

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "RULES",
    "QualityInput",
    "Rule",
    "Severity",
    "Violation",
    "judge",
    "judge_table",
    "measure_table",
    "with_thresholds",
]


class Severity(str, Enum):
    """An error keeps the document out; a warning is recorded."""

    ERROR = "error"
    WARN = "warn"


class Fails(str, Enum):
    """On which side of its threshold a measure fails."""

    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement: `measure` names a field of `Measures`; a measure of None passes."""

    name: str
    severity: Severity
    measure: str
    fails: Fails
    threshold: float
    reason: str
    recovery: str

    def is_broken_by(self, observed: float | None) -> bool:
        """True if the observed value is on the failing side of the threshold."""
        if observed is None:
            return False
        return observed < self.threshold if self.fails is Fails.BELOW else observed > self.threshold


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a document breaks, in numbers and in words, and what to do about it."""

    rule: str
    severity: Severity
    observed: float
    threshold: float
    reason: str
    recovery: str


_E, _W, _B, _A = Severity.ERROR, Severity.WARN, Fails.BELOW, Fails.ABOVE

RULES: tuple[Rule, ...] = (
    Rule("empty", _E, "words", _B, 1, "The file has no text.", "Put the real file in its place, or delete it."),
    Rule(
        "too_short", _E, "words_if_any", _B, 5,
        "The text has {observed:.0f} words; fewer than {threshold:.0f} answer nothing.",
        "Complete the document, or move its sentence into a longer one.",
    ),
    Rule(
        "no_letters", _E, "letter_share", _B, 0.02,
        "Letters are {observed:.1%} of the text; below {threshold:.0%} there are no sentences to find.",
        "Add words that say what the figures mean, or exclude the file.",
    ),
    Rule(
        "mostly_markup_or_symbols", _E, "symbol_share", _A, 0.5,
        "{observed:.0%} of the characters are neither letters nor figures; more than {threshold:.0%} is not prose.",
        "Look at the file: it may be code, a drawing or a failed export. Export it again as text.",
    ),
    Rule(
        "broken_encoding", _E, "broken_share", _A, 0.005,
        "{observed:.2%} of the characters were lost in decoding; at most {threshold:.2%} is accepted.",
        "Save the file again as UTF-8 from the program it was written in.",
    ),
    Rule(
        "only_repeated_lines", _E, "only_repetition", _A, 0.5,
        "{observed:.0%} of the lines say what another line said, and there is next to nothing beside them.",
        "Keep one of the lines; a form that is filled in by hand belongs outside the source.",
    ),
    Rule(
        "repeated_lines", _W, "repeated_share", _A, 0.5,
        "{observed:.0%} of the lines say what another line said.",
        "Keep one of the lines.",
    ),
    Rule(
        "unreadable_scan", _E, "characters_per_page", _B, 30,
        "A page has {observed:.0f} readable characters on average; fewer than {threshold:.0f} means a picture of text.",
        "Run text recognition over the file, or scan it again at 300 dpi.",
    ),
    Rule(
        "truncated", _W, "abrupt_end", _A, 0,
        "The text breaks off: within a sentence, a row of a table or a block of code.",
        "Compare the end with the original, and copy the file again.",
    ),
    Rule(
        "unknown_language", _W, "words_without_language", _A, 50,
        "The language of {observed:.0f} words could not be told.",
        "Nothing to do if it is a table of names or figures; else check that the text is readable.",
    ),
    Rule(
        "stale", _W, "age_days", _A, 7 * 365.25,
        "The document is {observed:.0f} days old; the source's limit is {threshold:.0f}.",
        "Have its owner confirm, renew or remove it.",
    ),
    Rule(
        "superseded", _W, "superseded", _A, 0,
        "A newer version of this document is in the collection.",
        "Move the old version to an archive outside the source.",
    ),
)  # fmt: skip


def with_thresholds(overrides: Mapping[str, float], rules: Sequence[Rule] = RULES) -> tuple[Rule, ...]:
    """The rules with a source's own thresholds, by rule name."""
    if unknown := overrides.keys() - {rule.name for rule in rules}:
        names = ", ".join(rule.name for rule in rules)
        raise SettingsError(f"No quality rule is named {', '.join(sorted(unknown))}.", f"Use one of: {names}.")
    return tuple(replace(rule, threshold=overrides.get(rule.name, rule.threshold)) for rule in rules)


def judge(document: QualityInput, rules: Sequence[Rule] = RULES, *, now: date) -> list[Violation]:
    """The rules that this document breaks, in the order they are declared."""
    measures = measure(document, now)
    observed = ((rule, getattr(measures, rule.measure)) for rule in rules)
    return [_violation(rule, value) for rule, value in observed if rule.is_broken_by(value)]


def _violation(rule: Rule, observed: float) -> Violation:
    reason = rule.reason.format(observed=observed, threshold=rule.threshold)
    return Violation(rule.name, rule.severity, observed, rule.threshold, reason, rule.recovery)


def measure_table(documents: Sequence[QualityInput], *, now: date) -> pl.DataFrame:
    """One row of measures per document: what `judge_table` needs, so a new threshold needs no text."""
    import polars as pl

    rows = [{"path": document.path, **asdict(measure(document, now))} for document in documents]
    schema = {"path": pl.String, **dict.fromkeys(Measures.__dataclass_fields__, pl.Float64)}
    return pl.DataFrame(rows, schema=schema)


def judge_table(frame: pl.DataFrame, rules: Sequence[Rule] = RULES) -> pl.DataFrame:
    """One row per broken rule: path, rule, severity, observed, threshold, reason, recovery; in the order of `judge`."""
    import polars as pl

    indexed = frame.with_row_index("row")
    broken = pl.concat(
        [indexed.filter(_is_broken(rule)).select(*_columns(rule, place)) for place, rule in enumerate(rules)]
    )
    by_name = {rule.name: rule for rule in rules}
    reasons = [_violation(by_name[name], value).reason for name, value in broken.select("rule", "observed").iter_rows()]
    told = broken.with_columns(pl.Series("reason", reasons, dtype=pl.String)).sort("row", "place")
    return told.select("path", "rule", "severity", "observed", "threshold", "reason", "recovery")


def _is_broken(rule: Rule) -> pl.Expr:
    import polars as pl

    column = pl.col(rule.measure)
    return column < rule.threshold if rule.fails is Fails.BELOW else column > rule.threshold


def _columns(rule: Rule, place: int) -> list[pl.Expr]:
    import polars as pl

    fixed = {"rule": rule.name, "severity": rule.severity.value, "recovery": rule.recovery}
    numbers = {"threshold": float(rule.threshold), "place": place}
    named = [pl.lit(value).alias(name) for name, value in {**fixed, **numbers}.items()]
    return [pl.col("row"), pl.col("path"), pl.col(rule.measure).alias("observed"), *named]
