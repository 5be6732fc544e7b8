"""The rule layer: declared phrases matched against folded text.

Only matching. The phrases are declared by language in `phrases_en`, `phrases_de` and `phrases_fr`, and what is not
bound to a language in `phrases_markup`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


@dataclass(frozen=True)
class Rule:
    """One kind of phrase.

    Attributes:
        name: unique, stable; stands in findings.
        kind: rules of one kind are one piece of evidence.
        score: what one match says alone; below the flag score it only counts together with another kind.
        needs: a section without any of these substrings cannot match. Keeps ordinary sections fast.
        also: words of which a match holds at least one of each group, beside those of `needs`; see `triggers`.
        pattern: matched against folded text. Every repeat is bounded, so work per position is bounded.
        explanation: completes "This passage …", for the document's owner.
        hidden_only: counts only in hidden text.
        probe: a shorter pattern that every match holds, where the pattern itself is costly.
    """

    name: str
    kind: str
    score: float
    needs: tuple[str, ...]
    pattern: str
    explanation: str
    hidden_only: bool = False
    also: tuple[tuple[str, ...], ...] = ()
    probe: str = ""

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The pattern, compiled when it is first needed: few are, in ordinary documents."""
        return re.compile(self.pattern)

    @cached_property
    def _probe(self) -> re.Pattern[str]:
        return re.compile(self.probe)

    def in_text(self, folded: str) -> Iterator[re.Match[str]]:
        """Every match in a folded text for which the rule is `needed`."""
        if not self.probe or self._probe.search(folded) is not None:
            yield from self.expression.finditer(folded)


class Match(NamedTuple):
    """A rule and the span of the folded text it matched."""

    rule: Rule
    start: int
    end: int


def needed(folded: str, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules of which a folded text holds a substring that every match has."""
    return tuple(rule for rule in rules if any(need in folded for need in rule.needs))


def matches(folded: str, rules: Sequence[Rule]) -> Iterator[Match]:
    """Every match of rules that are `needed` for a folded text."""
    for rule in rules:
        for found in rule.in_text(folded):
            yield Match(rule, found.start(), found.end())
