"""The stage that parses: every content once, every failure a row with a reason, retries counted."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from gristmill.mill import accepted_documents, parsed_documents, source_files
from gristmill.storage.tables import DOCUMENTS, PARSED
from gristmill.workspace import Workspace
from tests.workspaces import grind, lake_versions, source, statuses, workspace_at, write


def _png_part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


WHITE_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _png_part(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    + _png_part(b"IDAT", zlib.compress((b"\0" + b"\xff" * 8) * 8))
    + _png_part(b"IEND", b"")
)
BLANK_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
STAGES = (source_files, parsed_documents, accepted_documents)


def outcomes(workspace: Workspace) -> list[tuple[str, int]]:
    return sorted(workspace.lake.read(PARSED, ["outcome", "attempts"]).iter_rows())


def test_two_files_with_the_same_bytes_are_parsed_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"a.md": "text", "b.md": "text", "sub/c.md": "text"})
    workspace = workspace_at(tmp_path / "home", folder)
    assert grind(workspace, STAGES)["parsed_documents"].numbers["parsed"] == 1
    assert statuses(workspace) == {"a.md": "accepted", "b.md": "accepted", "sub/c.md": "accepted"}


def test_a_renamed_file_is_not_parsed_again(workspace: Workspace, folder: Path) -> None:
    grind(workspace, STAGES)
    (folder / "mill.md").rename(folder / "weir.md")
    assert grind(workspace, STAGES)["parsed_documents"].numbers["parsed"] == 0
    assert statuses(workspace)["weir.md"] == "accepted"


def test_texts_that_no_file_needs_are_forgotten(workspace: Workspace, folder: Path) -> None:
    grind(workspace, STAGES)
    (folder / "mill.md").unlink()
    assert grind(workspace, STAGES)["parsed_documents"].numbers["forgotten"] == 1
    assert workspace.lake.read(PARSED).height == 2


def test_what_may_pass_is_tried_again_and_not_for_ever(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"a.txt": "x"})
    workspace = workspace_at(
        tmp_path / "home", folder, parser={"workers": 1, "seconds": 1e-6, "attempts": 2, "retry_after_seconds": 0}
    )
    for attempts in (1, 2, 2):
        grind(workspace, STAGES)
        assert outcomes(workspace) == [("timed out", attempts)]
    assert workspace.lake.read(DOCUMENTS)["reason"].to_list() == ["It took longer than 1e-06 s to read."]


def test_a_document_that_timed_out_is_accepted_when_it_can_be_read_later(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"a.txt": "text"})
    grind(workspace_at(tmp_path / "home", folder, parser={"workers": 1, "seconds": 1e-6}), STAGES)
    patient = workspace_at(tmp_path / "home", folder, parser={"workers": 1, "retry_after_seconds": 0})
    grind(patient, STAGES)
    assert statuses(patient) == {"a.txt": "accepted"}


def test_a_damaged_document_is_not_tried_again(tmp_path: Path) -> None:
    folder = write(tmp_path / "documents", {"a.docx": b"PK\x03\x04 no zip at all"})
    workspace = workspace_at(tmp_path / "home", folder)
    for _ in range(2):
        grind(workspace, STAGES)
    assert outcomes(workspace) == [("damaged", 1)]


def test_a_scan_that_stays_unreadable_is_not_parsed_in_every_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "documents", {"a.png": WHITE_PNG, "b.pdf": BLANK_PDF})
    monkeypatch.setenv("TESSDATA_PREFIX", str(write(tmp_path / "tessdata", {})))
    workspace = workspace_at(tmp_path / "home", folder)
    for _ in range(5):
        grind(workspace, STAGES)
    before = lake_versions(workspace)
    grind(workspace, STAGES)
    assert lake_versions(workspace) == before


def test_a_scan_is_read_again_when_tesseract_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "documents", {"a.png": WHITE_PNG})
    blind = workspace_at(tmp_path / "home", folder, parser={"workers": 1, "ocr": False})
    grind(blind, STAGES)
    assert outcomes(blind) == [("needs ocr", 1)]
    grind(blind, STAGES)
    assert outcomes(blind) == [("needs ocr", 1)]
    monkeypatch.setenv("TESSDATA_PREFIX", str(write(tmp_path / "tessdata", {})))
    seeing = workspace_at(tmp_path / "home", folder)
    grind(seeing, STAGES)
    assert [attempts for _, attempts in outcomes(seeing)] == [2]


def test_one_bad_document_among_good_ones_stops_nothing(tmp_path: Path) -> None:
    good = {f"good-{n}.md": f"Text {n}\n" for n in range(5)}
    bad = {
        "empty.md": b"", "blank.txt": b" \n ", "binary.txt": b"\0\1\2", "cut.pdf": b"%PDF-1.7\n%broken", "x.exe": b"MZ",
        "large.md": b"x" * 2_000,
    }  # fmt: skip
    folder = write(tmp_path / "documents", {**good, **bad})
    workspace = workspace_at(tmp_path / "home", source(folder, max_bytes=1_000))
    grind(workspace)
    assert [name for name, status in statuses(workspace).items() if status == "accepted"] == sorted(good)
    rows = {row["document"]: row for row in workspace.lake.read(DOCUMENTS).to_dicts()}
    assert {rows[name]["status"] for name in bad} <= {"quarantined", "failed"}
    assert all(rows[name]["reason"] for name in bad)
