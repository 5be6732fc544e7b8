"""Answers and what was said of them are copied to the lake, once, and go with what they were copied from."""

from __future__ import annotations

import polars as pl
from sqlalchemy import delete

from gristmill.corpus.report import Silent, StageReport
from gristmill.learning.interactions import check_interactions, export_interactions
from gristmill.storage.records import FeedbackRow, ReceiptRow
from gristmill.storage.tables import INTERACTIONS
from tests.service.mills import FACT, Mill


def export(mill: Mill) -> StageReport:
    return export_interactions(mill.workspace.database, mill.workspace.lake, Silent())


def test_answers_are_copied_with_their_feedback_and_only_what_changed(mill: Mill) -> None:
    receipts = [mill.ask("ann")["receipt"] for _ in range(2)]
    mill.post("ann", "/api/feedback", {"receipt": receipts[0], "rating": "down", "reason": "outdated"})
    first = export(mill)
    assert (first.numbers["copied"], first.numbers["rated"]) == (2, 1)
    version = mill.workspace.lake.version(INTERACTIONS)
    assert export(mill).numbers["copied"] == 0
    assert mill.workspace.lake.version(INTERACTIONS) == version
    mill.post("ann", "/api/feedback", {"receipt": receipts[1], "rating": "up"})
    assert export(mill).numbers["copied"] == 1
    rows = {row["receipt"]: row for row in mill.workspace.lake.read(INTERACTIONS).iter_rows(named=True)}
    assert rows.keys() == set(receipts)
    row = rows[receipts[0]]
    assert (row["asker"], row["refused"], row["citations"][0]["document"]) == ("ann", False, "leave.md")
    assert FACT in row["answer"]
    assert [(f["rating"], f["reason"]) for f in row["feedback"]] == [("down", "outdated")]
    assert [f["rating"] for f in rows[receipts[1]]["feedback"]] == ["up"]


def test_an_answer_that_was_erased_goes_from_the_lake(mill: Mill) -> None:
    erased, kept = (mill.ask("ann")["receipt"] for _ in range(2))
    mill.post("ann", "/api/feedback", {"receipt": erased, "rating": "up"})
    export(mill)
    with mill.workspace.database.session() as session:
        session.execute(delete(FeedbackRow).where(FeedbackRow.receipt == erased))
        session.execute(delete(ReceiptRow).where(ReceiptRow.receipt == erased))
    assert export(mill).numbers["removed"] == 1
    assert mill.workspace.lake.read(INTERACTIONS)["receipt"].to_list() == [kept]


def test_an_answer_that_was_not_copied_and_a_row_without_one_are_found(mill: Mill) -> None:
    mill.ask("ann")
    checked = [check_interactions(mill.workspace.database, mill.workspace.lake)]
    export(mill)
    checked.append(check_interactions(mill.workspace.database, mill.workspace.lake))
    rows = mill.workspace.lake.read(INTERACTIONS)
    mill.workspace.lake.append(INTERACTIONS, rows.with_columns(receipt=pl.lit("made-up"), question=pl.lit("")))
    checked.append(check_interactions(mill.workspace.database, mill.workspace.lake))
    assert [len(each.problems) for each in checked] == [1, 0, 2]
