"""The web application: its parts put together, and what happens when it starts and stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.trustedhost import TrustedHostMiddleware

from gristmill import __version__
from gristmill.service import api, health, metrics, openai_api, openid_pages, pages, problems
from gristmill.service.bodies import BodyLimit
from gristmill.service.dagster_ui import PREFIX, DagsterUI
from gristmill.service.headers import SecurityHeaders
from gristmill.service.openid import Provider
from gristmill.service.state import Service
from gristmill.service.tracing import OtlpTracer, Traced
from gristmill.storage.keyfile import key_at
from gristmill.workspace import Workspace

_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
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
    app.include_router(openai_api.router)
    if service.settings.oidc.issuer:
        app.state.provider = Provider(service.settings.oidc, key_at(service.workspace.home / "service.key"))
        app.include_router(openid_pages.router)
    app.include_router(pages.router)
    app.mount("/static", pages.STATIC, name="static")
    if service.settings.dagster:
        app.state.dagster = DagsterUI(service)
        app.mount(PREFIX, app.state.dagster, name="dagster")
    # The last one added is the first to see a request.
    app.add_middleware(problems.Unforeseen)
    app.add_middleware(BodyLimit, most=service.settings.limits.body_bytes)
    app.add_middleware(metrics.Measured)
    if isinstance(service.tracer, OtlpTracer):
        app.add_middleware(Traced, tracer=service.tracer)
    app.add_middleware(SecurityHeaders, https=service.settings.https)
    if service.settings.names:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*service.settings.names, *_THIS_MACHINE])
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    # The first look loads the models; until it is done the service is alive and not ready. One process of several takes
    # no requests before: the others answer them, also when it replaces one that was lost.
    if service.settings.workers > 1:
        await asyncio.to_thread(service.current.look)
    watching = asyncio.create_task(service.current.watch(service.settings.look_every_seconds))
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await asyncio.to_thread(service.turns.stop)
        service.limits.close()
        if service.settings.dagster:
            await app.state.dagster.close()


def _operation(route: APIRoute) -> str:
    return route.name
