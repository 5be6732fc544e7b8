"""What the doctor finds: nothing in a healthy home, and each illness by its name and with a remedy."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from gristmill import doctor
from gristmill.doctor import Finding, Severity, examine
from gristmill.mill import STAGES
from gristmill.workspace import Workspace
from tests.workspaces import grind


def found(workspace: Workspace, name: str) -> Finding:
    return next(finding for finding in examine(workspace) if finding.name == name)


def test_a_healthy_home_has_no_error_and_every_warning_has_a_remedy(workspace: Workspace) -> None:
    grind(workspace, STAGES)
    findings = examine(workspace)
    assert not [finding for finding in findings if finding.severity is Severity.ERROR]
    assert all(finding.remedy for finding in findings if finding.severity is not Severity.OK)
    assert "3 accepted" in found(workspace, "documents").message


def test_a_home_without_an_index_is_told_with_its_remedy(workspace: Workspace) -> None:
    told = found(workspace, "index")
    assert told.severity is Severity.ERROR
    assert "gristmill ingest" in told.remedy


def test_a_damaged_index_is_an_error(workspace: Workspace) -> None:
    grind(workspace, STAGES)
    folder = workspace.index_store.current_folder()
    assert folder is not None
    (folder / "vectors.npy").write_bytes(b"not a matrix")
    told = found(workspace, "index")
    assert told.severity is Severity.ERROR
    assert "vectors.npy" in told.message
    assert "index rebuild" in told.remedy


def test_an_unknown_variable_is_told_with_what_was_meant(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRISTMILL_HOEM", "/nowhere")
    told = found(workspace, "environment")
    assert told.severity is Severity.WARNING
    assert "GRISTMILL_HOME" in told.remedy


@pytest.mark.parametrize(
    ("forbidden", "writable", "compiled", "slow"),
    [
        (True, True, False, "PYTHONDONTWRITEBYTECODE"),
        (False, False, False, "cannot be written"),
        (True, False, True, ""),
        (False, True, False, ""),
    ],
)
def test_starts_are_slow_where_nothing_compiled_is_kept(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *,
    forbidden: bool, writable: bool, compiled: bool, slow: str,
) -> None:  # fmt: skip
    spec = find_spec("dagster")
    assert spec is not None
    kept = tmp_path / "dagster" / "__pycache__" / "dagster.pyc"
    kept.parent.mkdir(parents=True)
    if compiled:
        kept.touch()
    spec.cached = str(kept)
    monkeypatch.setattr(doctor, "find_spec", lambda name: spec if name == "dagster" else find_spec(name))
    monkeypatch.setattr(sys, "dont_write_bytecode", forbidden)
    monkeypatch.setattr("os.access", lambda *_: writable)
    told = found(workspace, "starts")
    assert told.severity is (Severity.WARNING if slow else Severity.OK)
    assert slow in told.message
    assert bool(told.remedy) == bool(slow)
