"""The service's own API, below `/api`: a module each for what belongs together."""

from fastapi import APIRouter

from gristmill.service.api import (
    asking,
    conflicts,
    documents,
    feedback,
    gaps,
    people,
    prompts,
    receipts,
    releases,
    sessions,
)
from gristmill.service.problems import PROBLEMS

router = APIRouter(prefix="/api", responses=PROBLEMS)
for _part in (asking, sessions, receipts, feedback, documents, conflicts, gaps, releases, prompts, people):
    router.include_router(_part.router)

__all__ = ["router"]
