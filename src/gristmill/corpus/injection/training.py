"""Training the classifier on public attacks and ordinary pages.

Needs scikit-learn, at training only. What is trained is a logistic regression over `features`; its threshold is set on
pages the weights did not see, so that at most `FALSE_ALARM_BUDGET` of ordinary sections are suspicious.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from gristmill.corpus.injection.attacks import Attack, attacks, contexts, harmless
from gristmill.corpus.injection.classifier import Classifier, write_classifier
from gristmill.corpus.injection.features import BUCKETS, SHRINKAGE, Grams, grams, sentence_windows
from gristmill.corpus.injection.folding import fold
from gristmill.corpus.injection.pages import pages
from gristmill.corpus.injection.pinned import CLASSIFIER_FILE
from gristmill.corpus.injection.reading import read
from gristmill.corpus.injection.sections import split_sections
from gristmill.errors import SettingsError

FALSE_ALARM_BUDGET = 0.001
# Weak regularisation: a few hundred attacks against tens of thousands of sentences. Chosen on bastion, see the docs.
_INVERSE_REGULARISATION = 30.0
_FEWEST_WORDS = 3
# BIPIA's plain tasks ("what is …", "translate …") and its code read like any FAQ and any manual. Training on them found
# 1 of 25 left-out tasks and raised false alarms where documents ask questions, so they are measured and not taught.
_UNTAUGHT_COLLECTIONS = frozenset({"BIPIA code"})
_UNTAUGHT_FAMILIES = frozenset(
    {"Information Retrieval", "Content Creation", "Learning and Tutoring", "Language Translation", "Programming Help"}
)
# Of hundreds of thousands of ordinary windows most teach nothing.
_SAMPLE_WINDOWS = 8_000


class TrainedClassifier(NamedTuple):
    """What a training wrote and what to pin in `CLASSIFIER_SHA256`."""

    path: Path
    sha256: str
    attacks: int
    sections: int
    threshold: float


def train_injection_classifier(folder: Path, ordinary: Sequence[Path], target: Path | None = None) -> TrainedClassifier:
    """Train on the attacks of a benchmark folder and on ordinary pages, and write the classifier's file.

    Args:
        folder: the folder with `bastion.jsonl` and `bipia_train/`.
        ordinary: files or folders of ordinary pages (HTML, Markdown, text). Of each folder only the half of the pages
            with `Page.half` 0 is used; the benchmark measures on the other.
        target: the file to write; by default the one in the package.

    Raises:
        SourceError: a folder is missing.
        SettingsError: scikit-learn is not installed, or there are no ordinary pages.
    """
    sections = learnt_sections(folder, ordinary)
    found = [attack for attack in attacks(folder) if is_taught(attack)]
    classifier = fit(found, [text.text for text in harmless(folder)], sections)
    octets = write_classifier(classifier)
    path = target or Path(__file__).with_name(CLASSIFIER_FILE)
    path.write_bytes(octets)
    digest = hashlib.sha256(octets).hexdigest()
    return TrainedClassifier(path, digest, len(found), len(sections), classifier.threshold)


def is_taught(attack: Attack) -> bool:
    """Whether the classifier learns from an attack; the others are only measured."""
    return attack.collection not in _UNTAUGHT_COLLECTIONS and attack.family not in _UNTAUGHT_FAMILIES


def learnt_sections(folder: Path, ordinary: Sequence[Path]) -> list[str]:
    """What training takes as ordinary: half of the pages, and the contexts at odd places of BIPIA."""
    return [*ordinary_sections(ordinary, half=0), *contexts(folder, "email")[1::2], *contexts(folder, "table")[1::2]]


def ordinary_sections(places: Sequence[Path], half: int) -> list[str]:
    """The sections of one half of the pages of some places."""
    texts = (page.text for page in pages(places) if page.half == half)
    return [text[span.start : span.end] for text in texts for span in split_sections(text)]


def fit(found: Sequence[Attack], friendly: Sequence[str], sections: Sequence[str]) -> Classifier:
    """A classifier with its threshold.

    Args:
        found: the injections; those that are not taught are left out.
        friendly: harmless texts; each counts like a section.
        sections: ordinary sections. The threshold is set by fitting on every other one and judging the rest.

    Raises:
        SettingsError: no ordinary sections were given, or scikit-learn is missing.
    """
    if len(sections) < 2:
        raise SettingsError("Training needs ordinary sections.", "Give folders with ordinary pages.")
    hostile = [row for attack in found if is_taught(attack) for row in _attack_rows(attack.text)]
    kind = [section_rows(text) for text in friendly]
    halves = [[section_rows(section) for section in part] for part in (sections[::2], sections[1::2])]
    tops = [
        top for learnt, unseen in (halves, halves[::-1]) for top in _tops(_fit_mined(hostile, [*kind, *learnt]), unseen)
    ]
    weights, bias = _fit_mined(hostile, [*kind, *halves[0], *halves[1]])
    return Classifier(weights, bias, float(np.quantile(tops, 1.0 - FALSE_ALARM_BUDGET)))


class _Line(NamedTuple):
    weights: NDArray[np.float32]
    bias: float

    def logit(self, row: NDArray[np.int64]) -> float:
        return float(self.weights[row].sum() / np.sqrt(len(row) + SHRINKAGE)) + self.bias


def _tops(line: _Line, calm: Iterable[list[NDArray[np.int64]]]) -> list[float]:
    """The highest logit of each section."""
    return [max(map(line.logit, rows)) for rows in calm if rows]


def section_rows(section: str) -> list[NDArray[np.int64]]:
    """The windows of a section as rows of buckets."""
    folded = fold(section).text
    windows = sentence_windows(folded)
    return _rows(folded, windows, np.arange(len(windows)))


def _attack_rows(text: str) -> list[NDArray[np.int64]]:
    """The windows of an attack, without fragments that say nothing."""
    folded = fold(text).text
    windows = sentence_windows(folded)
    telling = [len(folded[start:end].split()) >= _FEWEST_WORDS for start, end in windows]
    return _rows(folded, windows, np.flatnonzero(telling))


def _rows(folded: str, windows: NDArray[np.int64], chosen: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    kinds = list(grams(read(folded), windows))
    rows = (np.concatenate([_inside(kind, at) for kind in kinds]) for at in (chosen if kinds else ()))
    return [row for row in rows if len(row)]


def _inside(kind: Grams, window: int) -> NDArray[np.int64]:
    """The buckets of the grams of one kind that count in a window."""
    part = slice(kind.first[window], kind.last[window])
    return kind.buckets[part][kind.counted[part]]


def _fit_mined(hostile: Sequence[NDArray[np.int64]], calm: Iterable[list[NDArray[np.int64]]]) -> _Line:
    """Fit on a sample of ordinary windows, then again with those that the first fit found most suspicious."""
    rows = [row for section in calm for row in section]
    step = max(len(rows) // _SAMPLE_WINDOWS, 1)
    first = _fit_rows(hostile, rows[::step])
    hardest = np.argsort([-first.logit(row) for row in rows])[:_SAMPLE_WINDOWS]
    chosen = np.union1d(hardest, np.arange(0, len(rows), step))
    return _fit_rows(hostile, [rows[at] for at in chosen])


def _fit_rows(hostile: Sequence[NDArray[np.int64]], calm: Sequence[NDArray[np.int64]]) -> _Line:
    regression = _regression()
    labels = np.zeros(len(hostile) + len(calm), dtype=np.int8)
    labels[: len(hostile)] = 1
    regression.fit(_matrix([*hostile, *calm]), labels)
    # Half precision is what is stored; the threshold has to hold for it.
    return _Line(regression.coef_[0].astype(np.float16).astype(np.float32), float(regression.intercept_[0]))


class _Regression(Protocol):
    """What is used of scikit-learn's logistic regression."""

    coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]

    def fit(self, rows: object, labels: NDArray[np.int8]) -> object: ...


def _regression() -> _Regression:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise SettingsError("Training the classifier needs scikit-learn.", "Install scikit-learn.") from error
    regression = LogisticRegression(
        C=_INVERSE_REGULARISATION, solver="liblinear", class_weight="balanced", max_iter=200, random_state=0
    )
    return cast("_Regression", regression)


def _matrix(rows: Sequence[NDArray[np.int64]]) -> object:
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]

    lengths = np.array([len(row) for row in rows])
    pointers = np.array([0, *np.cumsum(lengths)])
    values = np.repeat(1.0 / np.sqrt(lengths + SHRINKAGE), lengths)
    matrix: object = csr_matrix((values, np.concatenate(rows), pointers), shape=(len(rows), BUCKETS))
    return matrix
