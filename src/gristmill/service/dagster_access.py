"""Who may see Dagster's UI, and what of it: Dagster has no accounts of its own.

Curators and admins have all of it, reviewers the one that changes nothing, nobody else anything. A request that a page
of another site sends is refused, because a browser adds the cookie, or comes from this machine, all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from gristmill.identity import Person, Role
from gristmill.service.auth import SAFE, denied, not_signed_in, recognise
from gristmill.service.graphql import changes
from gristmill.service.problems import ProblemError
from gristmill.service.state import Service

GRAPHQL = "/graphql"
_ELSEWHERE = "This request comes from another site."


@dataclass(frozen=True)
class Visit:
    """A person before Dagster, and the address of the UI that is theirs."""

    person: Person
    upstream: str
    may_change: bool


def visit(connection: HTTPConnection, service: Service) -> Visit:
    """Return what of Dagster a request may reach.

    Raises:
        ProblemError: who sends it is not known or has not the role, or a page of another site sends it.
    """
    found = recognise(connection, service)
    if found is None:
        raise not_signed_in()
    person = found.person
    if not person.role.includes(Role.REVIEWER):
        denied(service, person.name, connection, needs=Role.REVIEWER)
        raise ProblemError(HTTPStatus.FORBIDDEN, "Dagster is for reviewers, curators and admins.", "Ask an admin.")
    if _acts(connection) and not _from_here(connection):
        denied(service, person.name, connection, origin=connection.headers.get("origin", "another site")[:200])
        raise ProblemError(HTTPStatus.FORBIDDEN, _ELSEWHERE, "Open Dagster from the service's own page.")
    curates = person.role.includes(Role.CURATOR)
    upstream = service.settings.dagster if curates else service.settings.dagster_read_only
    if not upstream:
        raise ProblemError(HTTPStatus.NOT_FOUND, "There is no Dagster for reviewers here.", "Ask an admin.")
    return Visit(person, upstream, curates)


def check_change(visitor: Visit, connection: HTTPConnection, service: Service, body: bytes) -> None:
    """Record what a request or message would change, or refuse it.

    Raises:
        ProblemError: the person may only look, or it is a mutation that comes as a link would.
    """
    method, path = connection.scope.get("method", "WEBSOCKET"), connection.url.path
    is_graphql = path.endswith(GRAPHQL)
    wanted = changes(body, connection.query_params) if is_graphql else ()
    if not wanted and (is_graphql or method in SAFE):
        return
    if not visitor.may_change or method in SAFE:
        denied(service, visitor.person.name, connection, change=list(wanted), needs=Role.CURATOR)
        raise ProblemError(HTTPStatus.FORBIDDEN, "This would change something in Dagster.", "Ask a curator.")
    service.journal.note(visitor.person.name, "dagster.change", path[:300], change=list(wanted))


def _acts(connection: HTTPConnection) -> bool:
    """Say whether a request can do more than show a page: GraphQL reads and changes by any method."""
    return connection.scope.get("method") not in SAFE or connection.url.path.endswith(GRAPHQL)


def _from_here(connection: HTTPConnection) -> bool:
    """Say whether a page of this service sends a request, or no browser at all."""
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    if origin is not None:
        return urlsplit(origin).netloc == connection.headers.get("host")
    return site is not None or connection.headers.get("cookie") is None
