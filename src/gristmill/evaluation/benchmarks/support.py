"""Right against hallucinated answers: how often the support score puts the right one first.

The material is HaluEval's: a question, what is known, a right answer and one that a model made up. Nothing was tuned on
it; `answering/support.py` knows nothing of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from gristmill.answering.support import carried
from gristmill.errors import GristmillError


@dataclass(frozen=True)
class SupportReport:
    """How the pairs were ranked."""

    pairs: int
    right_first: int
    ties: int

    @property
    def share(self) -> float:
        """Share of pairs with the right answer above the other; a tie is none."""
        return self.right_first / self.pairs if self.pairs else 0.0


def benchmark_support(file: Path) -> SupportReport:
    """Score both answers of every pair against what is known.

    Raises:
        GristmillError: the file is not what it should be.
    """
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        scores = [
            tuple(
                carried(row[name], row["knowledge"], row["question"])
                for name in ("right_answer", "hallucinated_answer")
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GristmillError(
            f"{file} cannot be read: {error}.", "Give HaluEval's qa file, a JSON object a line."
        ) from error
    return SupportReport(len(scores), sum(a > b for a, b in scores), sum(a == b for a, b in scores))
