"""Answers that are given again: keyed by question, groups and settings, valid only while their evidence stands.

An answer is given again when the same passages, of the same text and in the same order, are found for the same groups
now. While the search index is the same one, that is known without looking. What changes the answer otherwise (prompt,
generator, thresholds) is part of the key. Kept in memory: a new process begins without.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from gristmill.answering.answer import Answer, Citation
from gristmill.fingerprint import fingerprint
from gristmill.models.vectors import Vectors
from gristmill.search.retrieval import Passage

_NEAR_LOOKED_AT = 200


@dataclass(frozen=True)
class Key:
    """What an answer is kept by: the folded question, who may see what, and everything else that words it."""

    question: str
    groups: tuple[str, ...]
    settings: str  # hash of encoder, search and answering settings, prompt and generator

    @classmethod
    def of(cls, question: str, groups: Sequence[str], settings: str) -> Key:
        """Return the key of a question; letters' case and the last marks do not count."""
        return cls(" ".join(question.casefold().split()).rstrip(" ?!."), tuple(sorted(groups)), settings)


@dataclass(frozen=True)
class Entry:
    """A kept answer with the evidence it rests on."""

    key: Key
    answer: Answer
    index: str  # content hash of the index that it was made on
    evidence: str
    vector: Vectors | None
    figures: frozenset[str]  # numbers and names of the question: a near question must have the same


def evidence_of(passages: Sequence[Passage]) -> str:
    """Return the hash of all that passages say, of where it stands and of who may read it; not of their scores."""
    return fingerprint(
        [
            (p.document, p.chunk, p.start, p.end, p.text, p.title, list(p.headings), p.context, list(p.audience),
             p.language, str(p.modified), [s.chunk for s in p.spans])
            for p in passages
        ]
    )  # fmt: skip


class AnswerCache:
    """The kept answers of one process; the longest unused go first. May be used by several threads."""

    def __init__(self, most: int = 2_000, near: float = 0.9) -> None:
        self._most = most
        self._near = near
        self._kept: OrderedDict[Key, Entry] = OrderedDict()
        self._lock = Lock()

    def exact(self, key: Key) -> Entry | None:
        """Return what is kept for a key; whether it still holds is for the caller to see."""
        with self._lock:
            entry = self._kept.get(key)
            if entry is not None:
                self._kept.move_to_end(key)
            return entry

    def near(self, key: Key, vector: Vectors, figures: frozenset[str], citations: Sequence[Citation]) -> Entry | None:
        """Return an answer to a near question that the very same evidence answers, or None.

        Args:
            key: of the question asked; groups and settings must be the same.
            vector: of the question asked.
            figures: its numbers and names; these must be the same.
            citations: what would be cited; the kept answer must cite just that.
        """
        with self._lock:
            recent = list(self._kept.values())[-_NEAR_LOOKED_AT:]
        spans = _spans(citations)
        for entry in reversed(recent):
            same = (entry.key.groups, entry.key.settings, entry.figures) == (key.groups, key.settings, figures)
            cited = bool(spans) and spans == _spans(entry.answer.citations)
            if same and cited and entry.vector is not None and float(entry.vector @ vector) >= self._near:
                return entry
        return None

    def keep(self, entry: Entry) -> None:
        """Keep an answer, in place of an older one to the same question."""
        with self._lock:
            self._kept[entry.key] = entry
            self._kept.move_to_end(entry.key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self, key: Key) -> None:
        """Drop an answer whose evidence no longer stands."""
        with self._lock:
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


def _spans(citations: Sequence[Citation]) -> list[tuple[str, str, int, int, str]]:
    return [(c.document, c.chunk, c.start, c.end, c.quote) for c in citations]
