"""Which file formats are read, by the ending of their name, and how a wrong ending is noticed.

Plain text and Markdown are decoded by `corpus/plain.py`, because they already are the text that citations quote; all
other formats go to the parsing library.
"""

from __future__ import annotations

from pathlib import PurePosixPath

MARKDOWN = "text/markdown"
PLAIN = "text/plain"
HTML = "text/html"
PDF = "application/pdf"
CSV = "text/csv"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"

_BY_ENDING = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".txt": PLAIN,
    ".text": PLAIN,
    ".log": PLAIN,
    ".rst": PLAIN,
    ".adoc": PLAIN,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".pdf": PDF,
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".odt": f"{_OPEN}.text",
    ".ods": f"{_OPEN}.spreadsheet",
    ".csv": CSV,
    ".tsv": "text/tab-separated-values",
    ".eml": "message/rfc822",
    ".rtf": "application/rtf",
    ".epub": "application/epub+zip",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
READ_AS_TEXT = frozenset({MARKDOWN, PLAIN})
DOCX, PPTX, XLSX = (_BY_ENDING[ending] for ending in (".docx", ".pptx", ".xlsx"))
TABULAR = frozenset(_BY_ENDING[ending] for ending in (".xlsx", ".ods", ".csv", ".tsv"))
ENDINGS = tuple(_BY_ENDING)

_ZIP_MEMBERS = {
    b"word/": _BY_ENDING[".docx"],
    b"ppt/": _BY_ENDING[".pptx"],
    b"xl/": _BY_ENDING[".xlsx"],
    b"mimetypeapplication/epub+zip": _BY_ENDING[".epub"],
    b"mimetypeapplication/vnd.oasis.opendocument.text": _BY_ENDING[".odt"],
    b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet": _BY_ENDING[".ods"],
}
_SIGNATURES = {
    b"%PDF-": PDF,
    b"{\\rtf": _BY_ENDING[".rtf"],
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
}


def media_type(path: str) -> str | None:
    """Return the media type that the ending of `path` promises, or None for a format that is not read."""
    return _BY_ENDING.get(PurePosixPath(path).suffix.lower())


def true_media_type(data: bytes, promised: str) -> str:
    """Return what the bytes are, where their first ones say so; else what the ending promises."""
    head = data[:8]
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _zip_media_type(data) or promised
    if promised not in {HTML, *READ_AS_TEXT} and data[:512].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return HTML
    return promised


def ending_of(kind: str) -> str:
    """Return the usual ending of a media type, for messages to people."""
    return next((ending for ending, known in _BY_ENDING.items() if known == kind), kind)


def _zip_media_type(data: bytes) -> str | None:
    # The names of a zip's members stand in clear in the local headers and in the directory at the end.
    names = data[:4096] + data[-65536:]
    return next((kind for marker, kind in _ZIP_MEMBERS.items() if marker in names), None)
