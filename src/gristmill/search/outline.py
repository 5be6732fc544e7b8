"""The structure of a Markdown text that chunks carry with them: heading paths, and the header rows of tables."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_LINE = re.compile(r"[^\n]*\n?")
_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*$")
_RULE = re.compile(r"\|?[ \t]*:?-{2,}:?[ \t]*(\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$")
_EMPHASIS = re.compile(r"[*_`\\]+")


@dataclass(frozen=True)
class Table:
    """A table's span and its header row."""

    start: int
    body: int
    end: int
    header: str


class Outline:
    """Headings and tables of one text, found in one pass over its lines; lines in code fences are neither."""

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._paths: list[tuple[str, ...]] = []
        self.tables: list[Table] = []
        self._read(text)

    def path_at(self, offset: int) -> tuple[str, ...]:
        """Return the headings that govern `offset`, outermost first."""
        at = bisect_right(self._starts, offset)
        return self._paths[at - 1] if at else ()

    def paths(self) -> list[tuple[str, ...]]:
        """Return the path of every heading, in order."""
        return list(self._paths)

    def header_at(self, offset: int) -> str:
        """Return the header row of the table whose body holds `offset`, or nothing."""
        at = bisect_right([table.start for table in self.tables], offset)
        table = self.tables[at - 1] if at else None
        return table.header if table is not None and table.body <= offset < table.end else ""

    def _read(self, text: str) -> None:
        stack: list[tuple[int, str]] = []
        fenced, previous, open_table = False, ("", 0), None
        for match in _LINE.finditer(text):
            line, start = match[0].rstrip("\n"), match.start()
            if line.lstrip().startswith(("```", "~~~")):
                fenced = not fenced
            elif not fenced and (heading := _HEADING.match(line)) is not None:
                level, title = len(heading[1]), plain(heading[2])
                stack = [*(entry for entry in stack if entry[0] < level), (level, title)]
                self._starts.append(start)
                self._paths.append(tuple(title for _, title in stack if title))
            if "|" not in line and open_table is not None:
                self.tables.append(Table(*open_table[:2], start, open_table[2]))
                open_table = None
            elif not fenced and "|" in line and _RULE.fullmatch(line.strip()) and "|" in previous[0]:
                open_table = (previous[1], match.end(), previous[0].strip())
            previous = (line, start)
        if open_table is not None:
            self.tables.append(Table(*open_table[:2], len(text), open_table[2]))


def plain(markdown: str) -> str:
    """Return a line without the marks of emphasis and code."""
    return re.sub(r"\s+", " ", _EMPHASIS.sub("", markdown)).strip()
