"""How well personal data is found, on sentences labelled in Presidio's format.

What is counted, as in presidio-research: every word is a token, punctuation is none; a token is found if a finding
overlaps it. `binary` asks whether a labelled token was found, whatever its kind; the rows by kind ask it for one label.

Two readings of the same labels. *Personal*: the labels that name personal data; tokens labelled only as place,
organisation, title, date or web address count neither way. *All labels*: every label counts, and the wide search is
measured. The file is split by sentence template, so that one half can be looked at while working and the other not.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gristmill.corpus.privacy import PersonalData, find_personal_data
from gristmill.errors import SourceError

__all__ = ["HalfReport", "PrivacyReport", "Score", "benchmark_privacy", "render_privacy"]

TOKEN = re.compile(r"\w+")
NOT_PERSONAL = frozenset({"LOCATION", "ORGANIZATION", "DATE_TIME", "TITLE", "PREFIX", "DOMAIN_NAME"})
BETA = 2.0  # a missed name weighs more than a false alarm, as presidio-research weighs them
Detector = Callable[[str], Iterable[PersonalData]]


@dataclass(frozen=True, slots=True)
class Score:
    """Tokens found rightly, found wrongly and missed."""

    right: int
    false_alarms: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the found tokens that are labelled; 1 if none was found."""
        return self.right / (self.right + self.false_alarms) if self.right + self.false_alarms else 1.0

    @property
    def recall(self) -> float:
        """Share of the labelled tokens that were found; 1 if none is labelled."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f_beta(self) -> float:
        """Precision and recall in one number, recall weighing twice as much."""
        weighed = BETA**2 * self.precision + self.recall
        return (1 + BETA**2) * self.precision * self.recall / weighed if weighed else 0.0


@dataclass(frozen=True, slots=True)
class HalfReport:
    """The measures of one half; `by_label` has (label, found, labelled) tokens of the personal search."""

    name: str
    sentences: int
    templates: int
    personal: Score
    all_labels: Score
    by_label: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class PrivacyReport:
    """Both halves, all sentences together, and the speed of the personal search on them."""

    halves: tuple[HalfReport, ...]
    characters_per_second: float


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    template: str
    labels: tuple[tuple[str, int, int], ...]


def benchmark_privacy(path: Path) -> PrivacyReport:
    """Measure `find_personal_data` on a file of labelled sentences.

    Raises:
        SourceError: the file is missing or not in Presidio's format.
    """
    sentences = _read(path)
    find_personal_data("")  # the lists are loaded once, outside the clock
    development = [s for s in sentences if _is_development(s.template)]
    held_out = [s for s in sentences if not _is_development(s.template)]
    halves = (("development", development), ("held out", held_out), ("all", sentences))
    return PrivacyReport(tuple(_measured(name, part) for name, part in halves), _speed(sentences))


def render_privacy(report: PrivacyReport) -> str:
    """The report as a table in plain text."""
    lines = ["half         reading     precision  recall  F-beta 2"]
    for half in report.halves:
        for reading, score in (("personal", half.personal), ("all labels", half.all_labels)):
            lines.append(f"{half.name:12} {reading:11} {score.precision:9.3f} {score.recall:7.3f} {score.f_beta:9.3f}")
    lines += ["", "label               found / labelled tokens (held out, personal search)"]
    held_out = report.halves[1]
    lines += [
        f"{label:19} {found:5} / {labelled:<5} {found / labelled:.2f}" for label, found, labelled in held_out.by_label
    ]
    return "\n".join((*lines, "", f"{report.characters_per_second:,.0f} characters/s"))


def _read(path: Path) -> list[_Sentence]:
    try:
        return [_sentence(row) for row in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path} is not a file of labelled sentences: {error}.", "Give one in Presidio's format."
        ) from error


def _sentence(row: dict[str, Any]) -> _Sentence:
    labels = tuple((span["entity_type"], span["start_position"], span["end_position"]) for span in row["spans"])
    return _Sentence(row["full_text"], str(row["template_id"]), labels)


def _is_development(template: str) -> bool:
    return hashlib.sha256(template.encode()).digest()[0] % 2 == 0


def _measured(name: str, sentences: Sequence[_Sentence]) -> HalfReport:
    personal, by_label = _tally(sentences, find_personal_data, NOT_PERSONAL)
    everything, _ = _tally(sentences, lambda text: find_personal_data(text, wide=True), frozenset())
    labels = sorted({label for label, _ in by_label})
    rows = tuple((label, by_label[label, True], by_label[label, True] + by_label[label, False]) for label in labels)
    return HalfReport(name, len(sentences), len({s.template for s in sentences}), personal, everything, rows)


def _tally(
    sentences: Iterable[_Sentence], detector: Detector, ignored: frozenset[str]
) -> tuple[Score, Counter[tuple[str, bool]]]:
    outcomes: Counter[tuple[bool, bool]] = Counter()
    by_label: Counter[tuple[str, bool]] = Counter()
    for sentence in sentences:
        spans = [(finding.start, finding.end) for finding in detector(sentence.text)]
        for token in TOKEN.finditer(sentence.text):
            labels = {label for label, start, end in sentence.labels if start < token.end() and token.start() < end}
            found = any(start < token.end() and token.start() < end for start, end in spans)
            by_label.update((label, found) for label in labels)
            if not labels or labels - ignored:
                outcomes[bool(labels), found] += 1
    return Score(outcomes[True, True], outcomes[False, True], outcomes[True, False]), by_label


def _speed(sentences: Sequence[_Sentence]) -> float:
    started = time.perf_counter()
    for sentence in sentences:
        find_personal_data(sentence.text)
    return sum(len(s.text) for s in sentences) / (time.perf_counter() - started)
