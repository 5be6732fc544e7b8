"""Releases of a small home, end to end: documents by the fast lane, settings by the gate, and back again."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gristmill.asking import Answerer, in_force, pending
from gristmill.cli.app import app
from gristmill.errors import GateError
from gristmill.evaluation.questions import Split
from gristmill.evaluation.ruling import Outcome
from gristmill.identity import Asker
from gristmill.mill import Run, grind
from gristmill.models.generators import Generated
from gristmill.release.decisions import How
from gristmill.releasing import evaluate, follow_up, gate, promote, rollback
from gristmill.settings import AnsweringSettings, EvaluationSettings, SearchSettings
from gristmill.workspace import Workspace
from tests.workspaces import workspace_at, write

COLOURS = ("amber", "blue", "crimson", "drab", "ebony", "fawn", "green", "hazel", "ivory", "jade", "khaki", "lilac")
PLACES = ("attic", "barn", "cellar", "dairy", "engine", "forge", "granary", "hall", "ice", "joinery", "kiln", "loft")


@dataclass
class Mute:
    """A generator that writes nothing and counts how often it was asked."""

    asked: int = 0
    fingerprint: str = "mute"
    says: str = ""
    seen: list[str] = field(default_factory=list)

    def generate(self, prompt: str) -> Generated:
        self.asked += 1
        return Generated(self.says, 7, 1)


@dataclass
class Home:
    """A home over twelve documents with a question about each, whose settings can change."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "documents"

    def workspace(self, **settings: Any) -> Workspace:
        fields: dict[str, Any] = {
            "answering": AnsweringSettings(answerable=0.02, quotes=1),
            "search": SearchSettings(bridge=False, passages=3),
            "evaluation": EvaluationSettings(questions=Path("questions.jsonl"), bootstrap=300),
        }
        made = workspace_at(self.root / "home", self.folder, **(fields | settings))
        made.generator = Mute()
        return made

    def ingest(self) -> list[str]:
        """Ingest and return what happened to releases."""
        workspace = self.workspace()
        reports = list(grind(Run(workspace, workspace.sources())))
        return [change.what for change in reports[-1].changes]


