"""A reader that reads each text once for each question: the same numbers, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gristmill.models.reader import TextReader


class RememberingReader:
    """Remembers all that a reader said."""

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._odds: dict[tuple[str, str], float] = {}
        self._likelihoods: dict[tuple[str, str, tuple[str, ...]], NDArray[np.float64]] = {}

    @classmethod
    def of(cls, reader: TextReader | None) -> RememberingReader | None:
        """Return it where there is a reader."""
        return None if reader is None else cls(reader)

    def odds(self, question: str, text: str) -> float:
        """Return what the reader says."""
        if (question, text) not in self._odds:
            self._odds[question, text] = self._reader.odds(question, text)
        return self._odds[question, text]

    def likelihoods(self, question: str, text: str, parts: Sequence[str]) -> NDArray[np.float64]:
        """Return what the reader says."""
        key = (question, text, tuple(parts))
        if key not in self._likelihoods:
            self._likelihoods[key] = self._reader.likelihoods(question, text, parts)
        return self._likelihoods[key]
