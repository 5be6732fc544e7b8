"""Files made to break a parser: each ends in a status with a reason, in bounded time, and stops no other document."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gates import Gate, put

GOOD = "# The wheel\n\nThe wheel turns by day and stands still at night, when the sluice is shut.\n"
SECRET = "the content of a file outside the source"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:body></w:document>'


def docx(document: str | bytes, prologue: str = "") -> bytes:
    body = document if isinstance(document, bytes) else (prologue + _BODY.format(document)).encode()
    return zipped(
        {"[Content_Types].xml": _TYPES.encode(), "_rels/.rels": _RELATIONS.encode(), "word/document.xml": body}
    )


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def laughs() -> str:
    entities = ['<!ENTITY a0 "lol lol lol lol lol lol lol lol lol lol ">']
    entities += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    return f'<?xml version="1.0"?><!DOCTYPE w [{"".join(entities)}]>'


def nested_zip() -> bytes:
    inner = zipped({"zeros": bytes(1 << 24)})
    for _ in range(4):
        inner = zipped({f"{n}.zip": inner for n in range(16)})
    return docx(zipped({"word/document.xml": inner}))


def huge_member() -> bytes:
    return docx(b"<w:document>" + b" " * (1 << 29))


def outside(folder: Path) -> str:
    file = folder.parent / "outside.txt"
    file.write_text(SECRET)
    return f'<!DOCTYPE w [<!ENTITY x SYSTEM "file://{file}">]>'


def long_pdf(_: Path) -> bytes:
    """A PDF of 400 pages with one line each, written by hand."""
    pages = 400
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(pages))
    objects += [
        f"<< /Type /Pages /Count {pages} /Kids [{kids}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n in range(pages):
        content = f"BT /F1 12 Tf 72 700 Td (Page {n + 1} tells of wheel {n * 7} and of the sluice beside it.) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * n} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    data, offsets = "%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return f"{data}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode()


def long_table(_: Path) -> bytes:
    return b"part,price,store\n" + b"".join(
        b"wheel %d,%d,shelf %d\n" % (n, n * 7 % 999, n % 50) for n in range(200_000)
    )


def page_outside(folder: Path) -> bytes:
    return f"{outside(folder)}<html><body><p>&x; The wheel turns by day and by night.</p></body></html>".encode()


BOMBS: dict[str, Callable[[Path], bytes]] = {
    "nested.docx": lambda _: nested_zip(),
    "huge.docx": lambda _: huge_member(),
    "laughs.docx": lambda _: docx("&a9;", laughs()),
    "laughs.html": lambda _: (laughs() + "<html><body><p>&a9; The wheel turns.</p></body></html>").encode(),
    "outside.docx": lambda folder: docx("&x;", f'<?xml version="1.0"?>{outside(folder)}'),
    "outside.html": page_outside,
    "outside.odt": lambda folder: zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": f'<?xml version="1.0"?>{outside(folder)}<w>&x;</w>'.encode(),
        }
    ),
    "outside.svg": lambda folder: f'<?xml version="1.0"?>{outside(folder)}<svg><text>&x;</text></svg>'.encode(),
    "long.pdf": long_pdf,
    "long.csv": long_table,
    "deep.html": lambda _: b"<div>" * 100_000 + b"The wheel turns by day." + b"</div>" * 100_000,
    "deep.md": lambda _: b"> " * 50_000 + b"The wheel turns by day.\n",
    "one-line.txt": lambda _: b"wheel " * 2_000_000,
}


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    root = tmp_path_factory.mktemp("bombs")
    folder = put(root / "documents", good=GOOD)
    for name, make in BOMBS.items():
        (folder / name).write_bytes(make(folder))
    with (folder / "zeros.txt").open("wb") as stream:
        stream.truncate(1 << 30)  # a sparse file: a gigabyte of zeros that takes no room
    with (folder / "zeros.pdf").open("wb") as stream:
        stream.truncate(40 << 20)
    made = Gate(root / "home", folder, parser={"workers": 2, "ocr": False, "seconds": 60.0, "memory_mb": 1536})
    made.run()
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", [*BOMBS, "zeros.txt", "zeros.pdf"])
def test_a_bomb_ends_in_a_status_with_a_reason(gate: Gate, name: str) -> None:
    row = gate.ledger()[name]
    assert row["status"] in {"accepted", "quarantined", "failed"}
    assert row["status"] == "accepted" or (row["reason"] and row["findings"][0]["recovery"])


@pytest.mark.slow
def test_a_bomb_stops_no_other_document(gate: Gate) -> None:
    assert gate.status("good.md") == "accepted"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["outside.docx", "outside.html", "outside.odt"])
def test_an_entity_reads_nothing_outside_the_source(gate: Gate, name: str) -> None:
    assert gate.status(name) != "accepted" or SECRET not in gate.text(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["long.pdf", "long.csv"])
def test_what_is_only_long_is_read_to_its_end(gate: Gate, name: str) -> None:
    assert gate.status(name) == "accepted"
    assert {"long.pdf": "wheel 2793", "long.csv": "wheel 199999"}[name] in gate.text(name)
