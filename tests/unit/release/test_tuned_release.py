"""A tuned generator in force stays the generator, for as long as the settings name the model it was tuned from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gristmill.asking import in_force, pending
from gristmill.fingerprint import file_hash
from gristmill.mill import Run, grind
from gristmill.settings import GeneratorSettings
from gristmill.workspace import Workspace
from tests.releases import put_in_force
from tests.workspaces import workspace_at, write


def home_at(root: Path, base: bytes = b"base") -> Workspace:
    file = write(root, {"base.gguf": base}) / "base.gguf"
    generator = GeneratorSettings(name="base", path=file, sha256=file_hash(file))
    return workspace_at(root / "home", root / "documents", generator=generator)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A home where a tuned generator is in force."""
    write(tmp_path / "documents", {"mill.md": "# The mill\n\nThe wheel turns by day.\n"})
    workspace = home_at(tmp_path)
    list(grind(Run(workspace, workspace.sources())))
    tuned = write(workspace.home / "models", {"tuned.gguf": b"tuned"}) / "tuned.gguf"
    settings = GeneratorSettings(
        name="base-tuned",
        path=Path("models/tuned.gguf"),
        sha256=file_hash(tuned),
        base=file_hash(tmp_path / "base.gguf"),
    )
    generator = workspace.generator_of(settings)
    candidate = replace(
        workspace.candidate(), generator=generator.fingerprint, generator_settings=settings.model_dump(mode="json")
    )
    put_in_force(workspace, workspace.registry.keep(candidate))
    return tmp_path


def test_nothing_waits_for_the_gate_after_a_tuned_generator_came_into_force(root: Path) -> None:
    workspace = home_at(root)
    assert pending(workspace) is None
    assert workspace.registry.get(in_force(workspace)).generation.name == "base-tuned"


def test_new_documents_take_the_fast_lane_with_it(root: Path) -> None:
    before = in_force(home_at(root))
    write(root / "documents", {"weir.md": "# The weir\n\nThe weir is kept by Ada Holm.\n"})
    workspace = home_at(root)
    list(grind(Run(workspace, workspace.sources())))
    assert in_force(workspace) != before
    assert workspace.registry.get(in_force(workspace)).generation.name == "base-tuned"


def test_a_home_that_moved_finds_it(root: Path) -> None:
    shutil.move(root / "home", root / "moved" / "home")
    shutil.move(root / "base.gguf", root / "moved" / "base.gguf")
    workspace = home_at(root / "moved")
    weights = workspace.generator_of(workspace.generator_settings)
    weights.weights.verify()  # type: ignore[attr-defined]


def test_another_model_in_the_settings_is_a_candidate_again(root: Path) -> None:
    workspace = home_at(root, b"another base")
    assert workspace.candidate().generation.name == "base"
    assert pending(workspace) is not None
