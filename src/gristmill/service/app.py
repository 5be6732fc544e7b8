"""The web application: its parts put together, and what happens when it starts and stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from fastapi.routing import APIRoute

from gristmill import __version__
from gristmill.service import api, health, problems
from gristmill.service.headers import SecurityHeaders
from gristmill.service.state import Service
from gristmill.workspace import Workspace

_DESCRIPTION = "Answers with citations, from the documents that the asker may see."


def create_app(workspace: Workspace | None = None) -> FastAPI:
    """Return the application over an installation: the one that the settings describe when none is given."""
    service = Service.over(workspace or Workspace())
    app = FastAPI(
        title="Gristmill",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=_lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=_operation,
    )
    app.state.service = service
    problems.install(app)
    app.include_router(health.router)
    app.include_router(api.router)
    app.add_middleware(SecurityHeaders, https=service.settings.https)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    # The first look loads the models; until it is done the service is alive and not ready.
    watching = asyncio.create_task(service.current.watch(service.settings.look_every_seconds))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await asyncio.to_thread(service.turns.stop)


def _operation(route: APIRoute) -> str:
    return route.name
