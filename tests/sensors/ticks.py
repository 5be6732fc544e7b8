"""An installation for sensors, and ticks of one of them, each with the cursor of the one before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from gristmill.resources import WorkspaceResource
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.workspaces import workspace_at


class Installation(WorkspaceResource):
    """A workspace over a folder of the test."""

    root: str
    settings: dict[str, Any] = Field(default_factory=dict)
    encoder_name: str = "fake"

    def open(self) -> Workspace:
        root = Path(self.root)
        return workspace_at(root / "home", root / "documents", encoder=FakeEncoder(self.encoder_name), **self.settings)


class Ticks:
    """Ticks of one sensor."""

    def __init__(self, sensor: dg.SensorDefinition, instance: dg.DagsterInstance, resource: Installation) -> None:
        self.sensor, self.instance, self.resource = sensor, instance, resource
        self.cursor: str | None = None

    def tick(self) -> list[dg.RunRequest]:
        """Return what it asks for."""
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources={"workspace": self.resource}
        )
        found = self.sensor(context)
        if isinstance(found, dg.SkipReason):
            return []
        assert isinstance(found, dg.SensorResult)
        self.cursor = found.cursor
        return list(found.run_requests or [])

    def settle(self) -> None:
        """Let an hour pass."""
        memory = json.loads(self.cursor or "{}")
        past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        self.cursor = json.dumps(memory | {name: past for name in ("since", "waiting", "ran") if memory.get(name)})
