"""What becomes of a parsed document."""

from __future__ import annotations

import pytest

from gristmill.corpus.acceptance import judge
from gristmill.corpus.ledger import Status


@pytest.mark.parametrize("text", ["", " \n", "***", "— — —\n\n|  |  |"])
def test_a_text_without_a_word_is_quarantined_because_it_has_no_chunk(text: str) -> None:
    assert judge("parsed", "", text).status is Status.QUARANTINED


def test_one_word_is_enough() -> None:
    assert judge("parsed", "", "***\n\n7").status is Status.ACCEPTED
