"""What is to be done with a document, given what was found in it. Pure: the settings say which kind leads to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from gristmill.corpus.privacy.findings import Kind, PersonalData

__all__ = ["Judgement", "Policy", "judge"]

NOUNS = {
    Kind.PERSON: ("person's name", "names of persons"),
    Kind.EMAIL: ("e-mail address", "e-mail addresses"),
    Kind.PHONE: ("telephone number", "telephone numbers"),
    Kind.ADDRESS: ("street address", "street addresses"),
    Kind.DATE_OF_BIRTH: ("date of birth", "dates of birth"),
    Kind.NATIONAL_ID: ("national identity number", "national identity numbers"),
    Kind.PASSPORT: ("passport or identity card number", "passport or identity card numbers"),
    Kind.DRIVING_LICENCE: ("driving licence number", "driving licence numbers"),
    Kind.IBAN: ("IBAN", "IBANs"),
    Kind.CREDIT_CARD: ("credit card number", "credit card numbers"),
    Kind.IP_ADDRESS: ("IP address", "IP addresses"),
    Kind.PLACE: ("place", "places"),
    Kind.ORGANISATION: ("organisation", "organisations"),
    Kind.DATE: ("date", "dates"),
    Kind.URL: ("web address", "web addresses"),
    Kind.SECRET: ("password, key or token", "passwords, keys or tokens"),
}
MOST_LINES = 3  # line numbers named for one kind; the rest is counted


class Policy(str, Enum):
    """What is done with a document or a kind, from the mildest to the strictest."""

    KEEP = "keep"
    MASK = "mask"
    QUARANTINE = "quarantine"


OUTCOMES = {
    Policy.KEEP: "kept as written",
    Policy.MASK: "replaced by pseudonyms",
    Policy.QUARANTINE: "the document is held back until its owner removes them or allows them",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision on one document, why, and which findings to mask if it is not held back."""

    policy: Policy
    reason: str
    to_mask: tuple[PersonalData, ...] = ()


def judge(text: str, findings: Sequence[PersonalData], policies: Mapping[Kind, Policy], otherwise: Policy) -> Judgement:
    """The strictest policy among the kinds that were found.

    `policies` says what to do with a kind, `otherwise` with the kinds it does not name. The reason counts the findings
    that led to the decision and names their lines, never their values.
    """
    decisions = [(finding, policies.get(finding.kind, otherwise)) for finding in findings]
    strictness = list(Policy).index
    policy = max((decision for _, decision in decisions), key=strictness, default=Policy.KEEP)
    decisive = [finding for finding, decision in decisions if decision is policy]
    to_mask = tuple(finding for finding, decision in decisions if decision is Policy.MASK)
    return Judgement(policy, _reason(text, decisive, policy), to_mask)


def _reason(text: str, findings: Sequence[PersonalData], policy: Policy) -> str:
    if not findings:
        return "no personal data found"
    counts = Counter(finding.kind for finding in findings)
    parts = (_counted(text, kind, [f for f in findings if f.kind is kind]) for kind, _ in counts.most_common())
    return f"{', '.join(parts)}: {OUTCOMES[policy]}"


def _counted(text: str, kind: Kind, findings: Sequence[PersonalData]) -> str:
    lines = list(dict.fromkeys(text.count("\n", 0, finding.start) + 1 for finding in findings))
    named = ", ".join(map(str, lines[:MOST_LINES])) + (" and more" if len(lines) > MOST_LINES else "")
    return f"{len(findings)} {NOUNS[kind][len(findings) > 1]} ({'lines' if len(lines) > 1 else 'line'} {named})"
