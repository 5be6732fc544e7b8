"""Signing in and out with a browser, and who one is."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, Field

from gristmill.identity import Person, Role
from gristmill.service.auth import COOKIE, Known, wrong_key
from gristmill.service.state import Service, TheService

router = APIRouter(tags=["signing in"])


class Me(BaseModel):
    """Who sends the request."""

    name: str
    role: Role
    groups: list[str]
    local: bool = Field(description="Nobody was added yet: this is the person at this machine.")
    csrf: str | None = Field(description="What a browser sends as X-CSRF-Token with every change.")

    @classmethod
    def of(cls, person: Person, csrf: str | None, *, local: bool = False) -> Me:
        """Return a person as the API tells them."""
        return cls(name=person.name, role=person.role, groups=list(person.groups), local=local, csrf=csrf)


@router.get("/me")
def me(identity: Known) -> Me:
    """Return who sends the request, with the token that their browser needs for changes."""
    return Me.of(identity.person, identity.csrf, local=identity.local)


@router.post("/session")
def sign_in(
    service: TheService,
    request: Request,
    response: Response,
    key: Annotated[str, Body(embed=True, min_length=1, max_length=200, description="An API key.")],
) -> Me:
    """Begin a browser's session with an API key. The cookie that it sets cannot be read by scripts."""
    holder = service.keys.holder(key.strip())
    if holder is None:
        raise wrong_key(request, service, key.strip())
    session = service.sessions.begin(holder, service.settings.session_hours, key.strip())
    give_cookie(response, service, session.cookie)
    return Me.of(holder, session.csrf)


def give_cookie(response: Response, service: Service, cookie: str) -> None:
    """Let a browser keep a session's cookie, which its scripts cannot read, and send it from our own pages alone."""
    response.set_cookie(
        COOKIE, cookie, max_age=int(service.settings.session_hours * 3600), httponly=True, samesite="strict",
        secure=service.settings.https, path="/",
    )  # fmt: skip


@router.delete("/session", status_code=HTTPStatus.NO_CONTENT)
def sign_out(service: TheService, identity: Known, response: Response) -> None:
    """End the browser's session."""
    if identity.cookie is not None:
        service.sessions.end(identity.cookie, identity.person.name)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=service.settings.https)
