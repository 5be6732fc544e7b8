"""What a statement is about: the names of things that a corpus tells apart, learnt from its titles and headings.

"Rated speed 480 rpm" of a Heron 75 and "rated speed 34 rpm" of an Otter 25 are two facts. A name is a word with a
capital that numbers tell apart ("Heron 40", "Heron 75"), or one that stands in a title and hardly ever small.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from gristmill.answering.figures import is_month

_WORD = re.compile(r"[^\W\d_][\w'’-]+")
_NUMBERED = re.compile(r"\b([A-ZÄÖÜ][\w-]+)[ \u00a0]([A-Z]{0,2}\d+\w?)\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
# A word of more titles than this is a kind of document and no name.
_MOST_TITLES = 12
# File names, addresses and careless letters write some names small.
_MOST_SMALL = 0.05
# German writes every noun with a capital.
_CAPITALS_FOR_NOUNS = {"de"}


@dataclass(frozen=True)
class Subject:
    """The names that a statement stands under, and the numbers that go with them."""

    names: frozenset[str]
    numbers: Mapping[str, frozenset[str]]

    def may_be(self, other: Subject) -> bool:
        """Say whether two statements can be about one thing: they share a name, or one of them has none."""
        if self.names and other.names and not self.names & other.names:
            return False
        both = self.numbers.keys() & other.numbers.keys()
        return all(self.numbers[name] & other.numbers[name] for name in both)

    def is_surely(self, other: Subject) -> bool:
        """Say whether both name one thing with its number."""
        both = self.numbers.keys() & other.numbers.keys()
        return any(self.numbers[name] & other.numbers[name] for name in both)


class Names:
    """The names of a corpus."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    @classmethod
    def of(cls, titles: Iterable[tuple[str, str, Iterable[str]]], capitals: Container[str]) -> Names:
        """Learn them.

        Args:
            titles: of each document its title, its language, and its headings.
            capitals: the words that are written with a capital: see `capital_words`.
        """
        numbers: dict[str, Counter[str]] = defaultdict(Counter)
        words: Counter[str] = Counter()
        capital: set[str] = set()
        for title, language, headings in titles:
            held = {
                (name.casefold(), number) for text in (title, *headings) for name, number in _NUMBERED.findall(text)
            }
            for name, number in held:
                if not is_month(name) and not _YEAR.fullmatch(number):
                    numbers[name][number] += 1
            words.update({word.casefold() for word in _WORD.findall(title)})
            if language not in _CAPITALS_FOR_NOUNS:
                capital |= {word.casefold() for word in _WORD.findall(title) if word[0].isupper()}
        plain = {word for word in capital if words[word] < _MOST_TITLES and word in capitals and not is_month(word)}
        return cls(plain | {name for name, counted in numbers.items() if counted.total() > 1})

    def subject(self, *texts: str) -> Subject:
        """Return what a statement with these title, headings and text is about."""
        text = "\n".join(texts)
        numbers: dict[str, set[str]] = defaultdict(set)
        for name, number in _NUMBERED.findall(text):
            if name.casefold() in self._names:
                numbers[name.casefold()].add(number)
        named = {word for word in map(str.casefold, _WORD.findall(text)) if word in self._names}
        return Subject(frozenset(named), {name: frozenset(held) for name, held in numbers.items()})


def capital_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words, in small letters, that texts write with a capital nearly always."""
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
        for word, count in Counter(_WORD.findall(text)).items():
            (capital if word[0].isupper() else small)[word.casefold()] += count
    return frozenset(word for word, count in capital.items() if small[word] <= _MOST_SMALL * count)
