"""The pages that people see. Each is a small frame; what fills it comes from the API, as far as the person may see it.

Nothing is decided here, and no page holds data, so a page needs no right: the API asks for it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gristmill.service.state import service_of

_HERE = Path(__file__).parent
STATIC = StaticFiles(directory=_HERE / "static")
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class Page(NamedTuple):
    """A page: its path, its name in the navigation, and the least role that sees it there (empty: everybody)."""

    path: str
    title: str
    role: str = ""


PAGES = {
    "ask": Page("/", "Ask"),
    "history": Page("/history", "History"),
    "review": Page("/review", "Feedback", "reviewer"),
    "usage": Page("/usage", "Usage", "reviewer"),
    "ledger": Page("/documents", "Documents", "curator"),
    "conflicts": Page("/conflicts", "Conflicts", "curator"),
    "gaps": Page("/gaps", "Missing", "curator"),
    "prompts": Page("/prompts", "Prompts", "curator"),
    "releases": Page("/releases", "Releases"),
}
# Reached from other pages, not from the navigation.
_OTHERS = {
    "document": Page("/document", "Document"),
    "why": Page("/why", "Why this answer"),
    "sign-in": Page("/sign-in", "Sign in"),
}


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined)


def _page(name: str, page: Page) -> None:
    @router.get(page.path, name=f"page_{name}")
    def show(request: Request) -> Response:
        template = _environment().get_template(f"{name}.html")
        settings = service_of(request).settings
        provider = settings.oidc.label if settings.oidc.issuer else ""
        shown = {"pages": PAGES, "dagster": bool(settings.dagster), "provider": provider}
        return HTMLResponse(template.render(name=name, title=page.title, **shown))


for _name, _shown in {**PAGES, **_OTHERS}.items():
    _page(_name, _shown)
