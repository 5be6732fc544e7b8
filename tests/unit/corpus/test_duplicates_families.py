"""Duplicates: found once, for a reason, whatever the order of arrival."""

import random
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gristmill.corpus.duplicates as duplicates
from gristmill.corpus.duplicates import (
    Family,
    Member,
    Relation,
    candidate_pairs,
    content_hash,
    find_families,
    likeness,
    normalised_heading,
    normalised_words,
    shingles,
    signature,
    signature_matrix,
    verified_pairs,
)
from gristmill.corpus.headings import heading_of

WORDS = [f"word{number}" for number in range(400)]


def prose(seed: int, length: int = 150) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=length))


def families_of(texts: dict[str, str], authority: tuple[str, ...] = (), **dates: date) -> list[Family]:
    by_content = {content_hash(normalised_words(text)): text for text in texts.values()}
    contents = sorted(by_content)
    matrix = signature_matrix([signature(shingles(normalised_words(by_content[content]))) for content in contents])
    headings = [normalised_heading(heading_of(by_content[content])) for content in contents]
    candidates = candidate_pairs(matrix, np.ones(len(contents), np.bool_), headings=headings)
    pairs = verified_pairs(candidates, contents, lambda _: by_content, headings=headings)
    members = [
        Member(path, content_hash(normalised_words(text)), len(text.split()), dates.get(path))
        for path, text in texts.items()
    ]
    return find_families(members, pairs, authority)


def test_markup_case_and_punctuation_do_not_change_the_content() -> None:
    plain = "Grease the bearing, see the manual. Use open() with care."
    front = "---\ntitle: x\n---\n"
    markdown = f'{front}# Grease **the** bearing\n\nSee [the manual](../m.html "The manual"). Use `open()` with care'
    rst = "Grease the *bearing*; see :doc:`the manual`. Use :func:`open` with care."
    assert len({content_hash(normalised_words(text)) for text in (plain, markdown, rst)}) == 1


def test_equal_texts_under_two_names_are_exact_and_redundant() -> None:
    (family,) = families_of({"a.md": prose(1), "archive/a-copy.md": f"# {prose(1)}", "b.md": prose(2)})
    (duplicate,) = family.duplicates
    assert family.representative == duplicate.of == "a.md"
    assert (duplicate.path, duplicate.relation, duplicate.redundant) == ("archive/a-copy.md", Relation.EXACT, True)


def test_a_shortened_edition_is_near_and_redundant_and_a_changed_one_is_near_and_stays() -> None:
    text = prose(3)
    (family,) = families_of({"full.md": text, "short.md": text[: len(text) * 3 // 4]})
    assert [(d.relation, d.redundant) for d in family.duplicates] == [(Relation.NEAR, True)]
    (family,) = families_of({"heron-40.md": f"{text} torque 195", "heron-75.md": f"{text} torque 560"})
    assert [(d.relation, d.redundant) for d in family.duplicates] == [(Relation.NEAR, False)]


def test_different_texts_have_no_family() -> None:
    assert families_of({f"{seed}.md": prose(seed) for seed in range(30)}) == []


@pytest.mark.parametrize(
    ("texts", "authority", "dates", "best", "reason"),
    [
        (
            {"a": prose(1), "b": prose(1) + " more"},
            (),
            {"a": date(2026, 1, 1), "b": date(2020, 1, 1)},
            "a",
            "newest date",
        ),
        ({"a": prose(1), "b": prose(1) + " more"}, (), {}, "b", "most complete"),
        ({"desk/a": prose(1), "policies/a": prose(1)}, ("policies/",), {}, "policies/a", "authoritative"),
        ({"copy of a": prose(1), "deep/down/a": prose(1)}, (), {}, "deep/down/a", "copies"),
        ({"x/a": prose(1), "a": prose(1)}, (), {}, "a", "shortest path"),
    ],
)
def test_the_representative_is_chosen_for_a_reason(
    texts: dict[str, str], authority: tuple[str, ...], dates: dict[str, date], best: str, reason: str
) -> None:
    (family,) = families_of(texts, authority, **dates)
    assert family.representative == best
    assert reason in family.reason


def test_a_chain_of_changes_does_not_make_its_ends_duplicates() -> None:
    words = prose(5, 300).split()
    chain = {f"{step}.md": " ".join(prose(50 + step, 60 * step).split() + words[60 * step :]) for step in range(5)}
    for family in families_of(chain):
        for duplicate in family.duplicates:
            assert likeness(chain[family.representative], chain[duplicate.path]).jaccard >= 0.5


LIST_OF_CONTENTS = prose(6, 40)


@pytest.mark.parametrize(
    ("heading", "of_list", "found"),
    [
        ("# Oil and *grease*", "Oil and grease\n==============\n", True),
        ("# Oil and grease", "# Tools", False),
        ("", "", False),
    ],
)
def test_a_list_of_contents_is_a_duplicate_of_its_page_under_the_same_heading_only(
    heading: str, of_list: str, found: bool
) -> None:
    page = f"{heading}\n\n{LIST_OF_CONTENTS} {prose(7, 800)}"
    families = families_of({"list.txt": f"{of_list}\n{LIST_OF_CONTENTS}", "page.md": page})
    assert [family.representative for family in families] == (["page.md"] if found else [])
    for family in families:
        assert "of its word runs stand in page.md, which is longer" in family.duplicates[0].reason


corpora = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=10)


def variant(seed: int, edits: int) -> str:
    words = prose(seed, 120).split()
    for edit in range(edits):
        words[20 + 30 * edit] = f"changed{edit}"
    return " ".join(words)


@settings(deadline=None)
@given(corpora, st.randoms(use_true_random=False))
def test_families_do_not_depend_on_the_order_of_documents(
    recipe: list[tuple[int, int]], shuffle: random.Random
) -> None:
    texts = {f"{number}.md": variant(*how) for number, how in enumerate(recipe)}
    shuffled = list(texts.items())
    shuffle.shuffle(shuffled)
    assert families_of(texts) == families_of(dict(shuffled))


@settings(deadline=None)
@given(corpora, st.integers(0, 10))
def test_pairs_found_step_by_step_equal_pairs_found_at_once(recipe: list[tuple[int, int]], first: int) -> None:
    matrix = signature_matrix([signature(shingles(normalised_words(variant(*how)))) for how in recipe])
    everything = np.ones(len(recipe), np.bool_)
    late = np.arange(len(recipe)) >= first
    early = candidate_pairs(matrix[:first], everything[:first])
    later = candidate_pairs(matrix, late)
    assert sorted(early + later) == candidate_pairs(matrix, everything)
    assert all(late[left] or late[right] for left, right in later)


def test_nothing_new_compares_nothing() -> None:
    matrix = signature_matrix([signature({"a b c"})] * 3)
    assert candidate_pairs(matrix, np.zeros(3, np.bool_)) == []
    assert candidate_pairs(signature_matrix([]), np.zeros(0, np.bool_)) == []


def test_a_signature_is_the_same_today_and_tomorrow() -> None:
    assert signature({"a b c", "b c d"})[:8].hex() == "214cced864b87bc7"


def test_the_public_face_is_exact() -> None:
    assert len(set(duplicates.__all__)) == len(duplicates.__all__)
    assert all(hasattr(duplicates, name) for name in duplicates.__all__)
