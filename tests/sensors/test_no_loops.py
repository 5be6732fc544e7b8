"""Sensors that make everything anew see each change, and ask once for it, however often models change."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import dagster as dg

from gristmill.mill import STAGES
from gristmill.watchers import outbox
from sensors import arrivals
from tests.conftest import CYCLES
from tests.releases import put_in_force
from tests.sensors.ticks import Installation, Ticks
from tests.workspaces import grind, write

# What decides how documents are cut, each with values that are not the default.
_CUTS: dict[str, tuple[Any, ...]] = {
    "strategy": ("fixed", "recursive", "structure"),
    "tokens": (64, 100, 128, 180),
    "context_tokens": (0, 16, 32),
    "parent_tokens": (400, 600, 1_000),
}


def test_each_change_of_encoder_or_chunker_is_asked_for_once(ground: Path, instance: dg.DagsterInstance) -> None:
    draw = random.Random(7)
    for number in range(max(10, CYCLES)):
        setting = draw.choice(sorted(_CUTS))
        cut = {setting: draw.choice(_CUTS[setting])}
        changed = (
            Installation(root=str(ground), encoder_name=f"encoder {number}")
            if draw.random() < 0.5
            else Installation(root=str(ground), settings={"chunker": cut})
        )
        ticks = Ticks(arrivals.models_changed, instance, changed)
        assert [len(ticks.tick()) for _ in range(3)] == [1, 0, 0], changed
    assert outbox(changed.open()).listed()[0].key == "models"
    assert Ticks(arrivals.models_changed, instance, Installation(root=str(ground))).tick() == []


def test_embedding_anew_again_and_again_asks_once_for_each(ground: Path, instance: dg.DagsterInstance) -> None:
    ticks = Ticks(arrivals.models_changed, instance, Installation(root=str(ground)))
    assert ticks.tick() == []
    for number in range(CYCLES):
        ticks.resource = Installation(root=str(ground), encoder_name=f"cycle {number}")
        workspace = ticks.resource.open()
        assert [len(ticks.tick()) for _ in range(3)] == [1, 0, 0]
        grind(workspace, STAGES)  # the run that it asked for
        assert not any(ticks.tick() for _ in range(3))  # made anew, and not in force yet
        put_in_force(workspace, workspace.registry.keep(workspace.candidate()))
        assert not any(ticks.tick() for _ in range(3))
        assert outbox(workspace).listed()[0].over is not None


def test_a_burst_of_five_thousand_files_is_one_run_and_each_look_is_short(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    write(tmp_path / "documents", {f"{at % 50}/{at}.md": f"# {at}\n" for at in range(5_000)})
    ticks = Ticks(arrivals.documents_changed, instance, Installation(root=str(tmp_path)))
    asked, slowest = 0, 0.0
    for _ in range(6):
        began = time.monotonic()
        asked += len(ticks.tick())
        slowest = max(slowest, time.monotonic() - began)
        ticks.settle()
    assert asked == 1
    assert slowest < 10
