"""Passages that crowd an answer: texts planted in several documents so that they are found for one question.

What makes a planted text rank first is that it repeats the question. One document may well do so (a list of frequent
questions); several that repeat it word for word were written for it. They are set aside, and search goes on behind
them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gristmill.answering.sentences import units_of
from gristmill.search.lexical import terms
from gristmill.search.retrieval import Passage

# Below this many terms a heading or a phrase repeats a question by chance.
_LEAST_TERMS = 3
_LIKE = 0.8
_DOCUMENTS = 2


def crowd(question: str, passages: Sequence[Passage]) -> frozenset[str]:
    """Return the documents that repeat the question, when at least two of them do."""
    found = {passage.document for passage in passages if repeats(question, passage)}
    return frozenset(found) if len(found) >= _DOCUMENTS else frozenset()


def repeats(question: str, passage: Passage) -> bool:
    """Say whether a sentence of a passage, or its beginning, is the question."""
    asked = set(terms(question, passage.language))
    if len(asked) < _LEAST_TERMS:
        return False
    folded = " ".join(re.findall(r"\w+", question.casefold()))
    if folded in " ".join(re.findall(r"\w+", passage.text.casefold())):
        return True
    said = (set(terms(unit.text, passage.language)) for unit in units_of([replace(passage, context="")]))
    return any(len(asked & words) / len(asked | words) >= _LIKE for words in said if words)
