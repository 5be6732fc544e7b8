"""Missing knowledge for curators: what people asked in vain. Documents are named as far as the curator may see them."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gristmill.missing import gaps_list
from gristmill.service.auth import Curating
from gristmill.service.sight import Sight
from gristmill.service.state import TheService

router = APIRouter(tags=["gaps"])


class GapOut(BaseModel):
    """A subject that the documents do not answer, or answer badly."""

    gap: str
    title: str = Field(description="A draft of the title of the document to write, or which two documents disagree.")
    weight: int = Field(description="Times asked, each person at most three times.")
    people: int
    why: dict[str, int] = Field(description="How often it was refused, unsupported, disliked.")
    questions: list[str]
    closest: list[str] = Field(description="The documents that came nearest.")
    disagree: list[str] = Field(description="Two documents that say different things.")
    last: datetime
    open: bool = Field(description="False when the gate's questions on it pass.")


class Gaps(BaseModel):
    """Gaps, those that most people met first."""

    gaps: list[GapOut]


@router.get("/gaps")
def gaps(service: TheService, person: Curating) -> Gaps:
    """Return what people asked in vain, for curators, as it was gathered last."""
    sight = Sight.of(person, service.current.index())
    shown = []
    for kept in gaps_list(service.workspace.home).read():
        named = {name: [d for d in kept[name] if sight.sees(d)] for name in ("closest", "disagree")}
        # A title names both documents that disagree, and questions tell what only some may know of.
        if len(named["disagree"]) < len(kept["disagree"]) or not set(kept["groups"]) <= set(person.groups):
            continue
        shown.append(GapOut.model_validate(kept | named))
    return Gaps(gaps=shown)
