"""Another encoder or chunker is always noticed, and an index of another encoder never answers."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from gristmill.asking import Answerer, in_force
from gristmill.errors import SearchIndexError
from gristmill.mill import STAGES
from gristmill.monitoring.fingerprints import changed_models
from gristmill.watching import look_for_drift, model_changes, write_drift_report
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.workspaces import grind, workspace_at


@pytest.fixture
def ground(workspace: Workspace) -> Workspace:
    grind(workspace, STAGES)
    in_force(workspace)
    return workspace


def test_a_home_as_it_was_made_has_no_changed_models(ground: Workspace) -> None:
    assert model_changes(ground) == ()


def test_any_change_of_a_fingerprint_is_noticed(ground: Workspace) -> None:
    release, rng = ground.registry.current(), Random(7)
    for _ in range(100):
        parts = [*release.encoders, release.chunker]
        which = rng.randrange(len(parts))
        digit = rng.randrange(len(parts[which]))
        was = parts[which][digit]
        parts[which] = (
            parts[which][:digit] + rng.choice([c for c in "0123456789abcdef" if c != was]) + parts[which][digit + 1 :]
        )
        assert len(changed_models(release, parts[:-1], parts[-1])) == 1


def test_a_changed_encoder_is_told_with_what_to_do_and_does_not_answer_from_the_old_index(
    ground: Workspace, tmp_path: Path, folder: Path
) -> None:
    other = workspace_at(tmp_path / "home", folder, encoder=FakeEncoder("another"))
    changed = {each.what: each for each in model_changes(other)}
    assert {"encoder", "embeddings"} <= changed.keys()
    assert "gristmill ingest" in changed["encoder"].remedy
    mixed = other.candidate()
    with pytest.raises(SearchIndexError, match="made with another encoder"):
        other.models(mixed)
    with pytest.raises(SearchIndexError, match="made with another encoder"):
        Answerer(other, mixed)


def test_a_changed_chunker_is_told(ground: Workspace, tmp_path: Path, folder: Path) -> None:
    other = workspace_at(tmp_path / "home", folder, chunker={"tokens": 120})
    assert {each.what for each in model_changes(other)} == {"chunker", "chunks"}
    grind(other, STAGES)
    assert {each.what for each in model_changes(other)} == {"chunker"}  # until a release with it is in force


def test_the_report_of_a_small_home_says_that_there_is_too_little(ground: Workspace) -> None:
    report = look_for_drift(ground)
    assert {str(each.verdict.state) for each in report.monitors} == {"too few"}
    assert not report.moved
    page = write_drift_report(ground, report)
    assert "Too few documents to say" in page.read_text()
    assert page.with_suffix(".json").exists()
