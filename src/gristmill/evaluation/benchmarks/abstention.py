"""Answer, abstain, or report a dispute: what the evidence models make of questions that bring their own contexts.

The material is fitz-gov's tier 0. Each context is a passage of a document of its own; there is no search, and nothing
was tuned on it. The models know this project's documents, so this is a look from outside, not a target.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gristmill.answering.asked import asked_kinds
from gristmill.answering.disputes import disagreement
from gristmill.answering.evidence import Weigher
from gristmill.answering.reading import read
from gristmill.errors import GristmillError
from gristmill.identity import Asker
from gristmill.models.encoder import TextEncoder
from gristmill.models.reader import TextReader
from gristmill.search.lexical import LexicalIndex
from gristmill.search.retrieval import Passage, Query
from gristmill.settings import AnsweringSettings

ANSWER, UNSURE, ABSTAIN, DISPUTE = "answer", "unsure", "abstain", "dispute"


@dataclass(frozen=True)
class AbstentionReport:
    """How many cases of each category were answered, refused, or reported as a dispute."""

    counts: dict[str, dict[str, int]]

    def table(self) -> str:
        """Return the counts, a row a category."""
        names = (ANSWER, UNSURE, ABSTAIN, DISPUTE)
        lines = ["category".ljust(24) + "".join(name.rjust(10) for name in names)]
        for category, count in sorted(self.counts.items()):
            lines.append(category.ljust(24) + "".join(str(count.get(name, 0)).rjust(10) for name in names))
        return "\n".join(lines)


def benchmark_abstention(
    folder: Path,
    encoder: TextEncoder,
    bridge: TextEncoder | None,
    lexical: LexicalIndex,
    reader: TextReader | None,
    settings: AnsweringSettings,
) -> AbstentionReport:
    """Decide every case of a folder.

    Args:
        folder: of JSON files, one a category.
        encoder: of questions and units.
        bridge: the second encoder, if there is one.
        lexical: says how rare a word is.
        reader: reads the best evidence, if anything does.
        settings: from which probability on there is an answer, for certain or not.

    Raises:
        GristmillError: there is no such file.
    """
    weigher = Weigher(encoder, bridge, lexical)
    counts: dict[str, Counter[str]] = {}
    for file in sorted(folder.glob("*.json")):
        stored = json.loads(file.read_text(encoding="utf-8"))
        for case in stored["cases"]:
            decided = _decide(case["query"], case["contexts"], weigher, encoder, bridge, reader, settings)
            counts.setdefault(stored["category"], Counter())[decided] += 1
    if not counts:
        raise GristmillError(f"There are no cases in {folder}.", "Give the folder with abstention.json.")
    return AbstentionReport({category: dict(count) for category, count in counts.items()})


def _decide(
    question: str,
    contexts: Sequence[str],
    weigher: Weigher,
    encoder: TextEncoder,
    bridge: TextEncoder | None,
    reader: TextReader | None,
    settings: AnsweringSettings,
) -> str:
    vectors = encoder.encode([question, *contexts])
    query = Query(question, vectors[0], bridge.encode([question])[0] if bridge else None, Asker())
    passages = [
        _passage(number, text, float(vectors[0] @ vector))
        for number, (text, vector) in enumerate(zip(contexts, vectors[1:], strict=True))
    ]
    weighing = read(weigher.weigh(query, passages), question, reader)
    if weighing.answerable < min(settings.perhaps, settings.answerable) or not weighing.evidence:
        return ABSTAIN
    pair = None
    if weighing.weighed >= settings.answerable:
        kinds = asked_kinds(question)
        pair = disagreement(question, kinds, weighing.evidence, passages, encoder, outdated=lambda _: False)
    if pair is not None:
        return DISPUTE
    return ANSWER if weighing.answerable >= settings.answerable else UNSURE


def _passage(number: int, text: str, cosine: float) -> Passage:
    name = f"context {number}"
    return Passage(
        name, name, "", (), "", text, 0, len(text), None, ("everyone",), "eng", None, 1 / (1 + number), cosine, 0.0
    )
