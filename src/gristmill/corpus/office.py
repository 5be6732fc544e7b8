"""What the parsing library (kreuzberg 4.10) leaves out of slides, sheets and Word files: charts and comments.

Office files are zips of XML; parts are read with limits on size and number, by a parser that refuses entities. Called
where the library runs: in a child process with limits on time and memory. The library's own text stays as it is, so
nothing here may fail: a part that cannot be read adds nothing.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["appended", "joined_runs", "local", "parts", "without_pictures"]

_MOST_PART_BYTES = 16_000_000
_MOST_PARTS = 500
_CHART = re.compile(r"(?:word|ppt|xl)/charts/chart[^/]*\.xml")
# Comments of Word files are set aside as hidden text; those of slides and cells are shown beside them to every reader.
_COMMENTS = re.compile(r"ppt/comments/[^/]+\.xml|xl/comments/?[^/]*\.xml|xl/threadedComments/[^/]+\.xml")
_AUTHORS = re.compile(r"ppt/(?:commentAuthors|authors)\.xml|xl/persons/person[^/]*\.xml")
_SLIDE = re.compile(r"ppt/slides/slide\d+\.xml")
_PICTURE = re.compile(rb"<p:pic\b.*?</p:pic>", re.DOTALL)
_MOST_ROWS = 2_000


class _Comment(NamedTuple):
    author: str
    time: str
    text: str


def parts(data: bytes, names: re.Pattern[str]) -> Iterator[tuple[str, Element]]:
    """The name and root of each part whose name matches, in the order of their numbers."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError):
        return
    with archive:
        found = [part for part in archive.infolist() if names.fullmatch(part.filename)]
        for part in islice(sorted(found, key=lambda part: _numbered(part.filename)), _MOST_PARTS):
            if part.file_size > _MOST_PART_BYTES:
                continue
            try:
                yield part.filename, fromstring(archive.read(part))
            except (ParseError, DefusedXmlException, zipfile.BadZipFile, OSError, RuntimeError, ValueError):
                continue


def local(element: Element) -> str:
    """An element's name without its name space."""
    return element.tag.rpartition("}")[2]


def _numbered(name: str) -> tuple[str, int]:
    figures = re.search(r"(\d+)\.xml$", name)
    return re.sub(r"\d+\.xml$", "", name), int(figures[1]) if figures else 0


def appended(data: bytes) -> str:
    """Charts as tables, and the comments of slides and sheets, as Markdown to stand behind the text; often nothing."""
    charts = [chart for _, root in parts(data, _CHART) for chart in _charts(root)]
    comments = [f"Comment by {one.author}{one.time}: {one.text}" for one in _comments(data)]
    sections = [("## Charts", charts), ("## Comments", comments)]
    return "".join(f"\n\n{heading}\n\n" + "\n\n".join(lines) for heading, lines in sections if lines)


def _charts(root: Element) -> Iterator[str]:
    title = _words(next((one for one in root.iter() if local(one) == "title"), None), "t")
    for plot in root.iter():
        kind = re.fullmatch(r"([a-z]+\d?[A-Z]?[a-z]*)Chart", local(plot))
        series = [one for one in plot if local(one) == "ser"] if kind else []
        if kind and series and any(local(point) == "pt" for one in series for point in one.iter()):
            name = f"{kind[1].capitalize()} chart"
            yield f"{name}: {title}\n\n{_table(series)}" if title else f"{name}\n\n{_table(series)}"


def _table(series: Sequence[Element]) -> str:
    labels: dict[int, str] = {}
    columns: list[tuple[str, Mapping[int, str]]] = []
    for one in series:
        labels |= _points(one, "cat", "xVal")
        columns.append((_words(_child(one, "tx"), "v"), _points(one, "val", "yVal")))
    places = sorted({place for _, points in columns for place in points} | labels.keys())[:_MOST_ROWS]
    lines = [["", *(name for name, _ in columns)], *([labels.get(at, ""), *_row(columns, at)] for at in places)]
    rule = "|" + " --- |" * (len(columns) + 1)
    head, *rows = (f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)
    return "\n".join([head, rule, *rows])


def _row(columns: Sequence[tuple[str, Mapping[int, str]]], at: int) -> list[str]:
    return [points.get(at, "") for _, points in columns]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _points(series: Element, *names: str) -> dict[int, str]:
    """The values of a series or its labels, by their place."""
    holder = next((found for name in names if (found := _child(series, name)) is not None), None)
    points = (one for one in (() if holder is None else holder.iter()) if local(one) == "pt")
    return {int(one.get("idx", "0")): _words(one, "v") for one in points if one.get("idx", "0").isdigit()}


def _child(element: Element, name: str) -> Element | None:
    return next((one for one in element if local(one) == name), None)


def _words(element: Element | None, name: str) -> str:
    """The text of the descendants of this name."""
    return "" if element is None else " ".join("".join(_texts(element, name)).split())


def _texts(element: Element, name: str) -> Iterator[str]:
    return (one.text or "" for one in element.iter() if local(one) == name)


def _comments(data: bytes) -> Iterator[_Comment]:
    authors = {
        one.get("id", ""): _named(one)
        for _, root in parts(data, _AUTHORS)
        for one in root.iter()
        if local(one) in {"cmAuthor", "author", "person"}
    }
    for _, root in parts(data, _COMMENTS):
        listed = [one.text or "" for one in root.iter() if local(one) == "author"]
        own = {str(number): name for number, name in enumerate(listed)} or authors
        for one in root.iter():
            if local(one) in {"cm", "reply", "comment", "threadedComment"} and (found := _comment(one, own)):
                yield found


def _named(author: Element) -> str:
    name, initials = author.get("name") or author.get("displayName") or "", author.get("initials")
    return f"{name} ({initials})" if initials else name


def _comment(element: Element, authors: Mapping[str, str]) -> _Comment | None:
    author = authors.get(element.get("authorId") or element.get("personId") or "", "")
    time = element.get("dt") or element.get("created") or element.get("dT") or ""
    body = next((one for one in element if local(one) in {"text", "txBody"}), None)
    text = "" if body is None else " ".join(((body.text or "") + " ".join(_texts(body, "t"))).split())
    # Excel writes a threaded comment once more for old programs, by an author who is a number.
    if not text or author.startswith("tc="):
        return None
    return _Comment(author or "unknown", f", {time}" if time else "", text)


def joined_runs(data: bytes) -> dict[str, str]:
    """By what the library writes for it ("S ome info"), each paragraph of the slides whose words it broke."""
    found = {}
    for _, root in parts(data, _SLIDE):
        for paragraph in (one for one in root.iter() if local(one) == "p"):
            runs = list(_texts(paragraph, "t"))
            broken, whole = " ".join(run.strip() for run in runs), "".join(runs).strip()
            if len(runs) > 1 and broken != whole:
                found[broken] = whole
    return found


def without_pictures(data: bytes) -> bytes:
    """A presentation without the pictures on its slides: the library gives up on one that is not there."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for part in archive.infolist():
            if part.file_size > _MOST_PART_BYTES:
                continue
            content = archive.read(part)
            copy.writestr(part.filename, _PICTURE.sub(b"", content) if _SLIDE.fullmatch(part.filename) else content)
    return out.getvalue()
