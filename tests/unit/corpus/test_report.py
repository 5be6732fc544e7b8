"""Changes as Markdown: names and reasons are foreign text and stay text."""

from __future__ import annotations

import pytest

from gristmill.corpus.report import Change, as_markdown, escaped


@pytest.mark.parametrize(
    "name",
    ["a|b.md", "![x](http://example.org/x.png)", "<img src=x>", "two\nlines\r.md", "`code`", "[link](javascript:x)"],
)
def test_a_hostile_name_stays_in_its_cell(name: str) -> None:
    table = as_markdown([Change(name, "new")])
    assert len(table.splitlines()) == 3
    cells = table.splitlines()[2].replace("\\|", "").count("|")
    assert cells == 4
    for markup in "<>[]`!":
        assert table.count(markup) == table.count(f"\\{markup}")


def test_plain_text_stays_as_it_is() -> None:
    assert escaped("hr/leave-2026 (old).md: it's 27 days") == "hr/leave-2026 (old).md: it's 27 days"
