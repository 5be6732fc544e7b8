"""Conflicts for curators: two documents that say the same with different figures. Both must be theirs to see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from gristmill.conflicting import kept_conflicts, settle
from gristmill.identity import Person
from gristmill.service.auth import Curating
from gristmill.service.problems import not_found
from gristmill.service.sight import Sight
from gristmill.service.state import Service, TheService

router = APIRouter(tags=["conflicts"])


class StatementOut(BaseModel):
    """What one of the two documents says, and where."""

    document: str
    start: int
    end: int
    text: str
    stated: datetime | None = Field(description="When the document says that it is from.")


class SettledOut(BaseModel):
    """Who said that it is no conflict, and why."""

    reason: str
    who: str
    at: datetime


class ConflictOut(BaseModel):
    """Two statements with different figures, the newer first where both documents say when they are from."""

    conflict: str
    differs: list[str] = Field(description="What the figures count.")
    statements: list[StatementOut]
    settled: SettledOut | None = Field(description="Null while it is open.")


class Conflicts(BaseModel):
    """Conflicts, likeliest first; those of the same two documents together."""

    conflicts: list[ConflictOut]


class Settle(BaseModel):
    """A word on a conflict."""

    settled: bool = Field(True, description="False takes it back: the conflict is open again.")
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")


@router.get("/conflicts")
def conflicts(service: TheService, person: Curating) -> Conflicts:
    """Return the conflicts as they were looked for last, for curators who may see both documents."""
    return Conflicts(conflicts=[ConflictOut.model_validate(one) for one in _seen(service, person)])


@router.post("/conflicts/{conflict}")
def settle_conflict(
    conflict: Annotated[str, Path(pattern=r"^[0-9a-f]{8,64}$")], word: Settle, service: TheService, person: Curating
) -> SettledOut:
    """Take a conflict off the list, or put it back. It comes back by itself when one of its statements changes."""
    if not any(one["conflict"] == conflict for one in _seen(service, person)):
        raise not_found("conflict")
    made = settle(service.workspace, conflict, word.reason, person.name, settled=word.settled)
    service.journal.note(
        person.name, "settled" if word.settled else "reopened", f"conflict {conflict}", reason=word.reason
    )
    return SettledOut.model_validate(made)


def _seen(service: Service, person: Person) -> list[dict[str, Any]]:
    sight = Sight.of(person, service.current.index())
    kept = kept_conflicts(service.workspace)
    return [one for one in kept if all(sight.sees(side["document"]) for side in one["statements"])]
