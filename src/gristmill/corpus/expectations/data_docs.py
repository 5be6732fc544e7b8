"""Great Expectations' own pages (Data Docs), a file for each suite and one that lists them, made to work offline.

As the library writes them they load style and scripts from half a dozen hosts. Here all of that is taken out, and a
small style of our own put in: the pages are looked at on machines without a network, and nobody learns who looks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from gristmill.corpus.expectations.declared import Observation, Suite
from gristmill.storage.artifacts import write_durably

_FOREIGN = re.compile(
    r"<script\b.*?</script>|<link\b[^>]*>|<img\b[^>]*>|<style\b.*?</style>|<form\b.*?</form>", re.DOTALL | re.IGNORECASE
)
# Also those into the library's own tree of pages, of which this is the only one that is kept.
_DEAD_LINK = re.compile(r"<a\b[^>]*href=[\"'](?:(?:https?:)?//|\.\./|#)[^>]*>(.*?)</a>", re.DOTALL | re.IGNORECASE)
_STYLE = """<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9dbe0; --paper: #fff; --tint: #f4f5f7;
  --good: #18794e; --bad: #c62a2f; --warn: #946800 }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #a4a8b0; --line: #3a3d44; --paper: #16181c;
  --tint: #1f2227; --good: #4cc38a; --bad: #ff8589; --warn: #f1a10d } }
body { margin: 0 auto; padding: 1rem; max-width: 75rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1, h2, h3, h4, h5 { line-height: 1.25; margin: 1.4em 0 .5em } h1 { font-size: 1.5rem }
h2, h3, h4, h5 { font-size: 1.1rem } h6 { margin: 0 }
a { color: inherit } table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: break-word } th { color: var(--soft); font-weight: 600; white-space: nowrap }
td.sample { overflow-wrap: anywhere; font-size: .88em; min-width: 9rem }
th:first-child, td:first-child { min-width: 4rem }
.collapse, nav, footer, button, .btn, .modal, .col-lg-2, #ge-cta-footer, .cooltip .top { display: none }
.table-responsive, .scroll { overflow-x: auto } ul, ol { padding-left: 1.2rem } p { margin: .3rem 0 }
.badge, .code-snippet, code { background: var(--tint); border-radius: .2rem; padding: 0 .3rem; font-size: .92em }
.text-success { color: var(--good) } .text-danger { color: var(--bad) } .text-warning { color: var(--warn) }
.fa-check-circle::before { content: "\\2713" } .fa-times::before { content: "\\2717" }
.fa-exclamation-triangle::before { content: "!" } .fas { font-style: normal; font-weight: 700 }
.good { color: var(--good) } .bad { color: var(--bad); font-weight: 600 } .soft { color: var(--soft) }
@media (max-width: 40rem) { body { padding: .75rem; font-size: 15px } th, td { padding-right: .4rem } }
</style>
"""


def docs_folder(home: Path) -> Path:
    """Return where the pages lie in a home folder."""
    return home / "reports" / "data_docs"


def write_page(folder: Path, suite: Suite, seen: Sequence[Observation], result: Any) -> Path:
    """Write the page of one suite and the list of pages; return the page.

    Args:
        folder: of the pages.
        suite: what was looked at.
        seen: what was seen.
        result: the library's own result, from `great.observe_great`.
    """
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    html = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result))
    page = folder / f"{suite.name}.html"
    write_durably(page, offline(html, _top(suite, seen)))
    write_durably(folder / "index.html", _index(sorted(path.stem for path in folder.glob("*.html"))))
    return page


def offline(html: str, top: str = "") -> str:
    """Return a page without anything that is fetched from elsewhere, in our style, with `top` as its beginning."""
    html = _DEAD_LINK.sub(r"\1", _FOREIGN.sub("", html))
    html = re.sub(r"</head>", lambda _: f"{_STYLE}</head>", html, count=1, flags=re.IGNORECASE)
    return re.sub(r"(<body[^>]*>)", lambda found: found[1] + top, html, count=1, flags=re.IGNORECASE)


def _top(suite: Suite, seen: Sequence[Observation]) -> str:
    broken = [one for one in seen if not one.passed]
    rows = "".join(
        f"<tr><td>{escape(one.expectation.rule)}</td><td>{escape(one.in_words)}</td>"
        f"<td class='sample'>{escape(', '.join(one.sample))}</td><td>{escape(one.recovery)}</td></tr>"
        for one in broken
    )
    head = "<tr><th>rule</th><th>seen</th><th>for instance</th><th>what to do</th></tr>"
    said = f'<p class="bad">{len(broken)} of {len(seen)} expectations do not hold.</p>' if broken else (
        f'<p class="good">All {len(seen)} expectations hold.</p>'
    )  # fmt: skip
    table = f'<div class="scroll"><table>{head}{rows}</table></div>' if broken else ""
    return f'<p><a href="index.html">All tables</a></p><h1>{escape(suite.name)}</h1>{said}{table}'


def _index(names: Sequence[str]) -> str:
    items = "".join(f'<li><a href="{escape(n)}.html">{escape(n)}</a></li>' for n in names if n != "index")
    title = "What is expected of the tables"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{_STYLE}</head>'
        f"<body><h1>{title}</h1><ul>{items}</ul></body></html>"
    )
