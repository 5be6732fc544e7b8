"""A team's host: everything starts, answers, comes back after a kill, is behind one sign-in, and ends."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from gristmill.settings import load_settings
from gristmill.storage.records import EventRow
from gristmill.team.cluster import Cluster, programs_at
from gristmill.team.launch import is_ready
from gristmill.team.programs import Program, programs
from gristmill.workspace import Workspace
from tests.service.mills import FACT, QUESTION
from tests.team.hosts import Host, ingest, keys, start_host

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
# Kills every program, not only quick ones, and tells how long each takes: `GRISTMILL_HOST=all pytest -s tests/team`.
THOROUGH = "GRISTMILL_HOST" in os.environ
# Where to keep what was seen: `GRISTMILL_PICTURES=folder pytest tests/team`.
PICTURES = os.environ.get("GRISTMILL_PICTURES")
_SCHEDULE = '{repositoryName: "r", repositoryLocationName: "l", scheduleName: "s"}'
_MUTATION = f"mutation {{ startSchedule(scheduleSelector: {_SCHEDULE}) {{ __typename }} }}"
_LOOK = "{ assetNodes { assetKey { path } } }"

pytestmark = pytest.mark.slow


class Team:
    """The people at a running host."""

    def __init__(self, host: Host, workspace: Workspace, keys: dict[str, str]) -> None:
        self.host, self.workspace, self.keys = host, workspace, keys
        self.client = httpx.Client(base_url=host.site, timeout=60, trust_env=False)

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[name]}"}

    def graphql(self, name: str, query: str, **headers: str) -> httpx.Response:
        sent = self.headers(name) | headers
        return self.client.post("/dagster/graphql", json={"query": query}, headers=sent)

    def ask(self) -> Any:
        return self.client.post("/api/ask", json={"question": QUESTION}, headers=self.headers("ann"))

    def session(self, name: str) -> httpx.Cookies:
        answer = httpx.post(f"{self.host.site}/api/session", json={"key": self.keys[name]}, trust_env=False)
        assert answer.status_code == 200
        return answer.cookies


@pytest.fixture(scope="module")
def team() -> Iterator[Team]:
    """A host with an index and people."""
    try:
        programs_at(None)
    except Exception as error:  # noqa: BLE001
        pytest.skip(str(error))
    root = Path(tempfile.mkdtemp(prefix="gristmill-team-"))
    root.chmod(0o755)  # PostgreSQL may run as another account
    host = start_host(root)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GRISTMILL_SETTINGS", str(root / "gristmill.toml"))
            host.wait_until(lambda: "chroma is ready" in host.said())
            workspace = Workspace(load_settings())
            people = keys(workspace)
            ingest(workspace)
            host.wait_until(lambda: "Ctrl-C stops everything." in host.said())
            yield Team(host, workspace, people)
            workspace.database.close()
    finally:
        host.process.kill()
        host.process.wait()
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def test_the_first_start_tells_the_addresses_and_who_signs_in(team: Team) -> None:
    said = team.host.said()
    assert f"{team.host.site}/dagster" in said
    assert "gristmill people add NAME --role admin" in said or "gristmill keys create NAME" in said


def test_a_question_is_answered_from_postgres_and_the_chroma_server(team: Team) -> None:
    team.host.wait_until(lambda: team.client.get("/readyz").status_code == 200)
    answer = team.ask()
    assert answer.status_code == 200, answer.text
    assert FACT in answer.json()["answer"]
    assert team.workspace.settings.database_url.startswith("postgresql")
    assert not (team.workspace.home / "gristmill.db").exists()
    url = team.workspace.settings.search.chroma_url
    assert httpx.get(f"{url}/api/v2/tenants/default_tenant/databases/default_database/collections_count").json() == 1


def test_curators_and_admins_have_dagster_reviewers_look_and_readers_do_not(team: Team) -> None:
    assert team.client.get("/dagster/server_info").status_code == 401
    for name, status in (("ann", 403), ("rea", 200), ("cur", 200), ("adm", 200)):
        assert team.client.get("/dagster/server_info", headers=team.headers(name)).status_code == status
    assert [node["assetKey"]["path"] for node in team.graphql("rea", _LOOK).json()["data"]["assetNodes"]]
    page = team.client.get("/dagster/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=/dagster/")


def test_a_change_is_refused_to_reviewers_and_recorded_of_curators(team: Team) -> None:
    assert team.graphql("rea", _MUTATION).status_code == 403
    # Past the service, Dagster refuses it too.
    direct = team.workspace.settings.service.dagster_read_only
    refused = httpx.post(f"{direct}/dagster/graphql", json={"query": _MUTATION}, trust_env=False).json()
    assert refused["data"]["startSchedule"]["__typename"] == "UnauthorizedError"
    assert team.graphql("cur", _MUTATION).json()["data"]["startSchedule"]["__typename"] != "UnauthorizedError"
    with team.workspace.database.reading() as session:
        events = [(e.actor, e.action) for e in session.query(EventRow) if "startSchedule" in str(e.detail)]
    assert events == [("rea", "denied"), ("cur", "dagster.change")]


def test_a_page_of_another_site_changes_nothing(team: Team) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    with httpx.Client(base_url=team.host.site, cookies=team.session("cur"), trust_env=False) as browser:
        assert browser.post("/dagster/graphql", json={"query": _LOOK}, headers=foreign).status_code == 403
        assert browser.post("/dagster/graphql", json={"query": _LOOK}).status_code == 403  # it hides where it is from
        link = {"query": _MUTATION}
        assert browser.get("/dagster/graphql", params=link, headers={"Sec-Fetch-Site": "none"}).status_code == 403
        same = {"Origin": team.host.site, "Sec-Fetch-Site": "same-origin"}
        assert browser.post("/dagster/graphql", json={"query": _LOOK}, headers=same).status_code == 200


def test_websockets_of_readers_and_of_other_sites_are_refused(team: Team) -> None:
    def opened(name: str, origin: str) -> dict[str, Any]:
        cookies = "; ".join(f"{key}={value}" for key, value in team.session(name).items())
        url = f"ws://127.0.0.1:{team.host.port}/dagster/graphql"
        protocols, headers = [Subprotocol("graphql-ws")], {"Cookie": cookies}
        with connect(
            url, origin=Origin(origin), subprotocols=protocols, additional_headers=headers, proxy=None
        ) as socket:
            socket.send(json.dumps({"type": "connection_init"}))
            answer: dict[str, Any] = json.loads(socket.recv(20))
            return answer

    assert opened("rea", team.host.site) == {"type": "connection_ack"}
    for name, origin in (("ann", team.host.site), ("cur", "https://evil.example")):
        with pytest.raises(InvalidStatus):
            opened(name, origin)


class TestInABrowser:
    def test_a_curator_sees_the_asset_graph(self, team: Team, browser: Browser) -> None:
        page, complaints = signed_in(browser, team, "cur")
        response = page.goto(f"{team.host.site}/dagster/asset-groups")
        assert response is not None
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["x-frame-options"] == "DENY"
        page.wait_for_selector("text=watching", timeout=60_000)
        assert page.get_by_role("button", name="Materialize all").is_enabled()
        keep(page, "curator")
        assert complaints == []

    def test_a_reviewer_sees_it_and_can_start_nothing(self, team: Team, browser: Browser) -> None:
        page, _ = signed_in(browser, team, "rea")
        page.goto(f"{team.host.site}/dagster/asset-groups")
        page.wait_for_selector("text=watching", timeout=60_000)
        keep(page, "reviewer")
        assert not page.get_by_role("button", name="Materialize all").is_enabled()

    def test_a_reader_does_not_and_is_not_shown_the_way(self, team: Team, browser: Browser) -> None:
        page, _ = signed_in(browser, team, "ann")
        assert page.get_by_role("link", name="Dagster").count() == 0
        response = page.goto(f"{team.host.site}/dagster/asset-groups")
        assert response is not None
        assert response.status == 403
        assert "watching" not in page.content()


def keep(page: Page, name: str) -> None:
    """Keep a picture for who wants to look."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/dagster-{name}.png")


