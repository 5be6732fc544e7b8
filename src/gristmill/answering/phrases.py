"""Where a phrase may begin and end in a line of text, so that what is cut out of it reads like an answer.

Rules over words, for English, German and French; no parser. A phrase never tears a figure from what it counts or from
the time it is paid for, a name apart or a pair of brackets, never leaves out a negation beside it, and does not end
with a word that wants another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def _among(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = re.compile(r"\S+")
_BARE = re.compile(r"[^\w£€$%+-]+")
_NUMBER = re.compile(r"\d")
_CAPITAL = re.compile(r"^[\"'“‘(\[]*[A-ZÀ-ÖØ-Þ]")
_BREAK = re.compile(r"[,;:.!?)\]”’–—]$|^[–—|-]$")
_SENTENCE_END = re.compile(r"[^\W\d_]{4}[.!?]$|\d{4}[.!?]$|[)%”\"][.!?]$|^.?C\.$")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|unless|except|only|nicht|kein\w*|nie|ohne|nur|außer|ne|pas|"
    r"jamais|aucun\w*|sans|sauf)\b|n['’]t\b", re.IGNORECASE,
)  # fmt: skip
PREPOSITIONS = _among(
    "in at on by from to for with within under over after before until between during per about of as than against "
    "into towards upon save im am an auf bei von bis zu zum zur mit nach vor unter über für seit durch gegen dans en "
    "par pour avec après avant sous sur chez à de du des au aux depuis vers"
)
ARTICLES = _among(
    "the a an each every any jede jeder jedes jeden chaque der die das den dem des ein eine einen einem einer le la "
    "les un une"
)
JOINTS = _among(
    "and or but which who that where when if because so then und oder aber wenn weil dass et ou mais qui que où si"
)
AUXILIARIES = _among(
    "is are was were be been has have had will must may can shall should could would does did do ist sind war waren "
    "wird werden wurde wurden hat haben muss müssen kann können darf dürfen soll est sont était ont doit peut"
)
PRONOUNS = _among(
    "it they he she we you i this these there its their his her our your my them us er sie es wir ihr man il elle on "
    "nous vous ils elles ce cela cette leur sa son ses"
)
_RATE = _among("a an per pro par je")
_NEVER_FIRST = AUXILIARIES | _among("and or but which who that und oder aber et ou mais qui que dass then so")
_NEVER_LAST = PREPOSITIONS | ARTICLES | JOINTS | AUXILIARIES | PRONOUNS
# What may stand behind a whole figure.
_OPEN = PREPOSITIONS | JOINTS | ARTICLES | AUXILIARIES


def bare(word: str) -> str:
    """Return a word without its punctuation, folded; signs of money and percent stay."""
    return _BARE.sub("", word.casefold())


class Line:
    """A text cut into words, with what is known of each; `known` says whether the question has a word."""

    def __init__(self, text: str, known: Callable[[str], bool]) -> None:
        self.text = text
        matches = list(_WORD.finditer(text))
        self.places = [(match.start(), match.end()) for match in matches]
        self.words = [match[0] for match in matches]
        self.bare = [bare(word) for word in self.words]
        self.known = [known(word) for word in self.words]
        self.numbers = [bool(_NUMBER.search(word)) for word in self.words]
        self.capitals = [bool(_CAPITAL.match(word)) for word in self.words]
        self.broken = [bool(_BREAK.search(word)) for word in self.words]
        self.ended = [bool(_SENTENCE_END.search(word)) for word in self.words]
        self.negated = [bool(_NEGATION.search(word)) for word in self.words]

    def may_begin(self, at: int) -> bool:
        """Say whether a phrase may begin with a word."""
        word, before = self.bare[at], at - 1
        if at == 0 or self.ended[before]:
            return bool(word) or self.numbers[at]
        if not (word or self.numbers[at]) or word in _NEVER_FIRST | PRONOUNS:
            return False
        if self.broken[before] or self.numbers[at] or word in PREPOSITIONS | ARTICLES:
            return True
        if self.capitals[at] and not self.capitals[before]:
            return True
        if self.known[before] and not self.known[at]:
            return True
        return self.bare[before] in PREPOSITIONS | ARTICLES | JOINTS | AUXILIARIES

    def may_end(self, end: int) -> bool:
        """Say whether a phrase may end before a word."""
        last = end - 1
        if end == len(self.words):
            return True
        if self.bare[last] in _NEVER_LAST:
            return False
        if self.broken[last] or self.bare[end] in _OPEN | PRONOUNS or self.numbers[last]:
            return True
        return (self.known[end] and not self.known[last]) or (self.capitals[last] and not self.capitals[end])

    def holds_together(self, start: int, end: int) -> bool:
        """Say whether a phrase leaves whole what belongs together: figures, names, brackets, sentences, negations."""
        return not (self._tears(start, end) or any(self.ended[start : end - 1]) or self._loses_negation(start, end))

    def _tears(self, start: int, end: int) -> bool:
        before = start > 0 and not self.broken[start - 1]
        after = end < len(self.words) and not self.broken[end - 1]
        figure = after and (
            (self.numbers[end - 1] and self.bare[end] not in _OPEN) or (self.bare[end] in _RATE and self._counts(end))
        )
        counted = before and self.numbers[start - 1] and not self._names(start)
        name = (after and self.capitals[end - 1] and self.capitals[end]) or (
            before and self.capitals[start] and self.capitals[start - 1] and start > 1
        )
        text = self.text[self.places[start][0] : self.places[end - 1][1]]
        return figure or counted or name or (before and self._numbered(start)) or text.count("(") != text.count(")")

    def _counts(self, end: int) -> bool:
        """Say whether a figure, or a figure and its unit, stand before a word."""
        return self.numbers[end - 1] or (end > 1 and self.numbers[end - 2])

    def _numbered(self, start: int) -> bool:
        """Say whether a word is the number of the name before it: the 40 of 'Heron 40 is'."""
        if not (self.capitals[start - 1] and self.bare[start].isdigit()):
            return False
        after = self.bare[start + 1] if start + 1 < len(self.words) else ""
        return self.known[start] or self.broken[start] or after in _OPEN | PRONOUNS

    def _names(self, start: int) -> bool:
        """Say whether a name of two words begins at a word."""
        return start + 1 < len(self.words) and self.capitals[start] and self.capitals[start + 1]

    def _loses_negation(self, start: int, end: int) -> bool:
        """Say whether what turns the clause around stands just outside of a phrase."""
        low, high = start, end
        while low > 0 and not self.broken[low - 1]:
            low -= 1
        while high < len(self.words) and not self.broken[high - 1]:
            high += 1
        return any(self.negated[low:start]) or any(self.negated[end:high])

    def cut(self, start: int, end: int) -> str:
        """Return a phrase, without marks at its ends that belong to what is around it."""
        text = self.text[self.places[start][0] : self.places[end - 1][1]]
        text = text.strip(" ,;:–—|") if end < len(self.words) or start > 0 else text
        if text.count("(") > text.count(")") and text.startswith("("):
            text = text[1:]
        if text.count(")") > text.count("(") and text.endswith(")"):
            text = text[:-1]
        return text.rstrip(".") if end - start < len(self.words) and not text.endswith("..") else text
