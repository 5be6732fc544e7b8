"""What must hold of the tables from `source_files` to the ledger before anything is built on them.

Each check is a pure function of the lake; how its result is shown is the orchestrator's business. Nulls are looked for
first: most other rules hold for a column that is all null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gristmill.corpus import pages
from gristmill.corpus.ledger import Status
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.pages import paged_text_hash
from gristmill.corpus.parse import with_parse_keys
from gristmill.corpus.quality import Severity
from gristmill.corpus.quarantine import render, unusable
from gristmill.settings import CorpusSettings, ParserSettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS, PARSED, SOURCE_FILES, TEXTS
from gristmill.storage.taken import taken

_EXAMPLES = 5
# A share means little among a few: one scan in a folder of three must not stop the first run.
_FEW_DOCUMENTS = 20
_LEDGER = ["document", "version", "status", "reason", "text_hash", "characters"]
_WRONG_LENGTH = pl.col("characters") != pl.col("length")

# Whatever is wrong with a derived table, the sources still hold the truth.
REBUILD = (
    "Run all assets again. If it stays, delete the folder 'lake/{0}' of GRISTMILL_HOME and run all assets: the table "
    "is made anew from the sources."
)


@dataclass(frozen=True)
class Problem:
    """One rule that does not hold: where, and what the operator should do now."""

    message: str
    examples: tuple[str, ...]
    recovery: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True)
class CheckResult:
    """What a check found. `numbers` are plotted over time, so a check always reports the same names."""

    numbers: Mapping[str, float]
    problems: tuple[Problem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every rule holds."""
        return not self.problems

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are more than a warning."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def blocks(self) -> bool:
        """Whether nothing may be built on what was checked."""
        return bool(self.errors)

    def __add__(self, other: CheckResult) -> CheckResult:
        """Both results as one."""
        return CheckResult({**self.numbers, **other.numbers}, self.problems + other.problems)


def found(message: str, where: Iterable[object], recovery: str, severity: Severity = Severity.ERROR) -> Problem | None:
    """Return a problem with its number and first examples, or None when there is nothing `where` the rule is broken."""
    places = [str(place) for place in where]
    return Problem(f"{len(places):,} {message}", tuple(places[:_EXAMPLES]), recovery, severity) if places else None


def result(numbers: Mapping[str, float], problems: Sequence[Problem | None]) -> CheckResult:
    """Return a result with those problems that there are."""
    return CheckResult(numbers, tuple(problem for problem in problems if problem is not None))


def check_source_files(lake: Lake) -> CheckResult:
    """Check that files were found, each under a name of its own, and each was hashed or has a problem."""
    files = lake.read(SOURCE_FILES)
    twice = files.filter(pl.col("document").is_duplicated())["document"].unique().sort()
    silent = files.filter(pl.col("version").is_null() & pl.col("problem").is_null())
    unguarded = files.filter(pl.col("audience").is_null())
    again = REBUILD.format(SOURCE_FILES.name)
    none = Problem(
        "There is no file in any source.",
        (),
        "Correct 'location', 'include' and 'exclude' of the sources in gristmill.toml.",
        # An emptied source must empty the index too; that it is meant was asked where it was listed.
        Severity.WARN,
    )
    return result(
        {"files": files.height, "unreadable": files["problem"].count()},
        (
            none if files.is_empty() else None,
            found("names stand for more than one file.", twice, f"Give one of the sources a 'prefix'. {again}"),
            found("files have neither a hash nor a reason why not.", silent["document"], again),
            found("files have no audience: nothing says who may see them.", unguarded["document"], again),
        ),
    )


def check_parsed_documents(lake: Lake, settings: ParserSettings, kept: Path | None = None) -> CheckResult:
    """Check that every readable file was parsed, what was parsed has a text, and not too many failed.

    Args:
        lake: the tables.
        settings: how many may have failed.
        kept: a folder that keeps what was seen of parsed documents.
    """
    parsed = taken(lake, PARSED, _outcomes, [Path(__file__)], kept)
    files = with_parse_keys(lake.read(SOURCE_FILES), settings).filter(pl.col("parse_key").is_not_null())
    rows = files.select("document", "parse_key").join(parsed, on="parse_key", how="left", maintain_order="left")
    unknown = parsed.filter(~pl.col("outcome").is_in([outcome.value for outcome in Outcome]).fill_null(value=False))
    textless = rows.filter((pl.col("outcome") == Outcome.PARSED.value) & ~pl.col("has_text"))
    unparsed = rows.join(parsed, on="parse_key", how="anti")
    failed = rows.filter(~pl.col("outcome").is_in([Outcome.PARSED.value, Outcome.EMPTY.value]))
    again = REBUILD.format(PARSED.name)
    return result(
        {"readable": rows.height, "failed": failed.height, "failed_share": _share(failed, rows)},
        (
            found("rows have an outcome that does not exist.", unknown["parse_key"], again),
            found("documents count as parsed and have no text.", textless["document"], again),
            found("readable files were not parsed.", unparsed["document"], again),
            _too_many(failed, rows, settings.most_failed, "could not be parsed", "most_failed"),
        ),
    )


