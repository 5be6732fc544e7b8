"""An encoder with a memory: offered with an index of its own, put in force and taken back without downtime."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from gristmill.asking import Answerer, in_force, pending
from gristmill.cli.app import app
from gristmill.encoder_stages import Outcome, encoder_tuning_stage, remember
from gristmill.errors import ModelError, SettingsError
from gristmill.evaluation.questions import Split
from gristmill.fingerprint import fingerprint
from gristmill.identity import Asker
from gristmill.learning.remembering import Choice
from gristmill.learning.tuned_models import check_encoder
from gristmill.mill import RELEASE_STAGES, STAGES, Run, grind
from gristmill.models.memory import MemoryEncoder
from gristmill.releasing import promote, rollback
from gristmill.search.embedding import vectors_of
from gristmill.search.index import open_current
from gristmill.storage.tables import CHUNKS, EMBEDDINGS, EMBEDDINGS_BESIDE
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.workspaces import grind as run_stages
from tests.workspaces import source, workspace_at, write

KINDS = ("mill", "weir", "wheel", "sluice", "kiln", "loft")
TUNING = {"least_passages": 8, "towards_neighbours": 1.0}


def document(number: int) -> str:
    kind = KINDS[number % len(KINDS)]
    return f"# The {kind} {number}\n\nThe {kind} number {number} is kept by day and by night, as every {kind} is.\n"


def strange(number: int) -> str:
    """Return a question whose words stand in no other: alike ones share a split."""
    letters = fingerprint("strange", number)
    return " ".join(letters[at : at + 5] for at in range(0, 30, 5))


def home_at(root: Path, encoder: FakeEncoder | None = None, **tuning: Any) -> Workspace:
    board = source(root / "documents", audience=({"pattern": "board/**", "groups": ("board",)},))
    return workspace_at(root / "home", board, encoder=encoder, encoder_tuning=TUNING | tuning)


def tuned(root: Path, **tuning: Any) -> Outcome:
    return encoder_tuning_stage(home_at(root, **tuning))


def ingest(root: Path, encoder: FakeEncoder | None = None) -> dict[str, Mapping[str, float]]:
    workspace = home_at(root, encoder)
    return {report.stage: report.numbers for report in grind(Run(workspace, workspace.sources()))}


def encoders_in(workspace: Workspace, table: Any) -> set[str]:
    return set(workspace.lake.read(table, ["encoder"])["encoder"])


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ingest once for all tests."""
    root = tmp_path_factory.mktemp("tuned")
    files: dict[str, str | bytes] = {f"{number}.md": document(number) for number in range(20)}
    write(root / "documents", files | {"board/plan.md": "# The plan\n\nThe mill is sold in the spring.\n"})
    ingest(root)
    return root


