"""What was withdrawn since an index was made is taken out of it, group by group."""

from __future__ import annotations

import polars as pl

from gristmill.release.opening import narrowed
from gristmill.search.rows import ROWS


def rows(**audiences: list[str]) -> pl.DataFrame:
    made = [
        {"chunk": f"{name}1", "document": name, "audience": groups, "audience_key": ",".join(sorted(groups))}
        for name, groups in audiences.items()
    ]
    return pl.DataFrame(made, schema={name: ROWS[name] for name in made[0]})


def test_nothing_is_touched_when_nothing_was_withdrawn() -> None:
    held = rows(a=["everyone"], b=["hr", "board"])
    assert narrowed(held, {"a": ["everyone"], "b": ["board", "hr"], "new": ["everyone"]}) is None


def test_a_removed_document_is_for_nobody_and_a_narrowed_one_for_those_who_are_left() -> None:
    held = rows(gone=["everyone"], narrow=["hr", "board"], same=["everyone"])
    found = narrowed(held, {"narrow": ["board", "finance"], "same": ["everyone"]})
    assert found is not None
    audiences = dict(found.select("document", "audience").iter_rows())
    assert audiences == {"gone": [], "narrow": ["board"], "same": ["everyone"]}
    assert dict(found.select("document", "audience_key").iter_rows())["narrow"] == "board"


def test_a_wider_audience_waits_for_its_release() -> None:
    held = rows(pay=["hr"])
    assert narrowed(held, {"pay": ["everyone", "hr"]}) is None