def check_accepted_documents(lake: Lake, settings: CorpusSettings, kept: Path | None = None) -> CheckResult:
    """Check that the ledger knows every file and no other, says what the files and texts say, and few are bad.

    Args:
        lake: the tables.
        settings: how many may be bad.
        kept: a folder that keeps what was measured of texts.
    """
    files = lake.read(SOURCE_FILES, ["document", "version", "audience", "problem"])
    ledger = lake.read(DOCUMENTS, [*_LEDGER, "audience", "findings"])
    unknown = ledger.filter(~pl.col("status").is_in([status.value for status in Status]).fill_null(value=False))
    live = ledger.filter(pl.col("status") != Status.REMOVED.value)
    missing = files.join(live, on="document", how="anti")
    gone = live.join(files, on="document", how="anti")
    both = live.join(files, on="document", suffix="_of_file")
    accepted = live.filter(pl.col("status") == Status.ACCEPTED.value)
    measured = taken(lake, TEXTS, _measured, [Path(__file__), Path(pages.__file__)], kept)
    texts = accepted.join(measured, on="text_hash", how="left", maintain_order="left")
    readable = live.join(files.filter(pl.col("problem").is_null()), on="document", how="semi")
    bad = readable.filter(_is_bad())
    again, texts_again = REBUILD.format(DOCUMENTS.name), REBUILD.format(TEXTS.name)
    return result(
        {"documents": live.height, "accepted": accepted.height, "bad": bad.height, "bad_share": _share(bad, readable)},
        (
            found("rows have a status that does not exist.", unknown["document"], again),
            found("files are not in the ledger.", missing["document"], again),
            found("documents are in the ledger as present and in no source.", gone["document"], again),
            found("documents are of another version than their file.", _differing(both, "version"), again),
            found("documents are for other groups than their file says.", _differing(both, "audience"), again),
            found("accepted documents have no text.", _where(texts, ~pl.col("says_something")), texts_again),
            found("texts are not what their hash says.", _where(texts, ~pl.col("is_sound")), texts_again),
            found("documents have another length than their text.", _where(texts, _WRONG_LENGTH), again),
            _too_many(bad, readable, settings.max_bad_share, "failed or were quarantined", "max_bad_share"),
        ),
    )


def check_quarantined_documents(lake: Lake, report: Path) -> CheckResult:
    """Check that every unusable document has a reason, and that the report is the ledger's."""
    rows = unusable(lake)
    unexplained = rows.filter(pl.col("reason").fill_null("").str.strip_chars() == "")
    written = report.read_text() if report.is_file() else ""
    differs = Problem(
        f"{report.name} does not say what the ledger says.", (), "Materialise 'quarantined_documents' again."
    )
    return result(
        {"unusable": rows.height},
        (
            found(
                "documents cannot be used and nothing says why.",
                unexplained["document"],
                REBUILD.format(DOCUMENTS.name),
            ),
            None if written == render(rows) else differs,
        ),
    )


def _outcomes(parsed: pl.DataFrame) -> pl.DataFrame:
    return parsed.select("parse_key", "outcome", "reason", has_text=pl.col("text").is_not_null())


def _measured(texts: pl.DataFrame) -> pl.DataFrame:
    """Return for each stored text whether it says something, whether it is what its hash says, and its length."""
    hashes = [_hash(pages, text) for pages, text in texts.select("pages", "text").iter_rows()]
    return texts.select(
        "text_hash",
        says_something=pl.col("text").fill_null("").str.contains(r"\S"),
        is_sound=pl.col("text_hash") == pl.Series(hashes, dtype=pl.String),
        length=pl.col("text").str.len_chars().cast(pl.Int64),
    )


def _hash(pages: Iterable[Mapping[str, int]] | None, text: str | None) -> str:
    return paged_text_hash(text or "", ((page["page"], page["start"]) for page in pages or ()))


def _where(rows: pl.DataFrame, broken: pl.Expr) -> pl.Series:
    """Return the documents of which something is true or unknown."""
    return rows.filter(broken.fill_null(value=True))["document"]


def _differing(both: pl.DataFrame, column: str) -> pl.Series:
    mine, theirs = pl.col(column), pl.col(f"{column}_of_file")
    if both.schema[column] == pl.List(pl.String):
        mine, theirs = (each.list.sort().list.join("\n") for each in (mine, theirs))
    return both.filter(mine.ne_missing(theirs))["document"]


def _is_bad() -> pl.Expr:
    """Whether something is wrong with a document: copies, and what people decided, are no sign of anything broken."""
    one = pl.element().struct
    wrong = (one.field("severity") == Severity.ERROR.value) & (one.field("rule") != "duplicate")
    found_wrong = pl.col("findings").list.eval(wrong).list.any()
    failed = pl.col("status") == Status.FAILED.value
    return failed | ((pl.col("status") == Status.QUARANTINED.value) & found_wrong.fill_null(value=False))


def _share(some: pl.DataFrame, of: pl.DataFrame) -> float:
    return round(some.height / of.height, 4) if of.height else 0.0


def _too_many(bad: pl.DataFrame, of: pl.DataFrame, most: float, what: str, setting: str) -> Problem | None:
    """So many bad documents at once mean a broken parser, disk or setting rather than bad documents."""
    if of.height < _FEW_DOCUMENTS or _share(bad, of) <= most:
        return None
    reasons = bad.group_by("reason").len().sort("len", descending=True).head(_EXAMPLES)
    examples = tuple(f"{number:,} times: {reason}" for reason, number in reasons.iter_rows())
    return Problem(
        f"{bad.height:,} of {of.height:,} readable documents {what}, over the limit of {most:.0%}.",
        examples,
        "Read the most frequent reason below and remove its cause, then run all assets. If the documents really are "
        f"so, raise '{setting}' in gristmill.toml.",
    )
