"""Who sends a request: by API key, by the session of a browser, or as the person at this machine.

Everything is looked up at each request, so that a revoked key, a lost group or a new role holds at once. A change that
comes from a browser must bring the token of its session, which another site cannot know.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from gristmill.access.keys import prefix_of
from gristmill.identity import Person, Role
from gristmill.service.problems import ProblemError
from gristmill.service.state import Service, TheService
from gristmill.settings import is_loopback

COOKIE = "gristmill_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE = {"GET", "HEAD", "OPTIONS"}
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


@dataclass(frozen=True)
class Identity:
    """A person, and how they showed who they are."""

    person: Person
    csrf: str | None = None  # of a browser
    cookie: str | None = None
    local: bool = False


def identify(request: Request, service: TheService) -> Identity:
    """Return who sends a request.

    Raises:
        ProblemError: nobody known does, or a browser's change lacks the token.
    """
    found = recognise(request, service)
    if found is None:
        raise not_signed_in()
    service.limits.request(found.person.name)
    if found.csrf is not None and request.method not in SAFE and (found.cookie or _from_browser(request)):
        _check_token(request, service, found)
    return found


Known = Annotated[Identity, Depends(identify)]


def recognise(connection: HTTPConnection, service: Service) -> Identity | None:
    """Return who sends a request or opens a WebSocket, without asking whether a browser was led to it.

    Raises:
        ProblemError: a key was sent that does not hold.
    """
    return local_identity(connection, service) or _by_key(connection, service) or _by_session(connection, service)


def not_signed_in() -> ProblemError:
    """Return the error for who has not shown who they are."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "You are not signed in.",
        "Send 'Authorization: Bearer KEY', or sign in.",
        {"WWW-Authenticate": "Bearer"},
    )


def person(identity: Known) -> Person:
    """Return the person who sends a request."""
    return identity.person


Asking = Annotated[Person, Depends(person)]


def having(role: Role) -> Callable[[Request, Service, Identity], Person]:
    """Return the dependency that lets in who has at least `role`."""

    def check(request: Request, service: TheService, identity: Known) -> Person:
        if not identity.person.role.includes(role):
            denied(service, identity.person.name, request, needs=role)
            raise ProblemError(
                HTTPStatus.FORBIDDEN, f"This is for {role}s.", "Ask an admin for the role, or somebody who has it."
            )
        return identity.person

    return check


Reviewing = Annotated[Person, Depends(having(Role.REVIEWER))]
Curating = Annotated[Person, Depends(having(Role.CURATOR))]
Administering = Annotated[Person, Depends(having(Role.ADMIN))]


def denied(service: Service, actor: str, request: HTTPConnection, **detail: object) -> None:
    """Record a denied attempt."""
    method = request.scope.get("method", "WEBSOCKET")
    service.journal.note(actor, "denied", f"{method} {request.url.path}"[:300], **detail)


def address_of(request: HTTPConnection) -> str:
    """Return the network address that a request came from."""
    return request.client.host if request.client else "unknown"


def local_identity(request: HTTPConnection, service: Service) -> Identity | None:
    """Return the person at this machine, when the request comes from there and the service is theirs alone."""
    # A proxy on this machine would make everybody local, and a foreign host name is a page that points its name here.
    if not is_loopback(address_of(request)) or any(name in request.headers for name in _FORWARDED):
        return None
    if not is_loopback(request.url.hostname or ""):
        return None
    found = service.local_person()
    return None if found is None else Identity(found, service.local_csrf, local=True)


def _by_key(request: HTTPConnection, service: Service) -> Identity | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    holder = service.keys.holder(key.strip())
    if holder is None:
        raise wrong_key(request, service, key.strip())
    return Identity(holder)


def wrong_key(request: HTTPConnection, service: Service, key: str) -> ProblemError:
    """Record that a key did not hold, and return the error that says so.

    Raises:
        ProblemError: too many from this address did not.
    """
    service.limits.failure(address_of(request))
    denied(service, f"address {address_of(request)}", request, key=prefix_of(key) or "malformed")
    return ProblemError(
        HTTPStatus.UNAUTHORIZED, "The key is not valid, was revoked, or has ended.", "Ask an admin for a new one.",
        {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )  # fmt: skip


def _by_session(request: HTTPConnection, service: Service) -> Identity | None:
    cookie = request.cookies.get(COOKIE)
    found = service.sessions.find(cookie) if cookie else None
    if found is None:
        return None
    holder, session = found
    return Identity(holder, session.csrf, session.cookie)


def _from_browser(request: Request) -> bool:
    return "origin" in request.headers or "sec-fetch-site" in request.headers


def _check_token(request: Request, service: Service, identity: Identity) -> None:
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), (identity.csrf or "").encode()):
        denied(service, identity.person.name, request, lacks=CSRF_HEADER)
        raise ProblemError(HTTPStatus.FORBIDDEN, f"The header {CSRF_HEADER} is missing or wrong.", "Reload the page.")