@pytest.fixture
def root(ingested: Path, tmp_path: Path) -> Path:
    """A home over twenty documents for everyone and one for the board."""
    shutil.copytree(ingested, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_tuned_encoder_is_a_candidate_and_changes_nothing(root: Path) -> None:
    workspace = home_at(root)
    before = (in_force(workspace), workspace.index_store.current(), encoders_in(workspace, EMBEDDINGS))
    outcome = tuned(root)
    workspace = home_at(root)
    assert before == (in_force(workspace), workspace.index_store.current(), encoders_in(workspace, EMBEDDINGS))
    assert not isinstance(workspace.encoder, MemoryEncoder)
    candidate = workspace.registry.get(outcome.model["candidate"])
    assert candidate.encoders != workspace.registry.current().encoders
    assert outcome.version == (before[1] or 0) + 1
    assert encoders_in(workspace, EMBEDDINGS_BESIDE) == {candidate.encoders[0]}
    assert not check_encoder(workspace.lake, workspace.home, 0.05).blocks


def test_both_releases_answer_from_their_own_index(root: Path) -> None:
    outcome = tuned(root)
    workspace = home_at(root)
    for name in (in_force(workspace), outcome.model["candidate"]):
        answerer = Answerer(workspace, workspace.registry.get(name))
        assert answerer.answer("Who keeps the weir number 1?", Asker()).passages


def test_tuned_again_it_is_the_same_and_nothing_is_built(root: Path) -> None:
    first, second = tuned(root), tuned(root)
    assert second.model["candidate"] == first.model["candidate"]
    assert second.version == first.version


def test_documents_for_a_few_are_not_remembered(root: Path) -> None:
    remembered = remember(home_at(root))
    assert len(remembered.memory.passages) == 20


def test_in_force_it_stays_and_no_text_is_encoded_again(root: Path) -> None:
    outcome = tuned(root)
    workspace = home_at(root)
    promote(workspace, outcome.model["candidate"], who="test", anyway="a test")
    workspace = home_at(root)
    assert isinstance(workspace.encoder, MemoryEncoder)
    assert pending(workspace) is None
    encoder = FakeEncoder()
    numbers = ingest(root, encoder)
    assert numbers["embeddings"]["embedded"] == 0
    assert numbers["search_index"]["published"] == 0
    assert encoder.encoded == []
    release = home_at(root).registry.current()
    assert encoders_in(workspace, EMBEDDINGS) == {release.encoders[0]}
    assert encoders_in(workspace, EMBEDDINGS_BESIDE) == {FakeEncoder().fingerprint}


def test_new_documents_take_the_fast_lane_with_it(root: Path) -> None:
    workspace = home_at(root)
    promote(workspace, tuned(root).model["candidate"], who="test", anyway="a test")
    before = in_force(home_at(root))
    write(root / "documents", {"new.md": "# The race\n\nThe race is dug out by Ada Holm.\n"})
    encoder = FakeEncoder()
    assert ingest(root, encoder)["embeddings"]["embedded"] == 1
    workspace = home_at(root)
    assert in_force(workspace) != before
    assert workspace.registry.current().encoder_settings.memory is not None
    assert "new.md" in {p.document for p in Answerer(workspace).answer("Who digs out the race?", Asker()).passages}


def test_back_again_the_old_vectors_are_there(root: Path) -> None:
    first = in_force(home_at(root))
    promote(home_at(root), tuned(root).model["candidate"], who="test", anyway="a test")
    ingest(root)
    rollback(home_at(root), who="test", reason="a test")
    workspace = home_at(root)
    assert in_force(workspace) == first
    assert not isinstance(workspace.encoder, MemoryEncoder)
    assert open_current(workspace.index_store).manifest.encoders == workspace.registry.current().encoders
    encoder = FakeEncoder()
    assert ingest(root, encoder)["embeddings"]["embedded"] == 0
    assert encoder.encoded == []
    assert in_force(home_at(root)) == first


def test_settings_beside_the_memory_are_heard(root: Path) -> None:
    promote(home_at(root), tuned(root).model["candidate"], who="test", anyway="a test")
    workspace = home_at(root)
    again = workspace.settings.encoder.model_copy(update={"revision": 1})
    other = Workspace(workspace.settings.model_copy(update={"encoder": again}))
    assert other.encoder_settings.revision == 1
    assert other.encoder_settings.memory == workspace.encoder_settings.memory
    assert other.encoder.fingerprint != workspace.encoder.fingerprint


def test_vectors_of_a_removed_document_lie_nowhere(root: Path) -> None:
    promote(home_at(root), tuned(root).model["candidate"], who="test", anyway="a test")
    ingest(root)
    (root / "documents" / "3.md").unlink()
    ingest(root)
    workspace = home_at(root)
    wanted = set(workspace.lake.read(CHUNKS, ["embedding_key"])["embedding_key"])
    for table in (EMBEDDINGS, EMBEDDINGS_BESIDE):
        assert set(workspace.lake.read(table, ["embedding_key"])["embedding_key"]) == wanted


def test_vectors_beside_are_those_of_the_encoder(root: Path) -> None:
    outcome = tuned(root)
    workspace = home_at(root)
    encoder = workspace.encoder_of(workspace.registry.get(outcome.model["candidate"]).encoder_settings)
    chunks = workspace.lake.read(CHUNKS, ["embedding_key", "context", "text"])
    rows = workspace.lake.read(EMBEDDINGS_BESIDE).join(chunks, on="embedding_key")
    stored = vectors_of(rows["vector"])
    made = encoder.encode(
        [f"{context}\n{text}" if context else text for context, text in rows.select("context", "text").iter_rows()]
    )
    assert stored == pytest.approx(made, abs=1e-5)


def test_a_memory_that_was_changed_is_told(root: Path) -> None:
    outcome = tuned(root)
    workspace = home_at(root)
    file = workspace.home / outcome.model["place"]
    file.write_bytes(file.read_bytes()[:-1] + b"\7")
    assert check_encoder(workspace.lake, workspace.home, 0.05).blocks
    with pytest.raises(ModelError, match="has SHA-256"):
        Answerer(workspace, workspace.registry.get(outcome.model["candidate"])).answer("Who keeps it?", Asker())


def test_a_question_like_a_confirmed_one_finds_its_answer(root: Path) -> None:
    lines = [
        f'{{"id": "q{n}", "question": "{strange(n)}", "answer": "day", "kind": "fact", '
        f'"groups": [], "language": "en", "answerable": true, '
        f'"evidence": [{{"document": "{n}.md", "quote": "number {n} is kept by day"}}]}}'
        for n in range(20)
    ]  # fmt: skip
    write(root, {"questions.jsonl": "\n".join(lines)})
    workspace = workspace_at(
        root / "home", root / "documents", encoder_tuning=TUNING | {"towards_neighbours": 0.0},
        evaluation={"questions": Path("questions.jsonl")},
    )  # fmt: skip
    run_stages(workspace, (*STAGES, *RELEASE_STAGES))
    outcome = encoder_tuning_stage(workspace)
    memory = outcome.remembered.memory
    assert len(memory.questions) > 5
    assert {row.split for row in _questions(workspace)} > {Split.TUNE}  # what decides is not remembered
    encoder = workspace.encoder_of(workspace.registry.get(outcome.model["candidate"]).encoder_settings)
    base = FakeEncoder()
    tune = [question.text for question in _questions(workspace) if question.split is Split.TUNE]
    asked = [f"please {tune[0]}"]
    near = memory.questions @ base.encode(asked)[0]
    answer = memory.answers[int(near.argmax())]
    assert float(encoder.encode(asked)[0] @ answer) > float(base.encode(asked)[0] @ answer) + 0.1


def test_a_stated_pull_that_finds_answers_later_fails_the_check(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worse = Choice(1.0, "the settings say so", {0.0: 0.6, 1.0: 0.4})
    monkeypatch.setattr("gristmill.encoder_stages.stated", lambda *_: worse)
    tuned(root)
    workspace = home_at(root)
    assert check_encoder(workspace.lake, workspace.home, 0.05).blocks


def test_a_question_about_what_a_few_may_read_is_not_remembered(root: Path) -> None:
    public = [{"document": "1.md", "quote": "number 1 is kept by day"}]
    plan = {"document": "board/plan.md", "quote": "The mill is sold in the spring."}
    asked = [("open", public), ("close", [*public, plan])]
    lines = [
        {"id": name, "question": strange(n), "answer": "day", "kind": "fact", "groups": ["board"], "split": "tune",
         "evidence": evidence}
        for n, (name, evidence) in enumerate(asked)
    ]  # fmt: skip
    write(root, {"questions.jsonl": "\n".join(json.dumps(line) for line in lines)})
    settings = home_at(root).settings
    chosen = settings.evaluation.model_copy(update={"questions": root / "questions.jsonl"})
    workspace = Workspace(settings.model_copy(update={"evaluation": chosen}), encoder=FakeEncoder())
    run_stages(workspace, RELEASE_STAGES)
    assert len(_questions(workspace)) == 2
    assert len(remember(workspace).memory.questions) == 1


def _questions(workspace: Workspace) -> list[Any]:
    from gristmill.evaluation.question_set import read_set

    return read_set(workspace.lake)


def test_too_little_to_remember_is_said(root: Path) -> None:
    with pytest.raises(SettingsError, match="20 passages") as few:
        tuned(root, least_passages=500)
    assert "least_passages" in few.value.remedy
    with pytest.raises(SettingsError, match="nothing to tune") as nothing:
        tuned(root, towards_neighbours=0.0)
    assert "towards_neighbours" in nothing.value.remedy
    workspace = home_at(root)
    assert workspace.lake.read(EMBEDDINGS_BESIDE).is_empty()


def test_a_kill_between_the_two_tables_loses_and_doubles_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promote(home_at(root), tuned(root).model["candidate"], who="test", anyway="a test")
    workspace = home_at(root)
    delete = type(workspace.lake).delete

    def killed(lake: Any, table: Any, keys: pl.Series) -> int:
        if table is EMBEDDINGS_BESIDE:
            raise KeyboardInterrupt
        return delete(lake, table, keys)

    with monkeypatch.context() as patched:
        patched.setattr(type(workspace.lake), "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            ingest(root)
    numbers = ingest(root)
    assert numbers["embeddings"]["embedded"] == 0
    for table in (EMBEDDINGS, EMBEDDINGS_BESIDE):
        rows = workspace.lake.read(table, ["embedding"])["embedding"]
        assert (
            rows.n_unique() == len(rows) == workspace.lake.read(CHUNKS, ["embedding_key"])["embedding_key"].n_unique()
        )


def test_memories_that_no_release_needs_are_deleted(root: Path) -> None:
    first = tuned(root)
    promote(home_at(root), first.model["candidate"], who="test", anyway="a test")
    second, third = tuned(root, neighbours=2), tuned(root, neighbours=4)
    left = {str(file.relative_to(root / "home")) for file in (root / "home/models/encoders").iterdir()}
    assert left == {first.model["place"], third.model["place"]}
    assert second.model["place"] not in left


def test_the_command_says_what_it_did_and_what_comes_next(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gristmill.cli.tune.open_workspace", lambda: home_at(root))
    said = CliRunner().invoke(app, ["tune", "encoder", "--json"])
    assert said.exit_code == 0
    found = json.loads(said.stdout)
    assert (found["passages"], found["towards_neighbours"]) == (20, 1.0)
    assert found["model"]["candidate"].startswith("r-")
    said = CliRunner().invoke(app, ["tune", "encoder"])
    assert f"gristmill gate {found['model']['candidate']}" in said.stdout.replace("\n", " ")
    assert "the settings say so" in said.stdout
