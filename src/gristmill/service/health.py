"""Whether the process lives, and whether it can answer: what a load balancer asks."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from gristmill.service.problems import PROBLEMS
from gristmill.service.state import TheService

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process lives."""

    status: str = "alive"


class Ready(BaseModel):
    """The service can answer."""

    status: str = "ready"
    release: str


@router.get("/healthz")
def healthz() -> Alive:
    """Say that the process lives."""
    return Alive()


@router.get("/readyz", responses={503: PROBLEMS[503]})
def readyz(service: TheService) -> Ready:
    """Say that a release is loaded and the database answers; 503 with the reason until then."""
    service.people.any()
    return Ready(release=service.current.take().tools.release)
