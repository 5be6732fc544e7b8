"""Where the headings of a text are; what a section is belongs to those who cut one."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["FRONT_MATTER", "heading_of", "heading_starts"]

_MARK = re.compile(r"#{1,6} ")
FRONT_MATTER = re.compile(r"\A---\n.{0,4000}?\n(?:---\n|\n(?=#))", re.DOTALL)
_FIRST_WITHIN = 4_000
_CODE = r"^ {0,3}```[\s\S]*?^ {0,3}```"
_MARKED = r"^(?P<marks>#{1,6})[ \t]+(?P<marked>.+?)[ \t#]*$"
# Plain text and reStructuredText underline a heading, with a line of one sign about as long as it.
_UNDERLINED = r"^(?P<line>[^\s|>#].*)\n(?P<rule>(?P<sign>[=\-*~^\"+#])(?P=sign){2,})[ \t]*$"
_HEADING = re.compile(f"{_CODE}|{_MARKED}|{_UNDERLINED}", re.MULTILINE)
_ROLE = re.compile(r":[\w:+-]+:(?=`)")


def heading_starts(text: str) -> Iterator[int]:
    """The offsets of all marked headings, in order: a search for a sign costs a tenth of an expression at each line."""
    if _MARK.match(text):
        yield 0
    at = text.find("\n#")
    while at >= 0:
        if _MARK.match(text, at + 1):
            yield at + 1
        at = text.find("\n#", at + 1)


def heading_of(text: str) -> str:
    """Return what a text calls itself near its beginning: its first heading of the first level, else its first one."""
    matter = FRONT_MATTER.match(text)
    first = ""
    for found in _HEADING.finditer(text, matter.end() if matter else 0, _FIRST_WITHIN):
        if found["marked"] is not None:
            first = first or found["marked"].strip()
            if found["marks"] == "#":
                return found["marked"].strip()
        elif found["line"] is not None and not first and _is_underlined(found["line"].strip(), found["rule"]):
            return _ROLE.sub("", found["line"].strip())
    return first


def _is_underlined(line: str, rule: str) -> bool:
    return len(rule) >= len(line) / 2 and any(map(str.isalpha, line))
