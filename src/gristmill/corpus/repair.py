r"""Mends what the parsing library (kreuzberg 4.10) does to some texts on their way to Markdown.

Found by comparing its outputs on one file: in PDFs it takes single letters for broken ligatures ("RakeMaster" becomes
"Rakettiaster") while its plain text has them right; it escapes punctuation that has no meaning where it stands ("3\.");
a CSV file separated by semicolons is cut at its commas; a sheet's title becomes the name of its first column; a page of
HTML begins with the page's metadata; words of slides are broken where their style changes; a paragraph of one line in a
PDF is often taken for a heading, and so would be no sentence that an answer can quote.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

_WORD = re.compile(r"[^\s|*_`#<>\[\]()]+")
# What the library writes for what stood there, when it takes a character for a broken ligature.
_LIGATURES = {"tti": "M", "ff": "!", "ffi": '"', "fi": "#", "ti": ":", "": "<"}
_ESCAPED = re.compile(r"\\([.\-*_>+!()\[\]{}~`&])")
# Marks of bold and italic type, which the library writes escaped in slides.
_EMPHASIS = re.compile(r"[\\*]+")
_TABLE_RULE = re.compile(r"\|(?: *:?-{3,}:? *\|)+ *")
_MOST_MENDED = 4
_DELIMITERS = ",;\t|"
# A heading below the first level, with its text.
_HEADING = re.compile(r"#{2,6} +(?P<text>\S.*?)[ #]*")
_LONGEST_HEADING = 100
_SHORTEST_SENTENCE = 4  # words
_SNIFFED_LINES = 200


def mend_pdf_words(markdown: str, pages: Sequence[str]) -> str:
    """Return the Markdown with each word that no page has replaced by the one that a page does have."""
    known = {word for page in pages for word in _WORD.findall(page)}
    if not known:
        return markdown
    return _WORD.sub(lambda match: _mended(match[0], known), markdown)


def without_false_headings(markdown: str) -> str:
    """Return the Markdown of a PDF with those headings as text that are sentences, list items or cut paragraphs."""
    lines = markdown.split("\n")
    heads = [_HEADING.fullmatch(line) for line in lines]
    for at, head in enumerate(heads):
        if head is not None and _is_text(head["text"], next((line for line in lines[at + 1 :] if line.strip()), "")):
            lines[at] = head["text"]
    return "\n".join(lines)


def _is_text(heading: str, following: str) -> bool:
    """Say whether a heading reads like text: the line that follows it may go on with its sentence."""
    words = heading.split()
    sentence = heading.endswith((".", ";", "!")) and len(words) >= _SHORTEST_SENTENCE
    item = words[0] in {"·", "•", "–", "▪", "‣"}
    return sentence or item or heading[0].islower() or following[:1].islower() or len(heading) > _LONGEST_HEADING


def with_whole_words(markdown: str, whole: Mapping[str, str]) -> str:
    """Return the Markdown of slides with the words that the library broke between two styles put together again."""
    if not whole:
        return markdown
    lines = (_whole(line, whole) for line in markdown.split("\n"))
    return "\n".join(lines)


def _whole(line: str, whole: Mapping[str, str]) -> str:
    mark, text = re.match(r"(\s*(?:[-*#]+ |\d+\. )?)(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
    return mark + whole.get(_EMPHASIS.sub("", text).strip(), text)


def unescape(markdown: str) -> str:
    r"""Return the Markdown without backslashes before punctuation that needs none; a cell's `\|` keeps its own."""
    return _ESCAPED.sub(r"\1", markdown)


def without_page_metadata(markdown: str) -> str:
    """Return the Markdown of a web page without the metadata that stands before its text."""
    if not markdown.startswith("---\n"):
        return markdown
    lines = markdown.split("\n")
    after = next((at for at, line in enumerate(lines) if line.startswith("## title: ")), None)
    if after is None or after > 60:
        return markdown
    return "\n".join(lines[after + 1 :]).lstrip("\n")


def comma_separated(data: bytes) -> bytes:
    """Return a CSV file with commas between its cells, whatever separated them."""
    from gristmill.corpus.plain import decode

    text = decode(data)
    delimiter = _delimiter(text.splitlines()[:_SNIFFED_LINES])
    if delimiter == ",":
        return text.encode()
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(csv.reader(io.StringIO(text), delimiter=delimiter))
    return out.getvalue().encode()


def lift_table_titles(markdown: str) -> str:
    """Return the Markdown with what stands alone in the first rows of a table as lines above it.

    Sheets begin with a title in one cell; the library takes that row for the names of the columns.
    """
    lines = markdown.split("\n")
    out: list[str] = []
    at = 0
    while at < len(lines):
        if at + 1 < len(lines) and _TABLE_RULE.fullmatch(lines[at + 1]) and len(_filled(lines[at])) <= 1:
            titles, at = _titles(lines, at)
            out += [line for title in titles for line in (title, "")]
            if at < len(lines) and lines[at].startswith("|"):
                out += [lines[at], "|" + " --- |" * (lines[at].count("|") - lines[at].count("\\|") - 1)]
        else:
            out.append(lines[at])
        at += 1
    return "\n".join(out)


def _titles(lines: list[str], at: int) -> tuple[list[str], int]:
    """Return the lone cells from row `at` on, and the first row that has more than one."""
    titles = _filled(lines[at])
    at += 2
    while at < len(lines) and lines[at].startswith("|") and len(_filled(lines[at])) <= 1:
        titles += _filled(lines[at])
        at += 1
    return titles, at


def _filled(row: str) -> list[str]:
    if not row.startswith("|"):
        return ["", ""]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|")) if cell.strip()]


def _delimiter(lines: Sequence[str]) -> str:
    """Return the character that cuts most lines into the same number of cells; a title line above may have others."""
    agreeing = {}
    for candidate in _DELIMITERS:
        counts = Counter(line.count(candidate) for line in lines if candidate in line)
        agreeing[candidate] = max(counts.values(), default=0)
    return max(_DELIMITERS, key=lambda candidate: agreeing[candidate])


def _mended(word: str, known: set[str]) -> str:
    if word in known or word.strip(".,;:") in known:
        return word
    return next((candidate for candidate in _candidates(word) if candidate in known), word)


def _candidates(word: str) -> Iterator[str]:
    """Yield the words that may have stood there: some of the doubtful places put back, one kind at a time."""
    for wrong, right in _LIGATURES.items():
        places = [match.start() for match in re.finditer(re.escape(wrong), word)][:_MOST_MENDED]
        for chosen in range(1, 1 << len(places)):
            pieces, last = [], 0
            for bit, place in enumerate(places):
                if chosen >> bit & 1:
                    pieces += [word[last:place], right]
                    last = place + len(wrong)
            yield "".join(pieces) + word[last:]
