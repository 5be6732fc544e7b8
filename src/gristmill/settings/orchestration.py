"""Settings of orchestration: how Dagster runs the assets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gristmill.settings.section import Section


class OrchestrationSettings(Section):
    """How Dagster runs the assets."""

    executor: Literal["in process", "multiprocess"] = Field(
        "in process", description="A process for each step costs about 5 s each, and gains nothing on one machine."
    )
    patience: float = Field(300.0, ge=0, description="Seconds a step waits for another process at work on this home.")
