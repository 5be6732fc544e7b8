"""A mill with documents for several groups, its people, and clients for them."""

from __future__ import annotations

import io
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from gristmill.identity import Role
from gristmill.mill import STAGES
from gristmill.search.version import described, read_manifest, write_manifest
from gristmill.service.app import create_app
from gristmill.service.state import Service
from gristmill.settings import AudienceRule
from gristmill.workspace import Workspace
from tests.releases import put_in_force
from tests.workspaces import grind, workspace_at, write

QUESTION = "How many days of leave do millers receive each year?"
FACT = "Millers receive 27 days of leave each year."
PAY_QUESTION = "How many crowns do millers in pay band four receive each year?"
PAY = "Millers in pay band four receive 41000 crowns each year."
DOCUMENTS: dict[str, str | bytes] = {
    "leave.md": f"# Leave\n\n{FACT} Ask the foreman two weeks before.\n",
    "night.md": "# Night\n\nThe sluice is shut at nine in the evening. The watch walks around the mill every hour.\n",
    "hr/pay.md": f"# Pay\n\n{PAY} Band five follows after six years of work.\n",
}
PEOPLE: dict[str, tuple[Role, tuple[str, ...]]] = {
    "ann": (Role.READER, ()),
    "hal": (Role.READER, ("hr",)),
    "rea": (Role.REVIEWER, ()),
    "cur": (Role.CURATOR, ()),
    "adm": (Role.ADMIN, ("hr",)),
}


@dataclass
class Mill:
    """A running service, without a network: its application, its workspace and its people's keys."""

    app: FastAPI
    workspace: Workspace
    client: TestClient
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def service(self) -> Service:
        service: Service = self.app.state.service
        return service

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[name]}"}

    def post(self, name: str, path: str, json: Any, **headers: str) -> Any:
        return self.client.post(path, json=json, headers=self.headers(name) | headers)

    def get(self, name: str, path: str, **params: Any) -> Any:
        return self.client.get(path, params=params, headers=self.headers(name))

    def ask(self, name: str, question: str = QUESTION) -> dict[str, Any]:
        response = self.post(name, "/api/ask", {"question": question})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def put_in_force(self, release: str) -> None:
        """Put a release in force, as if the gate had promoted it."""
        put_in_force(self.workspace, release)

    def publish_edited(self, old: str, new: str) -> str:
        """Publish the index in force with other words in it, without the minutes that making one takes.

        Returns the release that it makes, which is put in force. Only what reads the rows sees the edit, which is all
        that shows a text.
        """
        store = self.workspace.index_store
        before, number = store.current_folder(), store.numbers()[-1] + 1
        assert before is not None
        folder = Path(shutil.copytree(before, store.folder(number)))
        rows = pl.read_ipc(io.BytesIO((folder / "rows.arrow").read_bytes()))
        grown = pl.col("text").str.contains(old, literal=True).cast(pl.Int64) * (len(new) - len(old))
        edited = rows.with_columns(pl.col("end") + grown, pl.col("text").str.replace(old, new, literal=True))
        assert not edited.equals(rows)
        edited.write_ipc(folder / "rows.arrow")
        manifest = replace(read_manifest(folder), content=f"edited-{number}")
        write_manifest(folder, described(folder, manifest))
        store.point_to(number)
        release = self.workspace.registry.keep(self.workspace.candidate(manifest))
        self.put_in_force(release)
        return release


def ingest_at(root: Path) -> None:
    """Ingest the mill's documents below `root`."""
    write(root / "documents", DOCUMENTS)
    grind(opened_at(root), STAGES)


def opened_at(root: Path, **settings: Any) -> Workspace:
    """Return the installation below `root`."""
    defaults: dict[str, Any] = {
        "audience": (AudienceRule(pattern="hr/**", groups=("hr",)),),
        "generator": {"engine": "quote"},
        "answering": {"answerable": 0.02},
    }
    return workspace_at(root / "home", root / "documents", **(defaults | settings))


def add_people(service: Service, people: Mapping[str, tuple[Role, tuple[str, ...]]]) -> dict[str, str]:
    """Add people and return a key of each."""
    keys = {}
    for name, (role, groups) in people.items():
        service.people.add(name, role, groups, by="test")
        keys[name] = service.keys.create(name, by="test")
    return keys


def mill_over(workspace: Workspace, people: Mapping[str, tuple[Role, tuple[str, ...]]]) -> Mill:
    """Return a service over an installation, with a release loaded. Its client need not be entered."""
    app = create_app(workspace)
    service: Service = app.state.service
    service.current.look()
    client = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5_000))
    return Mill(app, workspace, client, add_people(service, people))


@contextmanager
def listening(app: Starlette, **options: Any) -> Iterator[str]:
    """Serve an application on a free port of this machine; yields its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def mill_at(template: Path, root: Path, *, people: bool = True, **settings: Any) -> Iterator[Mill]:
    """Yield a running service over a copy of an ingested mill."""
    shutil.copytree(template, root, dirs_exist_ok=True)
    mill = mill_over(opened_at(root, **settings), PEOPLE if people else {})
    with mill.client:
        yield mill
