"""Numbers about one document's text, which the quality rules compare with thresholds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice

from gristmill.corpus.wording import with_blanks, words_of

__all__ = ["Measures", "QualityInput", "measure"]

_LETTER = re.compile(r"[^\W\d_]")
# White space and the marks of Markdown. Counting each costs a hundredth of a regular expression over the text.
_NOT_CONTENT = b" \n\t\r|#*_`>=:\\+-"
_BROKEN = "\ufffd\x00\x1b"
_FENCE = re.compile(r"[ ]{0,3}```")
# A line that says something: shorter ones (figures, "n/a", rules) repeat in good documents.
_SHORTEST_TELLING_LINE = 20
_FEWEST_TELLING_LINES = 6
# A list of the same line with something to say beside it is a form, and what it says can be asked for.
_FEWEST_WORDS_BESIDE = 20
_FEWEST_ROWS = 4
_PROSE_END = 6
# Words that no sentence ends with, in the languages of most documents here.
_NEVER_LAST_BY_LANGUAGE = {
    "en": "the a an and or of to in with for from by at is are was were that which because if when than as",
    "de": "der die das den dem ein eine einen und oder mit von zu im am für auf ist sind war dass weil wenn als",
    "fr": "le la les un une des du et ou de à dans avec pour par est sont que qui car si",
}
_NEVER_LAST = frozenset(word for words in _NEVER_LAST_BY_LANGUAGE.values() for word in words.split())


@dataclass(frozen=True, slots=True)
class QualityInput:
    """A document as the rules see it. `pages` is 0 where the format has none; `superseded_by` is a path, or empty."""

    path: str
    text: str
    language: str = "und"
    pages: int = 0
    date: date | None = None
    superseded_by: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """Each measure, or None where it does not apply. Shares are between 0 and 1."""

    words: float | None
    words_if_any: float | None
    letter_share: float | None
    symbol_share: float | None
    broken_share: float | None
    repeated_share: float | None
    only_repetition: float | None  # the share again, where hardly anything else is said
    characters_per_page: float | None
    abrupt_end: float | None
    words_without_language: float | None
    age_days: float | None
    superseded: float | None


def measure(document: QualityInput, now: date) -> Measures:
    """All measures of one document, in one pass over its text each."""
    text = document.text
    words, alphanumeric = _words(text)
    octets = text.encode("utf-8", "surrogatepass")
    figures = len(octets) - len(octets.translate(None, b"0123456789"))
    bare = len(text) - len(octets) + len(octets.translate(None, _NOT_CONTENT))
    is_paged = document.pages > 0
    repetition = _repetition(text)
    return Measures(
        words=None if is_paged else words,
        words_if_any=words or None,
        letter_share=_share(alphanumeric - figures, bare),
        symbol_share=_share(bare - alphanumeric, bare),
        broken_share=_share(sum(map(text.count, _BROKEN)), len(text)),
        repeated_share=repetition.share,
        only_repetition=repetition.share if repetition.words_without < _FEWEST_WORDS_BESIDE else None,
        characters_per_page=bare / document.pages if is_paged else None,
        abrupt_end=float(_ends_abruptly(text)),
        words_without_language=words if document.language == "und" else 0,
        age_days=None if document.date is None else (now - document.date).days,
        superseded=float(bool(document.superseded_by)),
    )


def _words(text: str) -> tuple[int, int]:
    """How many words there are, and how many characters they have together."""
    import numpy as np

    blanked = with_blanks(text)
    is_inside = np.frombuffer(f" {blanked}".encode("utf-8", "surrogatepass"), dtype=np.uint8) != ord(" ")
    # A word begins behind a blank; listing the words costs ten times as much.
    words = int(np.count_nonzero(is_inside[1:] & ~is_inside[:-1]))
    return words, len(blanked) - blanked.count(" ")


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


@dataclass(frozen=True, slots=True)
class _Repetition:
    share: float | None
    words_without: int  # words of the text when each line is said once, counted up to what matters


def _repetition(text: str) -> _Repetition:
    # Parsers join the lines of a paragraph, so a repeated line can become a repeated sentence.
    lines = [line.strip() for line in text.replace(". ", ".\n").split("\n")]
    long = [line for line in lines if len(line) >= _SHORTEST_TELLING_LINE]
    if len(set(long)) == len(long):
        is_enough = next(islice(filter(_has_letter, long), _FEWEST_TELLING_LINES - 1, None), None) is not None
        return _Repetition(0.0 if is_enough else None, 0)
    telling = Counter(filter(_has_letter, long))
    total = telling.total()
    share = 1 - len(telling) / total if total >= _FEWEST_TELLING_LINES else None
    return _Repetition(share, _words_up_to(_FEWEST_WORDS_BESIDE, set(lines)) if share else 0)


def _has_letter(line: str) -> bool:
    """Letters with a small and a capital form are found at a tenth of the price of the expression."""
    return line[0].isalpha() or line.lower() != line.upper() or _LETTER.search(line) is not None


def _words_up_to(enough: int, lines: Iterable[str]) -> int:
    """The number of words, or at least so many."""
    words = 0
    for line in lines:
        words += len(words_of(line))
        if words >= enough:
            break
    return words


def _ends_abruptly(text: str) -> bool:
    lines = [line for line in text[-20_000:].split("\n") if line.strip()]
    if not lines:
        return False
    open_code = "```" in text and sum(1 for line in text.split("\n") if "```" in line and _FENCE.match(line)) % 2 == 1
    return open_code or _breaks_sentence(lines[-1]) or _breaks_row(lines)


def _breaks_sentence(line: str) -> bool:
    words = line.split()
    return len(words) >= _PROSE_END and (words[-1].lower() in _NEVER_LAST or words[-1].endswith((",", "-", "(")))


def _breaks_row(lines: list[str]) -> bool:
    """The last row has fewer fields than the rows before it, which agree.

    Parsers fill a short row up with empty cells, and one at the end is usual: in a table two must be missing.
    """
    *before, last = (_fields(line) for line in lines[-_FEWEST_ROWS:])
    if len(before) < _FEWEST_ROWS - 1 or len(set(before)) != 1 or last == 0:
        return False
    is_whole_table_row = lines[-1].rstrip().endswith("|")
    return before[0] - last >= (2 if is_whole_table_row else 1)


def _fields(line: str) -> int:
    """Fields up to the last that is filled; 0 for a line that is no row."""
    if "|" in line:
        cells = line.strip().strip("|").rstrip(" |").split("|")
        return len(cells) if cells != [""] else 0
    return line.count(";") + 1 if ";" in line else 0
