"""Whether the process lives, whether it can answer, and its numbers: what balancers and Prometheus ask."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from gristmill.service.auth import address_of, identify
from gristmill.service.metrics import exposition
from gristmill.service.problems import PROBLEMS
from gristmill.service.state import TheService
from gristmill.settings import is_loopback

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


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, 401: PROBLEMS[401]})
def metrics(request: Request, service: TheService) -> Response:
    """Return numbers for Prometheus: to this machine, and to whoever is signed in."""
    if not is_loopback(address_of(request)):
        identify(request, service)
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)
