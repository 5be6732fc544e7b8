"""Builds the binary sample documents from the Markdown below samples/text.

    python samples/build.py            build all of them
    python samples/build.py --check    say which committed files differ, are missing, or have no source

`samples/text/<path>.<format>.md` becomes `samples/documents/<path>.<format>`; the format `scanned`
becomes a PDF without text. Text formats (md, txt, html, csv, eml) are not built: they lie in
samples/documents as they are. Two builds give the same bytes (with the versions in requirements.txt).

Front matter: title, date, author, lang, password (an encrypted PDF), and for planted damage
    broken: truncated      only the first 60 % of the file
    broken: empty          no bytes at all
    built-as: pdf          another format's bytes under this extension
    copy-of: <path>        the bytes of another document
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from building.image import build_png, build_scanned
from building.office import build_docx, build_pptx, build_xlsx
from building.open_formats import build_epub, build_odt, build_rtf
from building.pdf import build_pdf
from building.source import Source, read_source

HERE = Path(__file__).resolve().parent
TEXT = HERE / "text"
DOCUMENTS = HERE / "documents"
BUILDERS: dict[str, Callable[[Source], bytes]] = {
    "docx": build_docx,
    "epub": build_epub,
    "odt": build_odt,
    "pdf": build_pdf,
    "png": build_png,
    "pptx": build_pptx,
    "rtf": build_rtf,
    "scanned": build_scanned,
    "xlsx": build_xlsx,
}


def target_of(path: Path) -> Path:
    """The document that a source file becomes, relative to the documents folder."""
    relative = path.relative_to(TEXT).with_suffix("")
    return relative.with_suffix(".pdf") if relative.suffix == ".scanned" else relative


def build(path: Path) -> bytes:
    """The bytes of the document that a source file describes."""
    source = read_source(path)
    if "copy-of" in source.meta:
        return _copied(source.meta["copy-of"])
    kind = source.meta.get("built-as", path.with_suffix("").suffix.lstrip("."))
    if kind not in BUILDERS:
        raise SystemExit(f"{path}: there is no builder for '{kind}'")
    return _damaged(BUILDERS[kind](source), source.meta.get("broken", ""))


def _copied(name: str) -> bytes:
    """The bytes of another document: a built one is built again, a text one is read."""
    for path in TEXT.rglob("*.md"):
        if target_of(path).as_posix() == name:
            return build(path)
    return (DOCUMENTS / name).read_bytes()


def _damaged(data: bytes, damage: str) -> bytes:
    """The file with the damage that its front matter asks for."""
    if damage == "truncated":
        return data[: len(data) * 6 // 10]
    if damage == "empty":
        return b""
    if damage:
        raise SystemExit(f"Unknown damage '{damage}'")
    return data


def differences(built: dict[Path, bytes]) -> Iterator[str]:
    """Say which committed files are missing, differ from the built ones, or have no source."""
    for name, data in sorted(built.items()):
        path = DOCUMENTS / name
        if not path.is_file():
            yield f"missing: {name}"
        elif path.read_bytes() != data:
            yield f"differs: {name}"
    binary = {f".{kind}" for kind in BUILDERS}
    for path in sorted(DOCUMENTS.rglob("*")):
        if path.suffix in binary and path.relative_to(DOCUMENTS) not in built:
            yield f"no source: {path.relative_to(DOCUMENTS)}"


def main(arguments: list[str] | None = None) -> int:
    """Build or check all documents."""
    parser = argparse.ArgumentParser(description="Build the binary sample documents.")
    parser.add_argument("--check", action="store_true", help="only compare with the committed files")
    check: bool = parser.parse_args(arguments).check
    built = {target_of(path): build(path) for path in sorted(TEXT.rglob("*.md"))}
    if check:
        found = list(differences(built))
        print("\n".join(found) or f"{len(built)} built documents are as committed.")
        return 1 if found else 0
    for name, data in built.items():
        (DOCUMENTS / name).parent.mkdir(parents=True, exist_ok=True)
        (DOCUMENTS / name).write_bytes(data)
    print(f"{len(built)} documents built.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
