"""What screening says about a document: findings, a score and a verdict.

Only the shapes and the policy that turns findings into a verdict. How findings are made is in the layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from math import prod

# Below this a section is clean, from here on a person should look at it.
FLAG_SCORE = 0.5
# No single visible rule and no classifier score reaches this: it takes a second, independent layer, an encoding or a
# hidden place.
QUARANTINE_SCORE = 0.85
CLASSIFIER_KIND = "classifier"
# What a text that talks about injection (quotes it, warns of it) can reach at most.
MENTION_CEILING = 0.7
# What weak rules and the classifier can reach together. Handbooks for human assistants have both: "note for
# assistants", "in every reply".
WEAK_CEILING = 0.8


class Verdict(str, Enum):
    """What should happen to a document."""

    CLEAN = "clean"
    FLAG = "flag"
    QUARANTINE = "quarantine"


@dataclass(frozen=True)
class Finding:
    r"""One passage that looks like an instruction to a model.

    Attributes:
        rule: the name of the rule, decoder or classifier that found it.
        start: first character; in the visible text, or for a hidden finding in ``"\n".join(hidden)``.
        end: one past the last character.
        hidden: the passage stands where a reader of the document does not see it.
        score: strength of this finding alone, above 0 and at most 1.
        excerpt: the passage, shortened, invisible characters made visible.
        explanation: why it was found, for the owner of the document.
        kind: findings of one kind are one piece of evidence, however many there are.
        mentioned: the passage is quoted, or its section discusses injection.
    """

    rule: str
    start: int
    end: int
    hidden: bool
    score: float
    excerpt: str
    explanation: str
    kind: str = ""
    mentioned: bool = False


@dataclass(frozen=True)
class Screening:
    """The findings of one document, the score of its worst section and the verdict."""

    findings: tuple[Finding, ...]
    score: float
    verdict: Verdict


def combined_score(findings: Sequence[Finding]) -> float:
    """How sure the findings of one section make us: independent kinds add up, repeats of a kind do not.

    What is only mentioned cannot lift a section above `MENTION_CEILING`, and cannot shield what is not.
    """
    meant = _any_of(finding for finding in findings if not finding.mentioned)
    return max(meant, min(_any_of(findings), MENTION_CEILING))


def _any_of(findings: Iterable[Finding]) -> float:
    strongest: dict[str, float] = {}
    for finding in findings:
        strongest[finding.kind] = max(strongest.get(finding.kind, 0.0), finding.score)
    is_strong = any(score >= FLAG_SCORE for kind, score in strongest.items() if kind != CLASSIFIER_KIND)
    return min(1.0 - prod(1.0 - score for score in strongest.values()), 1.0 if is_strong else WEAK_CEILING)


def verdict_for(score: float) -> Verdict:
    """The verdict on a document whose worst section has this score."""
    if score >= QUARANTINE_SCORE:
        return Verdict.QUARANTINE
    return Verdict.FLAG if score >= FLAG_SCORE else Verdict.CLEAN


def conclude(sections: Sequence[Sequence[Finding]]) -> Screening:
    """The screening of a document from the findings of each of its sections."""
    score = max((combined_score(section) for section in sections), default=0.0)
    ordered = sorted(
        (finding for section in sections for finding in section),
        key=lambda finding: (finding.hidden, finding.start, finding.end, finding.rule),
    )
    return Screening(tuple(ordered), score, verdict_for(score))
