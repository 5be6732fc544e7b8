from __future__ import annotations

import io
import zipfile

import pytest

from gristmill.corpus.formats import CSV, ENDINGS, HTML, MARKDOWN, PDF, PLAIN, ending_of, media_type, true_media_type

DOCX = media_type("a.docx")
assert DOCX is not None


def zipped(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in [first] if first else []:
            archive.writestr(name, content)
        for name in names:
            archive.writestr(name, "content")
    return stream.getvalue()


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_known_ending_is_read_in_any_case(ending: str) -> None:
    assert media_type(f"a/b.c{ending.upper()}") == media_type(f"x{ending}") is not None


@pytest.mark.parametrize("name", ["a", "a.exe", "a.md.bak", ".md", "pdf", "a.docx~"])
def test_other_endings_are_not(name: str) -> None:
    assert media_type(name) is None


@pytest.mark.parametrize(
    ("data", "promised", "found"),
    [
        (b"%PDF-1.7\n", DOCX, PDF),
        (b"{\\rtf1", PLAIN, media_type("a.rtf")),
        (b"\x89PNG\r\n", PDF, media_type("a.png")),
        (b"\n  <!DOCTYPE html><p>", DOCX, HTML),
        (b"<html>", CSV, HTML),
        (zipped("[Content_Types].xml", "word/document.xml"), PDF, DOCX),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), DOCX, media_type("a.xlsx")),
        (zipped("ppt/presentation.xml"), DOCX, media_type("a.pptx")),
        (zipped(first=("mimetype", b"application/epub+zip")), DOCX, media_type("a.epub")),
        (zipped(first=("mimetype", b"application/vnd.oasis.opendocument.text")), DOCX, media_type("a.odt")),
    ],
)
def test_what_the_bytes_say_counts_more_than_the_ending(data: bytes, promised: str, found: str) -> None:
    assert true_media_type(data, promised) == found


@pytest.mark.parametrize(
    ("data", "promised"),
    [
        (b"plain words", PLAIN),
        (b"<html> is how a page begins", MARKDOWN),
        (b"<!doctype html>", PLAIN),
        (zipped("notes.txt"), DOCX),
        (b"", PDF),
        (b"PK\x03\x04", DOCX),
    ],
)
def test_bytes_that_say_nothing_leave_the_endings_promise(data: bytes, promised: str) -> None:
    assert true_media_type(data, promised) == promised


def test_a_media_type_is_told_to_people_by_its_ending() -> None:
    assert ending_of(PDF) == ".pdf"
    assert ending_of("application/unknown") == "application/unknown"
