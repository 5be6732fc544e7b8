"""Training pairs made from the corpus alone: what a person might type, and the passage it comes from.

Titles and headings ask for what stands below them, a sentence for its passage, a passage for its neighbour, a sentence
that names another document for that document; questions and keyword queries are worded by rules. Nothing here ranks.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from gristmill.learning.encoder_tuning.texts import TuningText
from gristmill.search.lexical import terms
from gristmill.search.outline import plain

_END = re.compile(r"(?<=[.!?])[\"'»”’)\]]*\s+")
_WORD = re.compile(r"[^\W_][\w'’-]*")
_SHORTEST, _LONGEST = 4, 48  # words of a sentence that is taken
_KEYWORDS = (3, 7)
_DROPPED = 0.25  # share of a sentence's words that its shortened form loses
# Openings of a question about what a sentence or title says, by language; others take the bare phrase.
_OPENINGS = {
    "en": ("what is known about", "how does one explain", "what has been found on", "which results are there on"),
    "de": ("was ist bekannt über", "wie verhält es sich mit", "was gilt für"),
    "fr": ("que sait-on de", "comment expliquer", "qu'est-ce qui vaut pour"),
}


class Kind(str, Enum):
    """Where a pair comes from."""

    TITLE = "title"
    HEADING = "heading"
    SENTENCE = "sentence"
    KEYWORDS = "keywords"
    QUESTION = "question"
    NEIGHBOUR = "neighbour"
    CITED = "cited"
    EXAMPLE = "example"

    __str__ = str.__str__


@dataclass(frozen=True)
class Pair:
    """What might be asked, and the number of the passage that it should find."""

    query: str
    passage: int
    kind: Kind


class PairMaker:
    """Makes the pairs of a corpus; equal corpus and seed, equal pairs."""

    def __init__(self, texts: Sequence[TuningText], seed: int) -> None:
        self._texts = texts
        self._random = random.Random(seed)
        self._sentences = [sentences(text.text) for text in texts]

    def pairs(self) -> list[Pair]:
        """Return all pairs in a random order, without doubles."""
        made = {(pair.query.lower(), pair.passage): pair for pair in self._all() if pair.query.strip()}
        ordered = list(made.values())
        self._random.shuffle(ordered)
        return ordered

    def _all(self) -> Iterator[Pair]:
        for number, text in enumerate(self._texts):
            yield from self._named(number, text)
            yield from self._said(number, text)
            yield from self._neighbours(number, text)
        yield from self._cited()

    def _named(self, number: int, text: TuningText) -> Iterator[Pair]:
        """Yield title and headings, and questions about them."""
        if _is_phrase(text.title):
            yield Pair(text.title, number, Kind.TITLE)
            yield Pair(self._question(text.title, text.language), number, Kind.QUESTION)
        for heading in text.headings[-1:]:
            if _is_phrase(heading) and heading != text.title:
                yield Pair(f"{text.title} {heading}".strip(), number, Kind.HEADING)
                yield Pair(self._question(heading, text.language), number, Kind.QUESTION)

    def _said(self, number: int, text: TuningText) -> Iterator[Pair]:
        """Yield sentences with some words left out, questions made of them, and keywords."""
        for sentence in self._sentences[number]:
            yield Pair(self._shortened(sentence), number, Kind.SENTENCE)
            keywords = self._keywords(sentence, text.language)
            if len(keywords) >= _KEYWORDS[0]:
                yield Pair(" ".join(keywords), number, Kind.KEYWORDS)
                yield Pair(self._question(" ".join(keywords), text.language), number, Kind.QUESTION)

    def _neighbours(self, number: int, text: TuningText) -> Iterator[Pair]:
        """Yield the last sentence of the passage before: what stands beside it speaks of the same thing."""
        if number and self._texts[number - 1].document == text.document and self._sentences[number - 1]:
            yield Pair(self._shortened(self._sentences[number - 1][-1]), number, Kind.NEIGHBOUR)

    def _cited(self) -> Iterator[Pair]:
        """Yield sentences that name another document's title, for the first passage of that document."""
        first: dict[str, int] = {}
        for number, text in enumerate(self._texts):
            if len(text.title.split()) > 1:
                first.setdefault(text.title.lower(), number)
        by_word: dict[str, list[str]] = defaultdict(list)
        for title in first:
            by_word[title.split()[0]].append(title)
        for number, text in enumerate(self._texts):
            for sentence in self._sentences[number]:
                said = sentence.lower()
                candidates = {title for word in set(said.split()) for title in by_word.get(word, ())}
                for title in sorted(candidates):
                    if title in said and self._texts[first[title]].document != text.document:
                        yield Pair(sentence, first[title], Kind.CITED)

    def _question(self, phrase: str, language: str) -> str:
        openings = _OPENINGS.get(language[:2], ("",))
        return f"{self._random.choice(openings)} {phrase.rstrip(' .')}".strip()

    def _shortened(self, sentence: str) -> str:
        words = sentence.split()
        kept = [word for word in words if self._random.random() > _DROPPED]
        return " ".join(kept if len(kept) >= _SHORTEST else words)

    def _keywords(self, sentence: str, language: str) -> list[str]:
        """Return the rarest words of a sentence, in its order."""
        words = list(dict.fromkeys(word.lower() for word in _WORD.findall(sentence)))
        stems = {word: terms(word, language) for word in words}
        rarity = {word: self._rarity(stems[word][0]) for word in words if stems[word]}
        most = self._random.randint(*_KEYWORDS)
        chosen = set(sorted(rarity, key=lambda word: -rarity[word])[:most])
        return [word for word in words if word in chosen]

    def _rarity(self, stem: str) -> float:
        # A word that stands once may be a slip of the pen; it says least of all.
        times = self._frequency[stem]
        return math.log(len(self._texts) / times) if times > 1 else 0.0

    @cached_property
    def _frequency(self) -> Counter[str]:
        return Counter(stem for text in self._texts for stem in set(terms(text.text, text.language)))


def sentences(text: str) -> list[str]:
    """Return the sentences of a passage that are long enough to mean something alone."""
    lines = (plain(line).lstrip("#|-*+ ") for line in _END.split(" ".join(_prose(text))))
    return [line.strip() for line in lines if _SHORTEST <= len(line.split()) <= _LONGEST]


def selected(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """Return at most so many pairs, of each kind in its turn, so that no kind crowds out another."""
    queues = {kind: [pair for pair in pairs if pair.kind is kind] for kind in Kind}
    chosen: list[Pair] = []
    for turn in range(max(map(len, queues.values()), default=0)):
        chosen += [queue[turn] for queue in queues.values() if turn < len(queue)]
        if len(chosen) >= most:
            break
    return chosen[:most]


def counts_by_kind(pairs: Iterable[Pair]) -> dict[str, int]:
    """Return how many pairs there are of each kind."""
    return dict(sorted(Counter(str(pair.kind) for pair in pairs).items()))


def _prose(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            yield line.strip() if line.strip() else ". "


def _is_phrase(text: str) -> bool:
    return len(_WORD.findall(text)) > 1
