from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gristmill.corpus.acceptance import accept_documents, title_of
from gristmill.corpus.headings import heading_of
from gristmill.corpus.ledger import accepted, counts
from gristmill.corpus.report import Silent
from gristmill.mill import parsed_documents, source_files
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS, EXAMINED, PARSED, TEXTS, Table
from gristmill.workspace import Workspace
from tests.workspaces import grind, source, workspace_at, write


class Ledger:
    """A workspace with a clock of its own, a day further at each run."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def run(self) -> None:
        grind(self.workspace, (source_files, parsed_documents))
        self.now += timedelta(days=1)
        workspace = self.workspace
        accept_documents(workspace.lake, workspace.settings, workspace.pseudonym_key, Silent(), lambda: self.now)

    def __getitem__(self, document: str) -> dict[str, Any]:
        return next(row for row in self.workspace.lake.read(DOCUMENTS).to_dicts() if row["document"] == document)


@pytest.fixture
def ledger(workspace: Workspace) -> Ledger:
    return Ledger(workspace)


def test_an_accepted_document_is_described_in_the_ledger(ledger: Ledger) -> None:
    ledger.run()
    row = ledger["mill.md"]
    assert (row["status"], row["reason"], row["title"]) == ("accepted", "", "The mill")
    assert row["characters"] == 76
    assert row["first_seen"] == row["changed"] == ledger.now


def test_an_unchanged_document_keeps_its_row(ledger: Ledger) -> None:
    ledger.run()
    before, version = ledger["mill.md"], ledger.workspace.lake.version(DOCUMENTS)
    ledger.run()
    assert ledger["mill.md"] == before
    assert ledger.workspace.lake.version(DOCUMENTS) == version


def test_an_edited_document_keeps_the_time_it_was_first_seen(ledger: Ledger, folder: Path) -> None:
    ledger.run()
    first = ledger.now
    write(folder, {"mill.md": "# The weir\n\nAnother text.\n"})
    ledger.run()
    row = ledger["mill.md"]
    assert (row["first_seen"], row["changed"], row["title"]) == (first, ledger.now, "The weir")


def test_a_deleted_document_is_removed_and_its_text_forgotten(ledger: Ledger, folder: Path) -> None:
    ledger.run()
    (folder / "mill.md").unlink()
    ledger.run()
    row = ledger["mill.md"]
    assert (row["status"], row["text_hash"]) == ("removed", None)
    assert row["reason"] == "It is no longer in its source."
    assert ledger.workspace.lake.read(TEXTS).height == 2


def test_a_removed_document_is_removed_once(ledger: Ledger, folder: Path) -> None:
    ledger.run()
    (folder / "mill.md").unlink()
    ledger.run()
    before = ledger["mill.md"]
    ledger.run()
    assert ledger["mill.md"] == before


def test_a_document_that_comes_back_is_accepted_again_and_was_first_seen_then(ledger: Ledger, folder: Path) -> None:
    ledger.run()
    first, text = ledger.now, (folder / "mill.md").read_text()
    (folder / "mill.md").unlink()
    ledger.run()
    write(folder, {"mill.md": text})
    ledger.run()
    row = ledger["mill.md"]
    assert (row["status"], row["reason"], row["first_seen"]) == ("accepted", "", first)
    assert row["text_hash"] in set(ledger.workspace.lake.read(TEXTS)["text_hash"])


def test_a_document_that_is_emptied_is_no_longer_accepted(ledger: Ledger, folder: Path) -> None:
    ledger.run()
    write(folder, {"mill.md": ""})
    ledger.run()
    assert ledger["mill.md"]["status"] == "quarantined"
    assert "mill.md" not in set(accepted(ledger.workspace.lake)["document"])


def test_two_documents_with_one_text_share_it_until_the_last_is_gone(ledger: Ledger, folder: Path) -> None:
    write(folder, {"copy.md": (folder / "mill.md").read_text()})
    ledger.run()
    assert ledger.workspace.lake.read(TEXTS).height == 3
    (folder / "copy.md").unlink()
    ledger.run()
    assert ledger.workspace.lake.read(TEXTS).height == 3
    (folder / "mill.md").unlink()
    ledger.run()
    assert ledger.workspace.lake.read(TEXTS).height == 2


def test_an_accepted_document_may_carry_a_note(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"letter.docx": b"{\\rtf1\\ansi Thirty days of leave.}"})
    ledger = Ledger(workspace_at(tmp_path / "home", folder))
    ledger.run()
    assert ledger["letter.docx"]["status"] == "accepted"
    assert ledger["letter.docx"]["reason"] == "Its ending says .docx, its content is .rtf."


def test_a_document_for_nobody_is_accepted_with_an_empty_audience(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"a.md": "text"})
    ledger = Ledger(workspace_at(tmp_path / "home", source(folder, audience=({"pattern": "**", "groups": ()},))))
    ledger.run()
    assert ledger["a.md"]["audience"] == []


def test_every_status_is_counted_even_when_no_document_has_it(ledger: Ledger) -> None:
    assert counts(ledger.workspace.lake) == {"accepted": 0, "quarantined": 0, "failed": 0, "removed": 0}
    ledger.run()
    assert counts(ledger.workspace.lake) == {"accepted": 3, "quarantined": 0, "failed": 0, "removed": 0}


@pytest.mark.parametrize(
    ("document", "stated", "text", "title"),
    [
        ("a/b.md", "Stated  *title*", "# Heading", "Stated title"),
        ("a/b.md", "", "intro\n## The `heading` ##\n", "The heading"),
        ("a.md", "", "### Navigation\n\n- index\n\n# Bearings\n", "Bearings"),
        ("a.md", "", "## Install\n\n```\n# a comment\n```\n", "Install"),
        ("a.md", "", "---\nauthor: N. N.\n---\n\n# Bearings\n", "Bearings"),
        ("a.rst", "", ".. _label:\n\n****\nOil\n****\n\nUse it.\n\nMore\n====\n", "Oil"),
        ("a.rst", "", ":mod:`oil` --- For pumps\n=======================\n", "oil --- For pumps"),
        ("a/torque_of-bolts.pdf", None, "no heading", "torque of bolts"),
        ("a/torque_of-bolts.txt", None, "Torque of bolts, in newton metres, by size\n---\n", "torque of bolts"),
        ("a/torque.pdf", " ", None, "torque"),
        ("a.md", "x" * 500, "", "x" * 200),
    ],
)
def test_a_title_is_the_stated_one_or_the_first_heading_or_the_files_name(
    document: str, stated: str | None, text: str | None, title: str
) -> None:
    assert title_of(document, stated, heading_of(text or "")) == title


@pytest.mark.parametrize("others", ["# Tools", "Oil"], ids=["other words", "the same words"])
def test_a_changed_heading_is_compared_anew(ledger: Ledger, folder: Path, others: str) -> None:
    """Where the words stay, the content does; what its heading made of it has to follow all the same."""
    words = " ".join(f"word{number}" for number in range(60))
    more = " ".join(f"more{number}" for number in range(600))
    write(folder, {"page.md": f"# Oil\n\n{words} {more}"})
    for heading, is_near in ((others, False), ("# Oil", True), (others, False)):
        write(folder, {"list.md": f"{heading}\n\n{words}"})
        ledger.run()
        rules = {finding["rule"] for finding in ledger["list.md"]["findings"]}
        assert ("near_duplicate" in rules) is is_near


def test_more_batches_do_not_read_a_table_of_texts_more_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = {f"{n}.md": f"# Part {n}\n\nThe wheel number {n} turns.\n" for n in range(7)}
    looks: Counter[str] = Counter()
    for name in ("read", "batches"):
        real = getattr(Lake, name)

        def counted(lake: Lake, table: Table, *rest: Any, real: Any = real, **more: Any) -> Any:
            looks[table.name] += 1
            return real(lake, table, *rest, **more)

        monkeypatch.setattr(Lake, name, counted)

    def counts_of(home: str, at_once: int) -> dict[str, int]:
        looks.clear()
        for place in (
            "corpus.examining._BATCH_DOCUMENTS",
            "corpus.acceptance._BATCH_TEXTS",
            "search.chunking._BATCH_TEXTS",
        ):
            monkeypatch.setattr(f"gristmill.{place}", at_once)
        workspace = workspace_at(tmp_path / home, write(tmp_path / f"{home}-documents", files))
        grind(workspace)
        assert workspace.lake.version(EXAMINED) >= 7 // at_once - 1
        return {table.name: looks[table.name] for table in (PARSED, EXAMINED, TEXTS)}

    assert counts_of("one", 1) == counts_of("all", 100)
