"""The pages in a real browser: asking, reading the source, rating, judging, editing a prompt, signing in and out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from gristmill.conflicting import conflicts_list
from gristmill.missing import gaps_list
from tests.service.conftest import MakeMill
from tests.service.mills import FACT, QUESTION, Mill, listening

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
PHONE = {"width": 360, "height": 740}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def site(shared: Mill) -> Iterator[str]:
    """The service of `shared` on a free port."""
    with listening(shared.app, lifespan="off") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


class Visit:
    """A person at the pages; remembers what the browser complained of and which hosts it asked."""

    def __init__(self, browser: Browser, site: str, key: str, **context: Any) -> None:
        self.page: Page = browser.new_context(**context).new_page()
        self.page.set_default_timeout(20_000)
        self.site, self.complaints, self.hosts = site, list[str](), set[str]()
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.page.goto(f"{site}/sign-in")
        self.page.fill("#key", key)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{site}/")
        self.page.wait_for_selector("text=Sign out")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site}{path}")
        self.page.wait_for_selector("text=Sign out")

    def ask(self, question: str = QUESTION) -> None:
        self.page.fill("#question", question)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("text=Why this answer?")


@pytest.fixture
def reader(browser: Browser, site: str, shared: Mill) -> Iterator[Visit]:
    visit = Visit(browser, site, shared.keys["ann"])
    yield visit
    assert visit.complaints == []
    assert visit.hosts == {site.removeprefix("http://")}
    visit.page.context.close()


def test_an_answer_leads_to_its_place_in_the_document(reader: Visit) -> None:
    reader.ask()
    assert FACT in reader.page.inner_text("article .answer")
    reader.page.click("a.cite")
    reader.page.wait_for_selector("mark")
    assert reader.page.inner_text("mark").startswith(FACT)
    assert reader.page.evaluate("document.activeElement.tagName") == "MARK"


def test_a_rating_with_a_correction_reaches_those_who_judge(
    reader: Visit, browser: Browser, site: str, shared: Mill
) -> None:
    reader.ask()
    reader.page.click("text=Not helpful")
    reader.page.check("input[value=wrong]")
    reader.page.fill("textarea[name=correction]", "It is 28 days <b>now</b>.")
    reader.page.click("text=Send")
    reader.page.wait_for_selector("text=Thank you")
    reviewer = Visit(browser, site, shared.keys["rea"])
    reviewer.open("/review")
    reviewer.page.wait_for_selector("text=It is 28 days <b>now</b>.")
    assert reviewer.complaints == []


def test_why_this_answer_is_told_in_words(reader: Visit) -> None:
    reader.ask()
    reader.page.click("text=Why this answer?")
    reader.page.wait_for_selector("text=What was done")
    told = reader.page.inner_text("main")
    assert "ann asked this" in told
    assert "null" not in told


def test_an_answer_that_is_not_certain_says_so_on_the_page_and_in_its_reasons(
    browser: Browser, make_mill: MakeMill
) -> None:
    mill = make_mill(answering={"answerable": 1.0, "perhaps": 0.0})
    with listening(mill.app, lifespan="off") as address:
        visit = Visit(browser, address, mill.keys["ann"])
        visit.ask()
        assert "It is not certain" in visit.page.inner_text("article.uncertain")
        assert FACT in visit.page.inner_text("article.uncertain")
        visit.page.wait_for_selector("text=Not certain; ")
        visit.page.click("text=Why this answer?")
        visit.page.wait_for_selector("text=It was not certain that the documents found answer it")
        assert visit.complaints == []
        visit.page.context.close()


def test_everything_is_reached_by_keyboard_alone(reader: Visit) -> None:
    reader.page.keyboard.press("/")
    reader.page.keyboard.type(QUESTION)
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector("text=Why this answer?")
    for _ in range(12):
        reader.page.keyboard.press("Tab")
        if reader.page.evaluate("document.activeElement.className") == "cite":
            break
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector("mark")


def test_a_new_prompt_waits_for_the_gate(browser: Browser, site: str, shared: Mill) -> None:
    before = shared.service.current.name
    curator = Visit(browser, site, shared.keys["cur"])
    curator.open("/prompts")
    text = curator.page.input_value("#text")
    curator.page.fill("#text", text.replace("one short sentence", "one sentence"))
    curator.page.fill("#note", "Shorter.")
    curator.page.click("text=Keep this version")
    curator.page.wait_for_selector("text=waits for the gate")
    assert "one sentence" in curator.page.inner_text(".diff ins")
    assert shared.service.current.name == before
    assert curator.complaints == []


@pytest.mark.parametrize("name", ["rea", "cur", "adm"])
def test_each_role_sees_its_pages(browser: Browser, site: str, shared: Mill, name: str) -> None:
    visit = Visit(browser, site, shared.keys[name])
    links = {link.inner_text() for link in visit.page.query_selector_all("nav li:not([hidden]) a")}
    assert ("Documents" in links) == (name != "rea")
    assert {"Feedback", "Usage"} <= links
    for path in ("/usage", "/releases", "/history", *(["/documents", "/gaps", "/conflicts"] if name != "rea" else [])):
        visit.open(path)
        visit.page.wait_for_load_state("networkidle")
    assert visit.complaints == []


def test_curators_see_what_was_asked_in_vain(browser: Browser, site: str, shared: Mill) -> None:
    gap = {
        "gap": "g", "title": "Renew a <b>parking</b> permit", "weight": 4, "people": 2, "why": {"refused": 7},
        "questions": ["How do I renew a permit?"], "groups": ["everyone"], "closest": ["leave.md", "hr/pay.md"],
        "disagree": [], "last": "2026-11-25T12:00:00+00:00", "open": True,
    }  # fmt: skip
    secret = gap | {"gap": "s", "title": "The pay of the boss", "groups": ["everyone", "hr"]}
    gaps_list(shared.workspace.home).write([gap, secret])
    assert shared.get("rea", "/api/gaps").status_code == 403
    visit = Visit(browser, site, shared.keys["cur"])
    visit.open("/gaps")
    visit.page.wait_for_selector("text=Renew a <b>parking</b> permit")
    told = visit.page.inner_text("main")
    assert "Asked 4 times by 2 people: 7 refused" in told
    assert "leave.md" in told
    assert "pay" not in told
    assert visit.complaints == []


def conflict(key: str, one: str, other: str) -> dict[str, Any]:
    sides: list[dict[str, Any]] = [
        {"document": name, "start": 0, "end": 5, "text": f"It is {n} <b>o'clock</b> in {name}.", "stated": None}
        for n, name in enumerate((one, other), 8)
    ]  # fmt: skip
    return {"conflict": key * 64, "differs": ["number"], "likely": 1.0, "statements": sides}


def test_curators_settle_conflicts_between_documents_that_they_may_see(
    browser: Browser, site: str, shared: Mill
) -> None:
    names = sorted(name for name in shared.service.current.index().rows["document"].unique() if "/" not in name)[:2]
    kept = [conflict("a", *names), conflict("b", names[0], "hr/pay.md"), conflict("c", "hr/pay.md", names[1])]
    conflicts_list(shared.workspace.home).write(kept)
    assert shared.get("rea", "/api/conflicts").status_code == 403
    assert shared.post("rea", f"/api/conflicts/{'a' * 64}", {"reason": "No"}).status_code == 403
    assert [one["conflict"][0] for one in shared.get("cur", "/api/conflicts").json()["conflicts"]] == ["a"]
    assert shared.post("cur", f"/api/conflicts/{'b' * 64}", {"reason": "No"}).status_code == 404
    assert shared.post("cur", f"/api/conflicts/{'a' * 64}", {"reason": " "}).status_code == 422
    visit = Visit(browser, site, shared.keys["cur"])
    visit.open("/conflicts")
    visit.page.wait_for_selector(f"text=It is 8 <b>o'clock</b> in {names[0]}.")
    assert "pay" not in visit.page.inner_text("main")
    visit.page.fill("[aria-label=Reason]", "Two clocks")
    visit.page.click("form.card button")
    visit.page.wait_for_selector("text=0 open in 0 pairs of documents, 1 settled")
    visit.page.check("[name=settled]")
    visit.page.wait_for_selector("text=Two clocks")
    assert shared.get("cur", "/api/conflicts").json()["conflicts"][0]["settled"]["who"] == "cur"
    visit.page.click("text=Open it again")
    visit.page.wait_for_selector("text=1 open in 1 pairs of documents, 0 settled")
    assert visit.complaints == []


def test_who_signs_out_is_asked_to_sign_in(browser: Browser, site: str, shared: Mill) -> None:
    visit = Visit(browser, site, shared.keys["hal"])
    visit.page.click("text=Sign out")
    visit.page.wait_for_url("**/sign-in")
    visit.page.goto(f"{site}/history")
    visit.page.wait_for_url("**/sign-in?next=*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(browser: Browser, site: str, shared: Mill, scheme: str) -> None:
    visit = Visit(browser, site, shared.keys["adm"], viewport=PHONE, color_scheme=scheme)
    visit.ask()
    for path in ("", "/history", "/releases", "/prompts", "/usage", "/documents", "/gaps", "/conflicts"):
        if path:
            visit.open(path)
            visit.page.wait_for_load_state("networkidle")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, site: str, shared: Mill, scheme: str) -> None:
    visit = Visit(browser, site, shared.keys["adm"], color_scheme=scheme, bypass_csp=True)
    visit.ask()
    found = []
    for path in ("", "/history", "/releases", "/prompts", "/usage", "/documents", "/gaps", "/conflicts", "/review"):
        if path:
            visit.open(path)
            visit.page.wait_for_load_state("networkidle")
        violations = Axe().run(visit.page).response["violations"]
        found += [(path, one["id"]) for one in violations if one["impact"] in {"serious", "critical"}]
    assert found == []