def sentence(colour: str, place: str) -> str:
    return f"The {place} door is painted {colour} each spring."


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ingest once for all tests."""
    root = tmp_path_factory.mktemp("releasing")
    texts: dict[str, str | bytes] = {
        f"{p}.md": f"# The {p}\n\n{sentence(c, p)}\n" for c, p in zip(COLOURS, PLACES, strict=True)
    }
    write(root / "documents", texts)
    questions = [
        {
            "id": place, "question": f"Which colour is the {place} door painted?", "answer": colour, "kind": "fact",
            "evidence": [{"document": f"{place}.md", "quote": sentence(colour, place)}], "split": "gate",
        }
        for colour, place in zip(COLOURS, PLACES, strict=True)
    ]  # fmt: skip
    write(root, {"questions.jsonl": "\n".join(json.dumps(q) for q in questions)})
    assert Home(root).ingest() == ["the first release"]
    return root


@pytest.fixture
def home(ingested: Path, tmp_path: Path) -> Home:
    """A copy of the ingested home."""
    shutil.copytree(ingested, tmp_path / "copy")
    return Home(tmp_path / "copy")


def ask(workspace: Workspace, place: str) -> str:
    return Answerer(workspace).ask(f"Which colour is the {place} door painted?", Asker()).text


def test_a_new_document_answers_right_after_ingest_and_no_more_when_it_is_withdrawn(home: Home) -> None:
    first = in_force(home.workspace())
    write(home.folder, {"mint.md": "# The mint\n\nThe mint door is painted navy each spring.\n"})
    assert home.ingest() == ["in force"]
    workspace = home.workspace()
    second = in_force(workspace)
    assert second != first
    assert workspace.registry.moves()[-1].how is How.FAST_LANE
    assert "navy" in ask(workspace, "mint")
    # The full evaluation finds nothing against it, once.
    made = follow_up(workspace)
    assert made is not None
    assert made.verdict.outcome is not Outcome.REJECT
    assert follow_up(workspace) is None
    assert in_force(workspace) == second
    # Going back to a release never brings back what was withdrawn since.
    (home.folder / "mint.md").unlink()
    home.ingest()
    workspace = home.workspace()
    rollback(workspace, who="eva", reason="back", to=second)
    given = Answerer(workspace).ask("Which colour is the mint door painted?", Asker())
    assert "navy" not in given.text
    assert all(passage.document != "mint.md" for passage in given.passages)


def test_an_unchanged_folder_moves_nothing(home: Home) -> None:
    assert home.ingest() == []
    assert len(home.workspace().registry.moves()) == 1


def test_documents_that_push_the_evidence_out_are_held_back(home: Home) -> None:
    first = in_force(home.workspace())
    copies: dict[str, str | bytes] = {
        f"flood-{at}-{place}.md": f"# {place}\n\nWhich colour is the {place} door painted? Colour {at} door.\n"
        for at in range(4)
        for place in PLACES
    }
    write(home.folder, copies)
    assert home.ingest() == ["held back"]
    workspace = home.workspace()
    assert in_force(workspace) == first
    assert "push the evidence out" in workspace.registry.decisions()[-1].reason
    assert "amber" in ask(workspace, "attic")


def test_a_bad_release_of_documents_is_rolled_back_by_the_full_evaluation(home: Home) -> None:
    first = in_force(home.workspace())
    write(
        home.folder,
        {f"lie-{p}.md": f"# The {p}\n\nWhich colour is the {p} door painted? It is pink.\n" for p in PLACES},
    )
    assert home.ingest() == ["in force"]
    workspace = home.workspace()
    assert in_force(workspace) != first
    made = follow_up(workspace)
    assert made is not None
    assert made.verdict.outcome is Outcome.REJECT
    assert in_force(workspace) == first
    # The same documents do not come back by themselves.
    assert home.ingest() == ["held back"]
    assert in_force(home.workspace()) == first


def test_a_changed_setting_changes_no_answer_before_the_gate(home: Home) -> None:
    before = in_force(home.workspace())
    changed = home.workspace(search=SearchSettings(bridge=False, passages=1))
    assert in_force(changed) == before
    assert Answerer(changed).release.search_settings.passages == 3
    candidate = pending(changed)
    assert candidate is not None
    with pytest.raises(GateError, match="Nothing was decided"):
        promote(changed, candidate, who="eva")


def test_a_candidate_known_to_be_worse_is_rejected(home: Home) -> None:
    canary = home.workspace(answering=AnsweringSettings(answerable=1.0, perhaps=1.0))
    made = gate(canary)
    assert made.verdict.outcome is Outcome.REJECT
    assert made.verdict.pairs.lost >= 5
    with pytest.raises(GateError, match="reject"):
        promote(canary, made.candidate.release, who="eva")


def test_overruling_the_gate_needs_a_reason_and_is_recorded(home: Home) -> None:
    changed = home.workspace(search=SearchSettings(bridge=False, passages=2))
    candidate = pending(changed)
    assert candidate is not None
    promote(changed, candidate, who="eva", anyway="the board asked for it")
    assert in_force(changed) == candidate
    assert Answerer(changed).release.search_settings.passages == 2
    assert changed.registry.moves()[-1].reason == "the board asked for it"
    rollback(changed, who="eva", reason="it was a bad idea")
    assert Answerer(changed).release.search_settings.passages == 3


def test_the_same_candidate_spends_its_try_once(home: Home) -> None:
    one = home.workspace(answering=AnsweringSettings(answerable=0.021, quotes=1))
    assert gate(one).verdict.tries == 1
    assert gate(one).verdict.tries == 1
    other = home.workspace(answering=AnsweringSettings(answerable=0.022, quotes=1))
    assert gate(other).verdict.tries == 2


def test_an_evaluation_is_not_made_twice_and_goes_on_where_it_was_stopped(home: Home) -> None:
    class Stop:
        def __init__(self, after: int) -> None:
            self.left = after

        def start(self, stage: str, total: int) -> None:
            self.total = total

        def advance(self, steps: int = 1) -> None:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(home.workspace(), progress=Stop(5))
    rest = Stop(100)
    found = evaluate(home.workspace(), progress=rest)
    assert rest.total == len(PLACES) - 5
    again = Stop(100)
    assert evaluate(home.workspace(), progress=again) == found
    assert again.total == 0
    assert found.split is Split.GATE
    assert found.summary.measures["right"].estimate > 0.7
    assert found.summary.safety == {"leak": 0, "injection": 0, "canary": 0}


def test_the_commands_tell_and_move_releases(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = home.workspace(search=SearchSettings(bridge=False, passages=2))
    monkeypatch.setattr("gristmill.cli.release.open_workspace", lambda: workspace)

    def run(*words: str, code: int = 0) -> dict[str, Any]:
        done = CliRunner().invoke(app, ["release", *words, "--json"])
        assert done.exit_code == code, done.output
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    listed = run("list")
    [candidate] = [each["release"] for each in listed["releases"] if each["state"] == "not decided"]
    assert run("show", candidate)["manifest"]["search"]["passages"] == 2
    assert run("diff", candidate)["differences"] == {"search.passages": [2, 3]}
    assert run("promote", candidate, code=1)["kind"] == "GateError"
    assert run("promote", candidate, "--anyway", "--reason", "to try it")["release"] == candidate
    assert run("rollback")["release"] == listed["in_force"]
