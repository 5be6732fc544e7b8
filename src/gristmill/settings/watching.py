"""Settings of watching: whom to tell, when not to, and what may be done without a person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gristmill.settings.section import Section


class AlertSettings(Section):
    """Who is told, and when. The addresses are secrets: they stand in the environment, never in a file."""

    urls_variable: str = Field(
        "GRISTMILL_ALERT_URLS", description="Environment variable with Apprise URLs, separated by spaces."
    )
    least: Literal["info", "warning", "error"] = Field("warning", description="What is less severe is only kept.")
    quiet_from: int | None = Field(None, ge=0, le=23, description="Hour (UTC) from which only errors are sent.")
    quiet_until: int = Field(7, ge=0, le=23, description="Hour (UTC) at which what waited is sent.")
    repeat_hours: float = Field(24.0, gt=0, description="What goes on is told again after so long.")


class WatchingSettings(Section):
    """What is watched, what is kept, and what may be done without a person."""

    roll_back: bool = Field(True, description="Go back to the release before when live answers fall beyond doubt.")
    low_disk_gb: float = Field(2.0, gt=0, description="Free space of the home below which somebody is told.")
    late_hours: float = Field(6.0, gt=0, description="A run that is at work for so long is late.")
    keep_events_days: int = Field(90, ge=1, description="Days that the orchestrator's events are kept.")
    keep_receipts_days: int = Field(0, ge=0, description="Days that receipts without feedback are kept; 0 keeps all.")
    pace: float = Field(1.0, ge=1, description="How many times faster than by the clock watchers look; for drills.")
    alerts: AlertSettings = AlertSettings()
