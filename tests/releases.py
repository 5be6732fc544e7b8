"""Releases in tests: put in force without the minutes that a measurement takes."""

from __future__ import annotations

from gristmill.evaluation.ruling import Outcome
from gristmill.release.decisions import Decision, Scope
from gristmill.workspace import Workspace


def put_in_force(workspace: Workspace, release: str) -> None:
    """Put a release in force, as if the gate had promoted it."""
    registry = workspace.registry
    registry.decide(Decision(release, registry.in_force(), Scope.FULL, Outcome.PROMOTE, "a test"))
    registry.promote(release, who="test")
