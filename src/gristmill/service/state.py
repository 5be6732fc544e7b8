"""The parts that requests work with, made once for each process of the service."""

from __future__ import annotations

import getpass
import hashlib
import hmac
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, cast

from fastapi import Depends, Request

from gristmill.access.keys import Keys
from gristmill.access.people import People
from gristmill.access.sessions import Sessions
from gristmill.identity import EVERYONE, Person, Role, normalise_groups
from gristmill.service.current import CurrentRelease
from gristmill.service.limits import Limits
from gristmill.service.tracing import NoTracer, OtlpTracer, Tracer
from gristmill.service.turns import Turns
from gristmill.settings import ServiceSettings, is_loopback
from gristmill.storage.journal import Journal
from gristmill.storage.keyfile import key_at
from gristmill.workspace import Workspace


@dataclass(frozen=True)
class Service:
    """One process of the service."""

    workspace: Workspace
    people: People
    keys: Keys
    sessions: Sessions
    current: CurrentRelease
    turns: Turns
    limits: Limits
    tracer: Tracer

    @classmethod
    def over(cls, workspace: Workspace) -> Service:
        """Return the service over an installation."""
        database, journal, settings = workspace.database, workspace.journal, workspace.settings.service
        return cls(
            workspace,
            People(database, journal),
            Keys(database, journal),
            Sessions(database, journal),
            CurrentRelease(workspace),
            Turns(settings.limits),
            Limits(settings.limits, database, workspace.home / "cache" / "limits.db"),
            NoTracer() if settings.traces is None else OtlpTracer(settings.traces),
        )

    @property
    def settings(self) -> ServiceSettings:
        """The service's own settings."""
        return self.workspace.settings.service

    @property
    def journal(self) -> Journal:
        """The audit log."""
        return self.workspace.journal

    @cached_property
    def local_csrf(self) -> str:
        """The token that changes from this machine's browser must bring while nobody needs to sign in."""
        key = key_at(self.workspace.home / "service.key")
        return hmac.new(key, b"local", hashlib.sha256).hexdigest()

    def local_person(self) -> Person | None:
        """Return the person at this machine, while nobody was added and nobody else can reach the service."""
        if not is_loopback(self.settings.host) or self.people.any():
            return None
        return Person(getpass.getuser(), Role.ADMIN, normalise_groups([EVERYONE, *self.settings.local_groups]))


def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    return cast("Service", request.app.state.service)


TheService = Annotated[Service, Depends(service_of)]
