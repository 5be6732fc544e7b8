"""Failed documents are tried again later and later, a few times, and only when that may help."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from gristmill.corpus.failures import check_no_documents_left_failed
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse import parse_documents
from gristmill.corpus.quality import Severity
from gristmill.corpus.report import Silent
from gristmill.corpus.retries import LONGEST_WAIT, next_try, retry_is_due
from gristmill.mill import source_files
from gristmill.settings import ParserSettings
from gristmill.storage.tables import PARSED
from gristmill.workspace import Workspace
from tests.workspaces import grind, workspace_at, write

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SETTINGS = ParserSettings(attempts=3, retry_after_seconds=60)


def rows(outcome: str, attempts: int, tried: datetime | None = NOON) -> pl.DataFrame:
    schema = {name: PARSED.schema[name] for name in ("outcome", "attempts", "tried")}
    return pl.DataFrame([{"outcome": outcome, "attempts": attempts, "tried": tried}], schema=schema)


def due(frame: pl.DataFrame, after: timedelta) -> bool:
    return bool(frame.select(retry_is_due(SETTINGS, NOON + after)).item())


def test_the_wait_doubles_and_ends_at_a_day() -> None:
    patient = ParserSettings(attempts=40, retry_after_seconds=60)
    waits = [rows("timed out", n).select(next_try(patient) - NOON).item() for n in (1, 2, 3, 30)]
    assert waits == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4), LONGEST_WAIT]


def test_what_may_pass_is_due_after_its_wait_and_not_before() -> None:
    assert not due(rows("crashed", 2), timedelta(seconds=119))
    assert due(rows("crashed", 2), timedelta(seconds=120))


def test_what_was_tried_nobody_knows_when_is_due_at_once() -> None:
    assert due(rows("timed out", 1, None), timedelta(0))


def test_what_was_tried_often_enough_is_never_due() -> None:
    assert not due(rows("timed out", 3), timedelta(days=999))


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if not outcome.may_pass])
def test_what_cannot_pass_is_never_due(outcome: Outcome) -> None:
    assert not due(rows(outcome.value, 1), timedelta(days=999))


class Tries:
    """A document that always times out, parsed by a clock of its own."""

    def __init__(self, tmp_path: Path) -> None:
        folder = write(tmp_path / "documents", {"a.txt": "x", "cut.pdf": b"%PDF-1.7\n%broken"})
        settings = {"workers": 1, "seconds": 1e-6, "attempts": 3, "retry_after_seconds": 60}
        self.workspace: Workspace = workspace_at(tmp_path / "home", folder, parser=settings)
        grind(self.workspace, (source_files,))
        self.at = NOON

    def parse(self, after: timedelta) -> None:
        self.at += after
        workspace = self.workspace
        parse_documents(workspace.lake, workspace.sources(), workspace.settings.parser, Silent(), lambda: self.at)

    @property
    def attempts(self) -> list[int]:
        return sorted(self.workspace.lake.read(PARSED, ["attempts"])["attempts"])


def test_a_document_is_tried_again_only_when_its_wait_is_over_and_then_given_up(tmp_path: Path) -> None:
    tries = Tries(tmp_path)
    seen = []
    for seconds in (0, 59, 1, 119, 1, 9_999):
        tries.parse(timedelta(seconds=seconds))
        seen.append(max(tries.attempts))
    assert seen == [1, 1, 2, 2, 3, 3]
    lake, settings = tries.workspace.lake, tries.workspace.settings.parser
    found = check_no_documents_left_failed(lake, settings, lambda: tries.at)
    assert found.numbers["given_up"] == 2
    [problem] = found.problems
    assert "2 documents were given up after 3 tries" in problem.message
    assert "documents retry" in problem.recovery


def test_the_check_warns_of_what_waits_and_leaves_alone_what_failed_for_good(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"a.txt": "x", "cut.pdf": b"%PDF-1.7\n%broken"})
    workspace = workspace_at(tmp_path / "home", folder)
    grind(workspace, (source_files,))
    parse_documents(workspace.lake, workspace.sources(), workspace.settings.parser, Silent(), lambda: NOON)
    settings = workspace.settings.parser
    assert check_no_documents_left_failed(workspace.lake, settings).passed
    assert check_no_documents_left_failed(workspace.lake, settings).numbers["failed_for_good"] == 1
    good = workspace.lake.read(PARSED, where=pl.col("outcome") == "parsed")
    workspace.lake.upsert(PARSED, good.with_columns(outcome=pl.lit("crashed"), text=pl.lit(None, pl.String)))
    found = check_no_documents_left_failed(workspace.lake, settings, lambda: NOON)
    assert found.numbers["to_be_tried_again"] == 1
    assert found.numbers["due_now"] == 0
    [problem] = found.problems
    assert problem.severity is Severity.WARN
    assert not found.blocks
    assert "a.txt: crashed, tried 1 times, again from 2026-11-25 12:01 UTC" in problem.examples
