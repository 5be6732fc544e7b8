"""Work that stays linear in the size of a text, shown by structure and by counting, never by a clock."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from gristmill.corpus.injection import screen
from gristmill.corpus.injection.phrases import RULES
from gristmill.corpus.injection.rules import Rule
from gristmill.corpus.injection.sections import SECTION_CHARACTERS, split_sections

# The parser of `re` has no public name, and moved with Python 3.11.
sre_parse: Any = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

LONGEST_REPEAT = 200
LONGEST_MATCH = 1200


def repeats(parsed: Any) -> Iterator[int]:
    for operation, argument in parsed:
        if str(operation) in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            yield int(argument[1])
            yield from repeats(argument[2])
        elif str(operation) == "SUBPATTERN":
            yield from repeats(argument[-1])
        elif str(operation) == "BRANCH":
            for branch in argument[1]:
                yield from repeats(branch)
        elif str(operation) in {"ASSERT", "ASSERT_NOT"}:
            yield from repeats(argument[1])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_repeat_of_a_rule_is_bounded_so_work_per_position_is(rule: Rule) -> None:
    assert max(repeats(sre_parse.parse(rule.pattern)), default=0) <= LONGEST_REPEAT
    assert sre_parse.parse(rule.pattern).getwidth()[1] <= LONGEST_MATCH


def test_rules_have_unique_names_and_an_explanation() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.explanation.endswith((".", ")")) and 0 < rule.score < 0.85 for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_a_rule_needs_is_folded_text(rule: Rule) -> None:
    assert rule.needs
    assert all(need == need.lower() and need.isascii() for need in rule.needs)


HOSTILE = {
    "headings": "# a\n",
    "half an order": "ignore all the previous ",
    "only verbs": "ignore ",
    "open brackets": "![](http://a?a={",
    "one letter": "a",
    "letters apart": "i g n ",
    "digits": "0 ",
    "percent": "%41a",
    "angle": "<~",
    "escapes": "\\u0041",
    "entities": "&#65;",
    "zero width": "\u200bi",
    "tags": "\U000e0041",
    "no break": "x" * 50,
    "fences": "```\n",
    "quotes": '"',
    "dots": ". ",
    "ligatures": "ﷺ",
    "telling backwards": "erongi ",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_sections_grow_with_the_text_and_no_faster(unit: str) -> None:
    def number(characters: int) -> int:
        return sum(1 for _ in split_sections(unit * (characters // len(unit))))

    assert number(120_000) <= 2 * number(60_000) + 1
    assert number(120_000) <= 120_000 / 300 + 1


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_sections_cover_the_text_and_stay_small(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    spans = list(split_sections(text))
    assert "".join(text[span.start : span.end] for span in spans) == text
    assert all(0 < span.end - span.start <= SECTION_CHARACTERS for span in spans)


def calls(text: str) -> int:
    """How many Python calls screening a text makes."""
    total = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal total
        total += event == "call"

    screen("warm the caches: ﷺ \u200b \U000e0041")
    sys.setprofile(count)
    try:
        screen(text)
    finally:
        sys.setprofile(None)
    return total


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_screening_does_twice_the_work_for_twice_a_hostile_text(unit: str) -> None:
    single, double = (calls(unit * (size // len(unit))) for size in (15_000, 30_000))
    assert double <= 2.3 * single + 500


def test_the_patterns_compile_without_ambiguous_nesting() -> None:
    nested = re.compile(r"\([^()]*[+*]\)[+*]")
    assert not [rule.name for rule in RULES if nested.search(rule.pattern)]
