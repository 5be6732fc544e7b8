"""Plain text and Markdown, decoded as they are: every character that a citation quotes is the file's own."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<fields>.{0,20000}?)\n---[ \t]*\n+", re.DOTALL)
_FIELD = re.compile(r"^(?P<name>[A-Za-z][\w-]{0,40}):[ \t]*(?P<value>.{0,500}?)[ \t]*$", re.MULTILINE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True)
class Plain:
    """Decoded text without its front matter, and the fields of that."""

    text: str
    fields: dict[str, str]


def decode(data: bytes) -> str:
    """Return text of unknown encoding: by byte-order mark, as UTF-8, else by the likeliest single-byte encoding."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _guess(data)


def read_plain(data: bytes) -> Plain:
    """Return the text of a plain or Markdown file, with line ends as newlines and front matter taken off."""
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    match = _FRONT_MATTER.match(text)
    if match is None:
        return Plain(text, {})
    fields = {m["name"].lower(): m["value"].strip("'\"") for m in _FIELD.finditer(match["fields"])}
    return Plain(text[match.end() :], fields)


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    likely = list(from_bytes(data[:200_000], cp_isolation=["cp1252", "latin_1", "cp1250", "cp1251", "shift_jis"]))
    if not likely:
        return data.decode("cp1252", "replace")
    # Where Western and Central European fit equally well the library names the latter, and French "à" becomes "ŕ".
    equal = [
        match.encoding for match in likely if (match.chaos, match.coherence) == (likely[0].chaos, likely[0].coherence)
    ]
    return data.decode("cp1252" if "cp1252" in equal else likely[0].encoding, "replace")
