from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gristmill.search.methods import Searcher
from gristmill.search.trial import TrialText
from tests.trials import PARTS, paragraph, parts_in

TEXT = "# The mill\n\n" + "\n\n".join(paragraph(part, n) for n, part in enumerate(PARTS))


@pytest.fixture
def searcher(tmp_path: Path) -> Iterator[Searcher]:
    parts = parts_in(tmp_path, focus={"tokens": 40, "share": 0.0}, search={"passages_per_document": 10})
    with parts.searcher([TrialText("mill.md", "Manual", TEXT)]) as made:
        yield made


def test_what_is_handed_on_is_verbatim_and_inside_its_passage(searcher: Searcher) -> None:
    focused = searcher.focused("who looks after the governor?", 3)
    assert focused
    for found in focused:
        assert TEXT[found.start : found.end] == found.text
        assert found.passage.start <= found.start < found.end <= found.passage.end


def test_the_sentence_that_answers_is_kept(searcher: Searcher) -> None:
    focused = searcher.focused("who looks after the governor?", 3)
    assert "The governor of house 7 is looked after by its keeper." in focused[0].text


def test_no_more_tokens_are_handed_on_than_the_settings_say(searcher: Searcher) -> None:
    focused = searcher.focused("who looks after the governor, the bolt and the race?", 5)
    sizes = searcher.encoder.tokenizer.encode_batch([found.text for found in focused], add_special_tokens=False)
    assert sum(len(size.ids) for size in sizes) <= 40


def test_no_more_passages_than_asked_for_and_none_twice(searcher: Searcher) -> None:
    focused = searcher.focused("stone", 2)
    assert len(focused) == 2
    (first, second) = sorted((found.start, found.end) for found in focused)
    assert first[1] <= second[0]


def test_a_question_without_a_hit_is_answered_with_something_near(searcher: Searcher) -> None:
    assert len(searcher.focused("zzz", 2)) <= 2


def test_sentences_that_say_far_less_than_the_best_one_are_left_out(tmp_path: Path) -> None:
    handed_on = {}
    for share in (0.0, 0.6):
        parts = parts_in(tmp_path, focus={"share": share}, search={"passages_per_document": 10})
        with parts.searcher([TrialText("mill.md", "Manual", TEXT)]) as made:
            handed_on[share] = made.focused("who looks after the governor?", 5)
    assert sum(len(found.text) for found in handed_on[0.6]) < sum(len(found.text) for found in handed_on[0.0]) / 2
    assert "The governor of house 7" in handed_on[0.6][0].text


def test_what_matters_alone_is_a_passage_that_names_its_own_chunks(searcher: Searcher) -> None:
    for found in searcher.focused("who looks after the governor?", 3):
        alone = found.alone()
        assert TEXT[alone.start : alone.end] == alone.text
        assert alone.document == found.passage.document
        assert alone.spans
        assert all(span.start < alone.end and span.end > alone.start for span in alone.spans)
