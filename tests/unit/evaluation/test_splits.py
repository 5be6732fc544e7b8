"""Splits hold: no near duplicate crosses a line, and what was given once is kept."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from gristmill.evaluation.questions import Question, Split
from gristmill.evaluation.splits import NEAR, apart, assigned, likeness, near_pairs, trigrams

VOCABULARY = ("mill", "sluice", "warden", "night", "stone", "rye", "wheel", "water", "gate", "pay")
WORDS = st.lists(st.sampled_from(VOCABULARY), min_size=3, max_size=6)
TEXTS = st.lists(WORDS.map(" ".join), min_size=2, max_size=25)


def question(at: int, text: str, split: Split | None = None) -> Question:
    return Question(f"q{at:02}", text, "en", "fact", ("everyone",), False, "", (), split)


@given(TEXTS)
def test_near_pairs_are_all_pairs_above_the_threshold(texts: list[str]) -> None:
    grams = [trigrams(text) for text in texts]
    wanted = [(a, b) for a, b in combinations(range(len(texts)), 2) if likeness(grams[a], grams[b]) >= NEAR]
    assert near_pairs(texts) == wanted


@given(TEXTS, st.lists(st.sampled_from([None, *Split]), min_size=25, max_size=25))
def test_no_near_duplicate_that_counts_crosses_a_line(texts: list[str], splits: list[Split | None]) -> None:
    placed = assigned([question(at, text, splits[at]) for at, text in enumerate(texts)], {})
    counting = [q for q in placed if q.set_aside is None]
    for one, other in combinations(counting, 2):
        if likeness(trigrams(one.text), trigrams(other.text)) >= NEAR:
            assert one.split == other.split


@given(TEXTS, TEXTS)
def test_no_near_duplicate_crosses_from_training_into_gate_or_holdout(training: list[str], texts: list[str]) -> None:
    protected = [question(at, text, Split.HOLDOUT) for at, text in enumerate(texts)]
    kept, left_out = apart(training, protected)
    assert sorted(kept + left_out) == sorted(training)
    for text in kept:
        assert all(likeness(trigrams(text), trigrams(q.text)) < NEAR for q in protected)


def test_a_split_once_given_is_kept_when_the_file_says_another() -> None:
    placed = assigned([question(1, "When is the sluice shut?", Split.TUNE)], {"q01": Split.HOLDOUT})
    assert placed[0].split is Split.HOLDOUT


def test_a_question_without_a_split_joins_its_near_duplicate() -> None:
    known = question(1, "When is the sluice shut at night?", Split.GATE)
    placed = assigned([known, question(2, "when is the sluice shut at night")], {})
    assert [q.split for q in placed] == [Split.GATE, Split.GATE]
    assert placed[1].cluster == "q01"


def test_a_tuning_question_that_nearly_is_a_holdout_question_is_set_aside() -> None:
    one, other = "When is the sluice shut?", "When is the sluice shut ?"
    placed = assigned([question(1, one, Split.TUNE), question(2, other, Split.HOLDOUT)], {})
    assert placed[0].set_aside == "a near duplicate of it is in the split 'holdout'"
    assert placed[1].set_aside is None
