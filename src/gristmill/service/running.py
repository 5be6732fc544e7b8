"""Running the service: what must hold before it listens, and the server beneath."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from gristmill.access.people import People
from gristmill.errors import AccessError
from gristmill.settings import ServiceSettings, is_loopback
from gristmill.workspace import Workspace

_STOP_SECONDS = 30
MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def run(say: Callable[[str], None]) -> None:
    """Serve until stopped; requests under way are finished first.

    Raises:
        AccessError: it would listen to other machines, and nobody was added who could sign in.
    """
    import uvicorn

    workspace = Workspace()
    settings = workspace.settings.service
    say(greeting(settings, anybody=People(workspace.database, workspace.journal).any()))
    workspace.database.close()
    if settings.workers > 1:
        # Read by prometheus_client when a worker imports it; numbers of an earlier run are not ours.
        numbers = workspace.home / "cache" / "metrics"
        shutil.rmtree(numbers, ignore_errors=True)
        numbers.mkdir(parents=True)
        os.environ[MULTIPROCESS_VARIABLE] = str(numbers)
    uvicorn.run(
        "gristmill.service.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        timeout_graceful_shutdown=_STOP_SECONDS,
        server_header=False,
        proxy_headers=False,
        log_level="warning",
    )


def greeting(settings: ServiceSettings, *, anybody: bool) -> str:
    """Return what is said when the service starts.

    Raises:
        AccessError: it would listen to other machines, and nobody was added who could sign in.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    place = f"http://{host}:{settings.port}"
    if anybody:
        return f"Serving on {place}. People sign in with their keys."
    if not is_loopback(settings.host):
        raise AccessError(
            f"On {settings.host} others can reach the service, and nobody was added yet.",
            "Run 'gristmill people add NAME --role admin' first; it prints a key.",
        )
    groups = ", ".join(("everyone", *settings.local_groups))
    return (
        f"Serving on {place}, for you alone on this machine: nobody was added yet, so nobody signs in.\n"
        f"You are an admin in the groups {groups}. To let others in: gristmill people add NAME --role admin"
    )
