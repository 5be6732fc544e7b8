"""Question files in both formats, and the set that the lake keeps of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gristmill.errors import SettingsError
from gristmill.evaluation.generating import generate
from gristmill.evaluation.grounding import Corpus
from gristmill.evaluation.question_set import read_set, update_questions
from gristmill.evaluation.questions import Split, read_questions, set_hash
from gristmill.settings import EvaluationSettings
from tests.workspaces import grind, workspace_at, write

ROW = {
    "id": "q1", "question": "How many days of leave are there?", "answer": "Thirty",
    "evidence": [{"document": "leave.txt", "quote": "Thirty days of leave each year."}], "split": "gate",
}  # fmt: skip


def lines(folder: Path, *rows: dict[str, Any] | str) -> Path:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    return write(folder, {"questions.jsonl": text}) / "questions.jsonl"


def test_a_line_of_json_and_a_row_of_csv_say_the_same(tmp_path: Path) -> None:
    table = "id,question,answer,document,quote,split,groups\n" + (
        "q1,How many days of leave are there?,Thirty,leave.txt,Thirty days of leave each year.,gate,hr;board\n"
    )
    csv = write(tmp_path, {"questions.csv": table}) / "questions.csv"
    assert read_questions(csv) == read_questions(lines(tmp_path, ROW | {"groups": ["hr", "board"]}))
    assert read_questions(csv)[0].groups == ("board", "everyone", "hr")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("not json", "1: not JSON"),
        ({"id": "q1"}, "'question' Field required"),
        (ROW | {"split": "exam"}, "'split' Input should be"),
        (ROW | {"evidence": []}, "has no evidence"),
        (ROW | {"groups": ["no spaces here"]}, "Group name"),
    ],
)
def test_a_bad_line_is_told_with_its_number(tmp_path: Path, row: dict[str, Any] | str, said: str) -> None:
    with pytest.raises(SettingsError, match=r"questions\.jsonl:1") as told:
        read_questions(lines(tmp_path, row))
    assert said in str(told.value)


def test_an_id_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="comes twice"):
        read_questions(lines(tmp_path, ROW, ROW))


def test_the_set_follows_the_documents_and_says_what_is_set_aside(tmp_path: Path, folder: Path) -> None:
    lines(tmp_path, ROW, ROW | {"id": "q2", "question": "Is there a canteen?", "answerable": False, "evidence": []})
    evaluation = EvaluationSettings(questions=Path("questions.jsonl"))
    workspace = workspace_at(tmp_path / "home", folder, evaluation=evaluation)
    grind(workspace)
    assert update_questions(workspace.lake, workspace.settings).numbers["gate"] == 2
    assert update_questions(workspace.lake, workspace.settings).numbers["changed"] == 0
    found = read_set(workspace.lake, Split.GATE)[0].evidence[0]
    assert (found.found, found.start) == ("verbatim", 0)

    (folder / "leave.txt").write_text("From now on: forty days of leave each year.\n")
    grind(workspace)
    report = update_questions(workspace.lake, workspace.settings)
    assert report.numbers["set_aside"] == 1
    assert "not in leave.txt any more" in report.changes[0].reason
    assert [q.id for q in read_set(workspace.lake, counting=True)] == ["q2"]

    (folder / "leave.txt").write_text("As of old: Thirty days of leave each year.\n")
    grind(workspace)
    assert update_questions(workspace.lake, workspace.settings).numbers["set_aside"] == 0


def test_the_hash_of_a_set_is_of_what_is_asked_not_of_its_order(tmp_path: Path) -> None:
    one = read_questions(lines(tmp_path, ROW, ROW | {"id": "q2", "question": "And how many hours?"}))
    assert set_hash(one) == set_hash(one[::-1])
    assert set_hash(one) != set_hash(one[:1])


def test_generated_questions_are_filtered_and_say_what_was_left_out() -> None:
    sheet = "# Heron {0}\n\n- Rated speed: {1} rpm\n- Mass: heron {0}\n- **Torque of the inlet flange:** {0} Nm\n"
    texts = {f"heron-{n}.md": sheet.format(n, 10 * n) for n in (40, 75)}
    texts["twice.md"] = "# Heron 40\n\n- Rated speed: 999 rpm\n"
    corpus = Corpus(texts, {name: ["everyone"] for name in texts})
    made = generate(corpus, 50, [])
    asked = {q.text: q.answer for q in made.questions}
    assert asked["Heron 75: what is the torque of the inlet flange?"] == "75 Nm"
    assert not any("Heron 40: what is the rated speed" in text for text in asked)
    assert made.removed["unanswerable: several places state it, so no one answer is right"] == 2
    assert made.removed["trivial: the question holds the answer"] == 2
    for question in made.questions:
        assert question.evidence[0].quote in texts[question.evidence[0].document]
    assert generate(corpus, 50, []) == made
    assert generate(corpus, 50, list(asked)).questions == ()
