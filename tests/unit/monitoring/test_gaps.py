"""What people asked in vain is gathered by subject, weighted by people, and closed when the gate's questions pass."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gristmill.asking import in_force
from gristmill.evaluation.running import OutcomeCache
from gristmill.mill import STAGES
from gristmill.missing import check_gaps, gaps_list, gaps_stage, look_for_gaps
from gristmill.monitoring.gaps.titles import draft_title
from gristmill.storage.records import FeedbackRow, ReceiptDetailRow, ReceiptRow
from gristmill.workspace import Workspace
from tests.unit.evaluation.outcomes import outcome
from tests.workspaces import grind, workspace_at, write

PARKING = [f"{how} I renew a parking permit?" for how in ("How do", "How can", "Where do")]
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def opened(root: Path) -> Workspace:
    return workspace_at(root / "home", root / "documents", evaluation={"questions": root / "questions.csv"})


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ground")
    write(root / "documents", {"mill.md": "# The mill\n\nThe wheel turns by day.\n"})
    workspace = opened(root)
    grind(workspace, STAGES)
    in_force(workspace)
    return root


@pytest.fixture
def asked(ground: Path, tmp_path: Path) -> Workspace:
    """An installation where parking was asked in vain by two people, and the canteen was disputed."""
    shutil.copytree(ground, tmp_path, dirs_exist_ok=True)
    workspace = opened(tmp_path)
    for number in range(6):
        store(workspace, PARKING[number % 3], "ann", number)
    store(workspace, PARKING[0], "bob", 10)
    canteen: list[dict[str, object]] = [
        {"document": name, "chunk": "c", "start": 0, "end": 1, "quote": "q"} for name in ("old.md", "new.md")
    ]
    receipt = store(workspace, "When does the canteen open?", "cy", 11, refused=False, citations=canteen, disputed=True)
    with workspace.database.session() as session:
        session.add(FeedbackRow(
            feedback="f", receipt=receipt, person="cy", at=NOW, rating="down", reason="wrong", correction="",
        ))  # fmt: skip
    store(workspace, "When does the wheel turn?", "cy", 12, refused=False)
    return workspace


def store(
    workspace: Workspace, question: str, asker: str, at: int, *, refused: bool = True,
    citations: list[dict[str, object]] | None = None, disputed: bool = False, uncertain: bool = False,
) -> str:  # fmt: skip
    when = NOW + timedelta(minutes=at)
    with workspace.database.session() as session:
        session.add(ReceiptRow(
            receipt=f"r{at:02}", at=when, asker=asker, groups=["everyone"], question=question, answer="",
            refused=refused,
            release="r", citations=citations or [],
            passages=[{"chunk": "c", "document": "mill.md", "score": 0.2}],
            trace=[], latency_ms=1.0,
        ))  # fmt: skip
        session.add(
            ReceiptDetailRow(
                receipt=f"r{at:02}", at=when, cost=0.0, details={"disputed": disputed, "uncertain": uncertain}
            )
        )
    return f"r{at:02}"


def test_questions_on_one_subject_are_one_gap_and_who_asks_often_counts_three_times(asked: Workspace) -> None:
    parking, canteen = look_for_gaps(asked)
    assert (parking.weight, parking.people, parking.why) == (4, 2, {"refused": 7})
    assert parking.closest == ("mill.md",)
    assert "arking permit" in parking.title
    assert set(parking.questions) == set(PARKING)
    assert canteen.disagree == ("old.md", "new.md")
    assert canteen.title == "old.md and new.md disagree"
    assert canteen.why == {"disliked": 1}


def test_what_was_answered_without_certainty_is_a_gap_too(asked: Workspace) -> None:
    for number, person in enumerate(("dee", "eve")):
        store(asked, "Who oils the sluice?", person, 20 + number, refused=False, uncertain=True)
    [sluice] = [gap for gap in look_for_gaps(asked) if "sluice" in gap.title]
    assert sluice.why == {"not certain": 2}


def test_a_gap_closes_when_the_gates_question_on_it_passes(asked: Workspace, tmp_path: Path) -> None:
    write(tmp_path, {"questions.csv": f"id,question,answerable,answer\np1,{PARKING[0]},false,\n"})
    from gristmill.evaluation.question_set import update_questions

    update_questions(asked.lake, asked.settings)
    cache = OutcomeCache.of(asked.home, in_force(asked))
    assert look_for_gaps(asked)[0].open
    cache.add("1", outcome("p1", right=False))
    [parking] = [gap for gap in look_for_gaps(asked) if gap.weight == 4]
    assert (parking.open, parking.checked_by) == (True, ("p1",))
    cache.add("1", outcome("p1", right=True))
    [parking] = [gap for gap in look_for_gaps(asked) if gap.weight == 4]
    assert not parking.open


def test_the_stage_keeps_them_for_the_pages(asked: Workspace) -> None:
    report, contents = gaps_stage(asked)
    assert report.numbers["open"] == 2
    assert contents.rows == 2
    assert [gap["title"] for gap in gaps_list(asked.home).read()] == [gap.title for gap in look_for_gaps(asked)]
    assert check_gaps(asked).passed


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How do I renew a parking permit?", "Renew a parking permit"),
        ("hi! Can you tell me: what is the dress code", "Dress code"),
        ("who?", "Who"),
        ("Parking", "Parking"),
        (
            "What is the best " + "very " * 30 + "long thing?",
            "Best very very very very very very very very very very very very very …",
        ),
    ],
)
def test_a_question_becomes_a_title(question: str, title: str) -> None:
    assert draft_title(question) == title
