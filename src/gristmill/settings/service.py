"""Settings of the service: where it listens, what one identity may ask of it, how people sign in."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

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


class OpenIdSettings(Section):
    """A provider of OpenID Connect, by which people sign in instead of with a key."""

    issuer: str = Field("", description="https://login.example/realms/team; empty: people sign in with keys alone.")
    client: str = Field("", description="The client id that the provider gave.")
    secret_variable: str = Field("GRISTMILL_OIDC_SECRET", description="Environment variable that holds its secret.")
    address: str = Field("", description="Where people reach this service: https://answers.example.")
    claim: str = Field("preferred_username", description="What of the provider's word is a person's name here.")
    label: str = Field("your organisation", description="What the button says: 'Sign in with …'.")

    @model_validator(mode="after")
    def _complete(self) -> OpenIdSettings:
        if self.issuer and not (self.client and self.address):
            msg = "signing in with a provider needs 'client' and 'address' beside 'issuer'"
            raise ValueError(msg)
        for name, url in (("issuer", self.issuer), ("address", self.address)):
            parts = urlsplit(url)
            if url and parts.scheme != "https" and not is_loopback(parts.hostname or ""):
                msg = f"'{name}' must begin with https://: what is said there lets people in"
                raise ValueError(msg)
        return self


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
    oidc: OpenIdSettings = OpenIdSettings()
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
