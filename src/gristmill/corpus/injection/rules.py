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

    def may_match(self, folded: str) -> bool:
        """Whether a folded text holds what every match holds."""
        return any(need in folded for need in self.needs) and (not self.probe or self._probe.search(folded) is not None)


class Match(NamedTuple):
    """A rule and the span of the folded text it matched."""

    rule: Rule
    start: int
    end: int


def matches(folded: str, rules: Sequence[Rule]) -> Iterator[Match]:
    """Every match of every rule in a folded text."""
    for rule in rules:
        if rule.may_match(folded):
            for found in rule.expression.finditer(folded):
                yield Match(rule, found.start(), found.end())
