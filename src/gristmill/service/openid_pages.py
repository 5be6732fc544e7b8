"""The two addresses of a sign-in by a provider: where it begins, and where the provider sends the browser back to."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import escape

from gristmill.service.api.sessions import give_cookie
from gristmill.service.auth import address_of, denied
from gristmill.service.openid import BACK, MINUTES, NotSaidError, Provider
from gristmill.service.state import TheService

router = APIRouter(include_in_schema=False)

_COOKIE = "gristmill_sign_in"
_PATH = "/sign-in/provider"


@router.get(_PATH)
def begin(request: Request, service: TheService, next: str = "/") -> Response:  # noqa: A002 - its name in addresses
    """Send the browser to the provider."""
    url, cookie = _provider(request).begin(_own(next))
    response = RedirectResponse(url, HTTPStatus.SEE_OTHER)
    # Lax: the provider's page leads back here.
    response.set_cookie(
        _COOKIE, cookie, max_age=MINUTES * 60, httponly=True, samesite="lax", secure=service.settings.https, path=_PATH
    )
    return response


@router.get(BACK)
def back(request: Request, service: TheService) -> Response:
    """Begin a session for who the provider says it is, if they were added here."""
    name = ""
    try:
        name, to = _provider(request).finish(request.cookies.get(_COOKIE, ""), request.query_params)
        person = service.people.find(name)
    except NotSaidError as error:
        service.limits.failure(address_of(request))
        denied(service, f"address {address_of(request)}", request, provider=str(error))
        return _refused("failed")
    if person is None:
        denied(service, name[:100], request, provider="nobody of this name was added")
        return _refused("unknown")
    session = service.sessions.begin(person, service.settings.session_hours)
    # A page and not a redirect: a strict cookie is not sent on a way that began at another site.
    response = HTMLResponse(_PAGE.format(to=escape(to)))
    give_cookie(response, service, session.cookie)
    response.delete_cookie(_COOKIE, path=_PATH)
    return response


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Signed in</title>
<meta http-equiv="refresh" content="0;url={to}"><p>Signed in. <a href="{to}">Go on</a>.</p></html>"""


def _refused(why: str) -> Response:
    response = RedirectResponse(f"/sign-in?refused={why}", HTTPStatus.SEE_OTHER)
    response.delete_cookie(_COOKIE, path=_PATH)
    return response


def _own(path: str) -> str:
    """Return a path of this service, never another site."""
    parts = urlsplit(path)
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if is_own and ";" not in path else "/"


def _provider(request: Request) -> Provider:
    return cast("Provider", request.app.state.provider)
