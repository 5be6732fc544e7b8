"""The releases: which one answers, and which there were."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gristmill.service.auth import Asking
from gristmill.service.state import TheService

router = APIRouter(tags=["releases"])


class ReleaseOut(BaseModel):
    """A release: everything that can change an answer."""

    release: str
    at: datetime
    serving: bool = Field(description="This process answers from it.")
    manifest: dict[str, Any]


class Releases(BaseModel):
    """Releases, newest first."""

    releases: list[ReleaseOut]


@router.get("/releases")
def releases(service: TheService, person: Asking) -> Releases:
    """Return the releases of this installation, newest first, and which one answers."""
    serving = service.current.name
    found = [
        ReleaseOut(
            release=file.stem,
            at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
            serving=file.stem == serving,
            manifest=json.loads(file.read_text()),
        )
        for file in (service.workspace.home / "releases").glob("*.json")
    ]
    return Releases(releases=sorted(found, key=lambda release: release.at, reverse=True))
