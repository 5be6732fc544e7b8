"""Each shortcut of the examination against the long way: what is ruled out cheaply is never there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gristmill.corpus.duplicates import Limits, content_hash, likeness, normalised_words
from gristmill.corpus.duplicates.normalisation import shingles
from gristmill.corpus.duplicates.signatures import PERMUTATIONS, signature, signature_matrix
from gristmill.corpus.hygiene.characters import NOTABLE, _notable_runs
from gristmill.corpus.hygiene.mojibake import MOJIBAKE_SIGN, has_mojibake_sign
from gristmill.corpus.privacy.detection import RULES
from gristmill.corpus.privacy.figures import Figures
from gristmill.corpus.privacy.numbers import DIGIT_RUN, _verdict, find_digit_runs
from gristmill.corpus.wording import words_of

SAMPLES = Path(__file__).parents[3] / "samples"
MANUAL = Path("/usr/share/doc/postgresql-doc-15/html")
# Every page of the sample that is plain text, and a piece of a manual where Debian's package is installed.
PAGES = [*sorted(SAMPLES.rglob("*.md")), *sorted(SAMPLES.rglob("*.txt")), *sorted(MANUAL.glob("*.html"))[::40]]
NUMBERS = st.text(st.sampled_from("0123456789 -./()+,abAZ\u00a0٣x\n"), max_size=60)
MARKED = st.lists(
    st.sampled_from(
        ["](", ")", "<", ">", "a b", "https://", "x", ":ref:`", ".. note::", "\n", " ", "|", "É", "_", '"', "e\u0301"]
    ),
    max_size=30,
).map("".join)
# As they stood before they were split by what stands in each.
NOT_TEXT = re.compile(
    r"\]\([^)\s]*(?:\s+\"[^\"\n]*\")?\)|:[\w:+-]+:(?=`)|^\s*\.\. [\w:-]+::|<[^<>\s][^<>\n]{0,300}>|https?://\S+",
    re.MULTILINE,
)
FRONT_MATTER = re.compile(r"\A---\n.{0,4000}?\n(?:---\n|\n(?=#))", re.DOTALL)


def texts() -> list[str]:
    return [page.read_text("utf-8", "replace") for page in PAGES]


def check_figures(text: str) -> None:
    figures = Figures(text)
    for rule in RULES:
        if rule.shape is not None and not rule.shape(figures):
            assert not list(rule.find(text, text.lower())), rule.name
    runs = [(match.start(), _verdict(text, match.start(), match[0])) for match in DIGIT_RUN.finditer(text)]
    expected = [(start, verdict[0]) for start, verdict in runs if verdict is not None]
    assert [(found.start, found.kind) for found in find_digit_runs(text)] == expected


@settings(max_examples=300, deadline=None)
@given(NUMBERS)
@example("call 030 123 45 67")
@example("from 10.0.0.1 on")
@example("4111 1111 1111 1111")
@example("card ٤111111111111111")
def test_no_number_is_ruled_out_by_a_look_at_the_figures(text: str) -> None:
    check_figures(text)


@settings(max_examples=300, deadline=None)
@given(MARKED)
def test_words_are_those_of_the_long_expression(text: str) -> None:
    assert words_of(text) == re.findall(r"[^\W_]+", text)
    stripped = NOT_TEXT.sub(" ", FRONT_MATTER.sub("", text))
    assert normalised_words(text) == " ".join(re.findall(r"[^\W_]+", stripped)).casefold().split()


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("aÃ©â€™\u00a0\u200b\ufeff Ç\ue000\x07n\U0001f3f4"), max_size=40))
def test_strange_characters_are_looked_for_where_they_can_stand(text: str) -> None:
    assert has_mojibake_sign(text) == bool(MOJIBAKE_SIGN.search(text))
    assert list(_notable_runs(text)) == [m.span() for m in NOTABLE.finditer(text)]


def test_real_pages_read_the_same_both_ways() -> None:
    assert len(PAGES) > 100
    for text in texts():
        check_figures(text)
        assert words_of(text) == re.findall(r"[^\W_]+", text)
        stripped = NOT_TEXT.sub(" ", FRONT_MATTER.sub("", text))
        assert content_hash(normalised_words(text)) == content_hash(
            " ".join(re.findall(r"[^\W_]+", stripped)).casefold().split()
        )


@pytest.mark.parametrize("share", [0.5, 0.7, 1.0])
def test_a_pair_at_the_limits_is_not_ruled_out_by_its_signatures(share: float) -> None:
    """One in 30,000 may be: of these hundred pairs none is."""
    limits = Limits()
    for seed in range(100):
        left = [f"w{seed}x{n}" for n in range(200)]
        right = [word if n < 200 * share else f"o{seed}x{n}" for n, word in enumerate(left)]
        alike = likeness(" ".join(left), " ".join(right))
        if alike.jaccard >= limits.jaccard or alike.containment >= limits.containment:
            matrix = signature_matrix([signature(shingles(words)) for words in (left, right)])
            agreement = (matrix[:1, :PERMUTATIONS] == matrix[1:, :PERMUTATIONS]).mean(axis=1)
            sizes = matrix[:, PERMUTATIONS].astype("int64").reshape(1, 2)
            for same_heading in (np.array([False]), np.array([True])):
                assert limits.may_hold(agreement, sizes, PERMUTATIONS, same_heading).all()
