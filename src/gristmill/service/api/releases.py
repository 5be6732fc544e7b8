"""The releases: which one answers, which there were, and how the gate decided on each."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gristmill.service.auth import Asking
from gristmill.service.state import TheService

router = APIRouter(tags=["releases"])


class DecisionOut(BaseModel):
    """What the gate, or a person, decided on a release."""

    at: datetime
    outcome: str
    scope: str
    reason: str
    who: str


class ReleaseOut(BaseModel):
    """A release: everything that can change an answer."""

    release: str
    at: datetime
    kind: str
    state: str = Field(description="In force, was in force, rolled back, the last outcome of the gate, or not decided.")
    serving: bool = Field(description="This process answers from it.")
    decisions: list[DecisionOut]
    manifest: dict[str, Any]


class Releases(BaseModel):
    """Releases, newest first."""

    releases: list[ReleaseOut]


@router.get("/releases")
def releases(service: TheService, person: Asking) -> Releases:
    """Return the releases of this installation, newest first, which one answers, and how each was decided."""
    registry, serving = service.workspace.registry, service.current.name
    decided: dict[str, list[DecisionOut]] = {}
    for row in registry.decisions():
        told = DecisionOut(at=_utc(row.at), outcome=row.outcome, scope=row.scope, reason=row.reason, who=row.who)
        decided.setdefault(row.candidate, []).append(told)
    return Releases(
        releases=[
            ReleaseOut(
                release=one.release, at=_utc(one.at), kind=str(one.kind), state=one.state,
                serving=one.release == serving, decisions=decided.get(one.release, []),
                manifest=asdict(registry.get(one.release)),
            )
            for one in registry.listed()
        ]
    )  # fmt: skip


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
