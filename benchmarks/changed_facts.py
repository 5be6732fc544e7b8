"""Whether a cheap rule could say that two documents state different values for the same fact: the sample company's.

    python -m benchmarks.changed_facts PLANTED.jsonl

Run it in a home with the sample's documents. Sentences with figures are compared by their words; a pair of documents is
named if two of its sentences are alike and their figures differ. Printed is how many pairs would be named, and how many
of the planted `changed_fact` pairs are among them, whether by that fact or by another.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from gristmill.corpus.ledger import accepted
from gristmill.storage.tables import TEXTS
from gristmill.workspace import Workspace

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W\d_]{3,}")
_FEWEST_WORDS, _MOST_WORDS, _MOST_SENTENCES = 3, 30, 400


class Sentence(NamedTuple):
    """A sentence with figures."""

    document: str
    family: str
    figures: frozenset[str]
    words: frozenset[str]


def sentences(workspace: Workspace) -> Iterator[Sentence]:
    """Those of accepted documents of which no newer version is known."""
    texts = dict(workspace.lake.read(TEXTS, ["text_hash", "text"]).iter_rows())
    for row in accepted(workspace.lake).filter(pl.col("superseded_by").is_null()).to_dicts():
        for text in _SENTENCE.split(texts[row["text_hash"]]):
            figures, words = frozenset(_FIGURE.findall(text)), frozenset(_WORD.findall(text.lower()))
            if figures and _FEWEST_WORDS <= len(words) <= _MOST_WORDS:
                yield Sentence(row["document"], row["family"] or row["document"], figures, words)


def alike(found: list[Sentence]) -> Iterator[tuple[float, frozenset[str]]]:
    """Pairs of documents with sentences that share words and differ in figures, with the share of words."""
    places: dict[str, list[int]] = defaultdict(list)
    for number, sentence in enumerate(found):
        for word in sentence.words:
            places[word].append(number)
    for number, one in enumerate(found):
        near = (places[word] for word in one.words if len(places[word]) < _MOST_SENTENCES)
        for other_number, common in Counter(other for others in near for other in others if other > number).items():
            other = found[other_number]
            if one.family != other.family and not (one.figures <= other.figures or other.figures <= one.figures):
                share = common / (len(one.words) + len(other.words) - common)
                yield share, frozenset((one.document, other.document))


def main() -> None:
    """Measure and print."""
    lines = map(json.loads, Path(sys.argv[1]).read_text(encoding="utf-8").splitlines())
    planted = [frozenset((line["document"], line["other"])) for line in lines if line["kind"] == "changed_fact"]
    pairs = list(alike(list(sentences(Workspace()))))
    print("words shared  pairs of documents named  planted facts among them")
    for limit in (0.8, 0.6, 0.5, 0.4):
        named = {pair for share, pair in pairs if share >= limit}
        print(f"{limit:12.0%}  {len(named):24,}  {sum(pair in named for pair in planted)} of {len(planted)}")


if __name__ == "__main__":
    main()
