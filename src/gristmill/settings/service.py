"""Settings of the service: where it listens, what one identity may ask of it, how people sign in."""

from __future__ import annotations

from ipaddress import ip_address

from pydantic import Field, field_validator

from gristmill.settings.section import Section, normal_groups


class LimitSettings(Section):
    """How much one identity may ask of the service."""

    per_minute: int = Field(60, ge=1, description="Requests of one identity in a minute.")
    questions_per_day: int = Field(2_000, ge=1, description="Answers of one identity in a day (UTC).")
    cost_per_day: float = Field(5.0, ge=0, description="Most that the answers of one identity may cost in a day (UTC).")
    failures_per_minute: int = Field(20, ge=1, description="Failed sign-ins and unknown keys of one address.")
    body_bytes: int = Field(262_144, ge=1_024, description="Largest body of a request.")
    seconds: float = Field(60.0, gt=0, description="Longest time that a request may take.")
    at_once: int = Field(2, ge=1, le=64, description="Questions answered at the same time by one process.")
    waiting: int = Field(64, ge=0, description="Questions that wait for their turn; beyond it they are turned away.")


class ServiceSettings(Section):
    """Where the service listens, and whom it knows."""

    host: str = Field("127.0.0.1", description="Any other than a loopback address demands that people were added.")
    port: int = Field(8321, ge=0, le=65_535)
    workers: int = Field(1, ge=1, le=64, description="Processes; each loads the models.")
    names: tuple[str, ...] = Field((), description="Host names that it answers to, besides those of this machine.")
    https: bool = Field(False, description="It stands behind HTTPS: cookies are sent over nothing else.")
    local_groups: tuple[str, ...] = Field((), description="Groups of the person at this machine, before people exist.")
    session_hours: float = Field(12.0, gt=0)
    look_every_seconds: float = Field(1.0, gt=0, description="How often it looks for a new release.")
    dagster: str = Field("", description="Where Dagster's UI is, for curators; empty: the service shows none.")
    dagster_read_only: str = Field("", description="Where the one is that changes nothing, for reviewers.")
    limits: LimitSettings = LimitSettings()
    traces: str | None = Field(None, description="OpenTelemetry collector (OTLP over gRPC), http://localhost:4317.")

    @field_validator("local_groups")
    @classmethod
    def _normalised(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        return normal_groups(groups)


def is_loopback(host: str) -> bool:
    """Say whether an address or name is this machine's own."""
    bare = host.strip("[]").lower()
    if bare == "localhost":
        return True
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return False
