"""A rule: a pattern, what must stand near it and a check of what it found. Cheap tests come first.

Here is how rules run; the rules themselves are in `numbers`, `contacts` and `credentials`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gristmill.corpus.privacy.figures import Figures
from gristmill.corpus.privacy.findings import Kind, PersonalData

if TYPE_CHECKING:
    from gristmill.corpus.literals import Literals

__all__ = ["Rule", "apply_rules", "cue_before"]

CUE_REACH = 48  # characters before a value in which the word that explains it stands: about half a line


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to recognise a kind.

    `needs`: the rule is skipped unless one of these stands in the text in small letters; a substring search costs a
    hundredth of a pattern. `shape`: what must hold of the text's figures. `probe`: a cheaper pattern that every match
    holds; rules may share one. `begins`: in small letters, what every match begins with; the pattern is tried there
    only. `cue`: must match shortly before the value. `accept`: the last word, such as a check digit.
    The value is the group named `value`, or all of the match.
    """

    kind: Kind
    name: str
    pattern: re.Pattern[str]
    score: float
    needs: tuple[str, ...] = ()
    cue: re.Pattern[str] | None = None
    accept: Callable[[str], bool] | None = None
    probe: re.Pattern[str] | None = None
    begins: tuple[str, ...] = ()
    shape: Callable[[Figures], bool] | None = None

    def find(self, text: str, lowered: str) -> Iterator[PersonalData]:
        """Every place where the rule holds; `lowered` is the text in small letters."""
        group = "value" if "value" in self.pattern.groupindex else 0
        for match in self._matches(text, lowered):
            if (self.accept is None or self.accept(match[group])) and self._is_cued(text, match.start(group)):
                yield PersonalData(self.kind, *match.span(group), self.score, self.name)

    def _matches(self, text: str, lowered: str) -> Iterator[re.Match[str]]:
        # A few letters have a small form of another length.
        if not self.begins or len(lowered) != len(text):
            yield from self.pattern.finditer(text)
            return
        reached = 0
        for start in sorted({place for literal in self.begins for place in _places(literal, lowered)}):
            if start >= reached and (match := self.pattern.match(text, start)):
                yield match
                reached = match.end()

    def _is_cued(self, text: str, start: int) -> bool:
        return self.cue is None or cue_before(self.cue, text, start)


def cue_before(cue: re.Pattern[str], text: str, start: int) -> bool:
    """The cue stands in the half line before this place."""
    return cue.search(text, max(0, start - CUE_REACH), start) is not None


def apply_rules(rules: tuple[Rule, ...], text: str, lowered: str, figures: Figures) -> Iterator[PersonalData]:
    """What the rules find; `lowered` is the text in small letters, `figures` are its own: made once for all of them."""
    probed: dict[re.Pattern[str], bool] = {}
    literals = _needed(tuple(rule.needs for rule in rules)).in_text(lowered)
    for rule in rules:
        if rule.needs and literals.isdisjoint(rule.needs):
            continue
        if rule.shape is not None and not rule.shape(figures):
            continue
        if rule.probe is not None:
            if rule.probe not in probed:
                probed[rule.probe] = rule.probe.search(text) is not None
            if not probed[rule.probe]:
                continue
        yield from rule.find(text, lowered)


@lru_cache(maxsize=16)
def _needed(groups: tuple[tuple[str, ...], ...]) -> Literals:
    from gristmill.corpus.literals import Literals

    return Literals(literal for group in groups for literal in group)


def _places(literal: str, lowered: str) -> Iterator[int]:
    place = lowered.find(literal)
    while place >= 0:
        yield place
        place = lowered.find(literal, place + 1)