def signed_in(browser: Browser, team: Team, name: str) -> tuple[Page, list[str]]:
    """Sign in, with Dagster as the place to go on to, and return the page with what the browser complains of."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{team.host.site}/sign-in")
    page.fill("#key", team.keys[name])
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Sign out")
    return page, complaints


def test_killed_programs_come_back_and_it_answers_again(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRISTMILL_DATABASE", team.workspace.settings.database_url)
    settings = team.workspace.settings
    known = {one.name: one for one in programs(settings, Cluster.of(settings), chroma=True)}
    for name in known if THOROUGH else ("postgres", "chroma", "service"):
        restarted, ready = kill(team.host, known[name])
        sys.stdout.write(f"{name}: started again after {restarted:.1f} s, ready after {ready:.1f} s\n")
    team.host.wait_until(lambda: answers(team))
    # Dagster's UI notices by itself that its code server is another one.
    team.host.wait_until(lambda: bool(team.graphql("cur", _LOOK).json()["data"]["assetNodes"]))


def kill(host: Host, program: Program) -> tuple[float, float]:
    """Kill a program; return after how many seconds it was started again, and ready."""
    before, killed = host.program(program.name), time.monotonic()
    assert before is not None, program.name
    before.kill()
    host.wait_until(lambda: host.program(program.name) not in {None, before})
    restarted = time.monotonic() - killed
    host.wait_until(lambda: not program.ready or is_ready(program.ready))
    return restarted, time.monotonic() - killed


def answers(team: Team) -> bool:
    try:
        return bool(team.client.get("/readyz").status_code == 200 and team.ask().status_code == 200)
    except httpx.HTTPError:
        return False


def test_ctrl_c_ends_everything_and_the_data_stay(team: Team) -> None:
    assert team.host.stop() == 0
    assert team.host.left() == []
    cluster = Cluster.of(team.workspace.settings)
    cluster.prepare()  # as the next start does
    with cluster.running():
        team.workspace.database.close()
        with team.workspace.database.reading() as session:
            assert session.query(EventRow).count() > 0
