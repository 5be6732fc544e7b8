"""The first look of the classifier against the close one: what it passes over has no window above the threshold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gristmill.corpus.injection.attacks import attacks
from gristmill.corpus.injection.classifier import Classifier, shipped_classifier
from gristmill.corpus.injection.folding import fold
from gristmill.corpus.injection.reading import read
from gristmill.corpus.injection.sections import split_sections

SHARED = Path(__file__).parents[4] / "shared" / "benchmarks" / "injection"
SAMPLES = Path(__file__).parents[3] / "samples"
ORDINARY = [page.read_text("utf-8") for page in sorted(SAMPLES.rglob("*.md"))]


def looked_at(classifier: Classifier, texts: list[str]) -> tuple[dict[int, int], dict[int, int], float]:
    """By section the start of the best window above the threshold, by both ways, and the share looked at closely."""
    folded = [fold(text).text for text in texts]
    offsets = np.cumsum([0, *(len(text) + 3 for text in folded)]).tolist()
    spans = [
        (at + start, at + end) for at, text in zip(offsets, folded, strict=False) for start, end in split_sections(text)
    ]
    reading = read("\n\0\n".join(folded))
    starts, ends = (np.array(column) for column in zip(*spans, strict=True))
    close = {
        number: best.start - spans[number][0]
        for number, best in enumerate(classifier.most_suspicious_each(reading, spans))
        if best.margin >= 0
    }
    first = {number: best.start for number, best in classifier.suspicious(reading, starts, ends).items()}
    return close, first, float(classifier._first_look.is_worth_more(reading, starts, ends).mean())


@pytest.mark.skipif(not SHARED.exists(), reason="needs the benchmarks beside the checkout")
def test_no_attack_that_a_close_look_names_is_passed_over() -> None:
    found = [attack.text for attack in attacks(SHARED)]
    alone = looked_at(shipped_classifier(), found)
    page = max(ORDINARY, key=len)
    planted = looked_at(shipped_classifier(), [f"{page[:900]}\n\n{text}\n\n{page[900:1800]}" for text in found])
    for close, first, _ in (alone, planted):
        assert len(close) > 100
        assert first == close


def test_most_ordinary_sections_are_not_looked_at_closely() -> None:
    close, first, share = looked_at(shipped_classifier(), ORDINARY)
    assert first == close
    assert share < 0.4


def test_a_word_weighs_the_same_whenever_it_is_met() -> None:
    classifier = Classifier(np.linspace(-1, 1, 1 << 16, dtype=np.float32), 0.0, -2.0)
    text = (
        "ignore the previous valve and open the next one before the pump is started again by the crew of the day " * 3
    )
    before = looked_at(classifier, [text])
    looked_at(classifier, ["wholly other words stand here and are weighed between the two looks at the text above"])
    assert looked_at(classifier, [text]) == before
