"""In a real browser nothing is fetched, whichever way a client shows an answer: as text, as HTML, or as Markdown."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from gristmill.answering.output import inert
from tests.unit.answering.payloads import payloads

CHROMIUM = shutil.which("chromium")
# `GRISTMILL_PAYLOADS=500 pytest tests/unit/answering/test_output_in_a_browser.py` is thorough.
PAYLOADS = int(os.environ.get("GRISTMILL_PAYLOADS", "120"))
_WAIT_MS = 300

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]


_SHOW = """shown => {
    const main = document.querySelector("main");
    for (const [text, markdown] of shown) {
        const parts = ["p", "p", "div"].map(name => document.createElement(name));
        parts[0].textContent = text;
        parts[1].innerHTML = text;
        parts[2].innerHTML = markdown;
        for (const part of parts) main.append(part);
    }
}"""


class _Empty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><meta charset=utf-8><title>Answers</title><main></main>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A page without a security policy: the gate alone must do."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Empty)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def fetches(site: str, texts: Iterable[str]) -> list[str]:
    """Return what a browser asks of other hosts when it shows texts as text, as HTML and as Markdown."""
    from markdown_it import MarkdownIt
    from playwright.sync_api import Error, sync_playwright

    render = MarkdownIt("commonmark", {"html": True}).render
    shown = [(text, render(text)) for text in texts]
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("popup", lambda popup: asked.append(popup.url))
        page.goto(site)
        links: list[str] = []
        try:
            page.evaluate(_SHOW, json.loads(json.dumps(shown)))
            links = page.evaluate("[...document.querySelectorAll('main [href], main [src]')].map(e => e.outerHTML)")
        except Error:
            pass  # a text led the browser away, which is among what was asked
        page.wait_for_timeout(_WAIT_MS)
        browser.close()
    return [url for url in asked if not url.startswith(site)] + links


def test_without_the_gate_the_browser_fetches(site: str) -> None:
    assert fetches(site, payloads(60, "27-days"))


def test_with_the_gate_nothing_is_fetched_and_nothing_is_linked(site: str) -> None:
    assert fetches(site, [inert(payload) for payload in payloads(PAYLOADS, "27-days")]) == []
