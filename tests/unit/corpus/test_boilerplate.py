"""Headers, footers and navigation: marked in the ledger, left out of chunks, the same after any history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.corpus.data_report.gathering import gather
from gristmill.corpus.hygiene import edge_lines, merged_spans, page_lines, shared_edges
from gristmill.corpus.hygiene.offsets import Span
from gristmill.dossiers import dossier
from gristmill.search.checks import check_chunks
from gristmill.search.chunkers.chunker import Span as Chunk
from gristmill.search.chunking import without_boilerplate
from gristmill.storage.tables import CHUNKS, DOCUMENTS, TEXTS
from gristmill.workspace import Workspace
from tests.workspaces import LAKE_STAGES, grind, lake_state, workspace_at, write

NAVIGATION = "[Home of the handbook](/)\n\n[All spare parts of the mill](/parts)"
FOOTER = "Aldersluice Works Ltd, Mill Lane, Brackenford, all rights reserved"
GERMAN = "Das Schloss der Schütztafel wird jeden Monat geschmiert, und die Kette wird vor dem Winter geprüft. " * 3
WORDS = "sluice weir wheel stone rye hopper chute damsel spindle bolter rack pinion governor lantern crown wallower"


def page(number: int) -> str:
    words = WORDS.split()
    body = " ".join(f"The {words[(number + n) % 16]} {n} of hall {number} is greased by the watch." for n in range(30))
    return f"{NAVIGATION}\n\n# Part {number}\n\n{body}\n\n{FOOTER}\n"


def pages(count: int) -> dict[str, str | bytes]:
    return {f"{number}.md": page(number) for number in range(count)}


def marked(workspace: Workspace) -> dict[str, list[str]]:
    rows = workspace.lake.read(DOCUMENTS).join(workspace.lake.read(TEXTS, ["text_hash", "text"]), on="text_hash")
    return {
        row["document"]: [row["text"][span["start"] : span["end"]] for span in row["boilerplate"]]
        for row in rows.to_dicts()
    }


@pytest.fixture
def mill(tmp_path: Path) -> Workspace:
    write(tmp_path / "docs", pages(12))
    return workspace_at(tmp_path / "home", tmp_path / "docs")


def test_what_the_documents_of_a_source_share_at_their_edges_is_marked_and_in_no_chunk(mill: Workspace) -> None:
    grind(mill, LAKE_STAGES)
    assert marked(mill) == {f"{n}.md": [NAVIGATION, FOOTER] for n in range(12)}
    chunks = mill.lake.read(CHUNKS)
    assert not chunks["text"].str.contains("Home of the handbook|all rights reserved").any()
    assert chunks["text"].str.contains("hall 7 is greased").any()
    texts = mill.lake.read(DOCUMENTS).join(mill.lake.read(TEXTS), on="text_hash").select("document", "text")
    for row in chunks.join(texts, on="document", suffix="_all").to_dicts():
        assert row["text_all"][row["start"] : row["end"]] == row["text"]
    assert not check_chunks(mill.lake, mill.encoder).blocks


def test_a_few_documents_with_the_same_head_are_a_form_and_nothing_is_marked(tmp_path: Path) -> None:
    write(tmp_path / "docs", pages(6))
    mill = workspace_at(tmp_path / "home", tmp_path / "docs")
    grind(mill, LAKE_STAGES)
    assert set(map(tuple, marked(mill).values())) == {()}


def test_marks_come_and_go_with_the_documents_that_share_them_as_in_a_rebuild(mill: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    grind(mill, LAKE_STAGES)
    for number in range(3, 12):
        (folder / f"{number}.md").unlink()
    grind(mill, LAKE_STAGES)
    assert set(map(tuple, marked(mill).values())) == {()}
    rebuilt = workspace_at(tmp_path / "other", folder)
    grind(rebuilt, LAKE_STAGES)
    assert lake_state(mill) == lake_state(rebuilt)
    write(folder, pages(12))
    grind(mill, LAKE_STAGES)
    assert len(marked(mill)["11.md"]) == 2


def test_copies_of_one_document_are_no_reason_to_mark_it(tmp_path: Path) -> None:
    write(tmp_path / "docs", {f"copy-{n}.md": page(1) for n in range(12)})
    mill = workspace_at(tmp_path / "home", tmp_path / "docs")
    grind(mill, LAKE_STAGES)
    assert set(map(tuple, marked(mill).values())) == {()}


def test_a_document_in_two_languages_is_told_in_its_dossier_and_in_the_report(mill: Workspace, tmp_path: Path) -> None:
    write(tmp_path / "docs", {"two.md": f"{page(40)}\n\n# Anhang\n\n{GERMAN}\n"})
    grind(mill, LAKE_STAGES)
    shown = dossier(mill, "two.md")
    assert [part["language"] for part in shown["languages"]] == ["en", "de"]
    assert [span["text"] for span in shown["boilerplate"]] == [NAVIGATION, FOOTER]
    report = gather(mill.lake)
    assert report.mixed == 1
    assert report.boilerplate == 13 * (len(NAVIGATION) + len(FOOTER))


def test_headers_and_footers_of_pages_are_marked_but_the_first_of_each() -> None:
    parts = [f"Manual HM-040\n\n{PROSE[n]}\n\nPage {n} of 4\n\n" for n in range(1, 5)]
    text, starts = "".join(parts), [sum(map(len, parts[:n])) for n in range(4)]
    found = page_lines(text, list(enumerate(starts, 1)))
    assert [text[slice(*span)] for span in found] == [
        said for n in range(2, 5) for said in ("Manual HM-040", f"Page {n} of 4")
    ]


PROSE = ["", *("\n".join(f"{word} {turn} turns" for word in WORDS.split()[turn : turn + 8]) for turn in range(4))]


def chunk(start: int, end: int) -> Chunk:
    return Chunk(start, end, (), "", 1, start, end)


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), max_size=5)


@given(st.text(st.sampled_from("ab \n"), min_size=60, max_size=60), spans, st.integers(0, 59), st.integers(1, 60))
def test_a_trimmed_chunk_lies_in_its_chunk_and_begins_and_ends_outside_what_is_marked(
    text: str, found: list[tuple[int, int]], start: int, length: int
) -> None:
    boilerplate = merged_spans(Span(begin, min(begin + size, 60)) for begin, size in found if begin < 60)
    end = min(start + length, 60)
    rows: list[dict[str, Any]] = [span._asdict() for span in boilerplate]
    kept = without_boilerplate([chunk(start, end)], text, rows)
    for span in kept:
        assert start <= span.start < span.end <= end
        if (span.start, span.end) != (start, end):
            assert not any(one.start <= span.start < one.end or one.start < span.end <= one.end for one in boilerplate)


def test_two_shared_lines_in_a_row_or_a_long_one_are_marked_and_a_short_heading_is_not() -> None:
    text = "## Safety\n\nWear gloves.\n"
    lines = edge_lines(text)
    assert [text[line.start : line.end] for line in lines] == ["## Safety", "Wear gloves."]
    assert shared_edges(lines[:1]) == []
    assert shared_edges(lines) == [Span(0, len(text) - 1)]


def test_the_first_and_last_lines_of_a_document_are_neighbours_only_if_nothing_stands_between() -> None:
    for count, runs in ((24, 1), (25, 2)):
        text = "\n\n".join(f"Line number {number}." for number in range(count))
        lines = edge_lines(text)
        assert [text[line.start : line.end] for line in lines[10:14]] == [
            *(f"Line number {number}." for number in (10, 11)),
            *(f"Line number {number}." for number in (count - 12, count - 11)),
        ]
        assert len(shared_edges(lines)) == runs
