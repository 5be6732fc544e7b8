"""What is demanded of the documents of one source, made from the settings: rules with thresholds, treatment of data.

Settings speak in words; here they become the rules of `quality` and the kinds of `privacy`, and an unknown word is an
error before any document is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gristmill.corpus.duplicates import SIGNATURE_VERSION
from gristmill.corpus.injection import CLASSIFIER_SHA256
from gristmill.corpus.privacy import Kind, Policy
from gristmill.corpus.quality import RULES, Rule, with_thresholds
from gristmill.errors import SettingsError
from gristmill.fingerprint import fingerprint

if TYPE_CHECKING:
    from gristmill.settings import PrivacySettings, Settings

# Raised by whoever changes what an examination finds: rules, detectors, cleaning.
_CODE_VERSION = 4
# These depend on the day or on other documents, and are decided anew in every run.
STALE, SUPERSEDED = "stale", "superseded"


@dataclass(frozen=True)
class SourcePolicy:
    """The demands on the documents of one source."""

    rules: tuple[Rule, ...]
    stale: Rule
    privacy: Mapping[Kind, Policy]
    otherwise: Policy
    leaves_out_hidden_orders: bool = True  # instead of holding the whole document back

    @property
    def fingerprint(self) -> str:
        """The hash of all that decides what an examination finds, but for the key of the pseudonyms."""
        rules = [(rule.name, rule.severity.value, rule.threshold) for rule in self.rules]
        privacy = {kind.value: policy.value for kind, policy in self.privacy.items()}
        return fingerprint(
            "policy", _CODE_VERSION, rules, privacy, self.otherwise.value, self.leaves_out_hidden_orders,
            CLASSIFIER_SHA256, SIGNATURE_VERSION,
        )  # fmt: skip

    def as_fields(self) -> dict[str, Any]:
        """The policy as JSON knows it."""
        return {
            "thresholds": {rule.name: rule.threshold for rule in (*self.rules, self.stale)},
            "privacy": {kind.value: policy.value for kind, policy in self.privacy.items()},
            "otherwise": self.otherwise.value,
            "leaves_out_hidden_orders": self.leaves_out_hidden_orders,
        }

    @classmethod
    def of_fields(cls, fields: dict[str, Any]) -> SourcePolicy:
        """The policy that `as_fields` gave."""
        return cls(
            *_rules(fields["thresholds"]),
            {Kind(kind): Policy(policy) for kind, policy in fields["privacy"].items()},
            Policy(fields["otherwise"]),
            fields["leaves_out_hidden_orders"],
        )


def _rules(thresholds: Mapping[str, float]) -> tuple[tuple[Rule, ...], Rule]:
    """The rules of a text by itself, and the one of age."""
    rules = with_thresholds(thresholds, RULES)
    own = tuple(rule for rule in rules if rule.name not in {STALE, SUPERSEDED})
    return own, next(rule for rule in rules if rule.name == STALE)


def policy_of(settings: Settings, source: str) -> SourcePolicy:
    """Return the policy for the source at a location; the common one for a source that the settings do not list.

    Raises:
        SettingsError: a rule or a kind of personal data does not exist.
    """
    own = next((listed for listed in settings.sources if listed.location == source), None)
    corpus = settings.corpus
    quality = corpus.quality | (own.quality if own else {})
    days = own.stale_after_days if own and own.stale_after_days else corpus.stale_after_days
    privacy = own.privacy if own and own.privacy else settings.privacy
    return SourcePolicy(
        *_rules({STALE: days, **quality}),
        _kinds(privacy),
        Policy(privacy.default),
        corpus.hidden_orders == "leave out",
    )


def forbidden_kinds(settings: Settings) -> frozenset[Kind]:
    """Return the kinds of personal data that no answer may hold: those that are not kept in documents either."""
    kinds = _kinds(settings.privacy)
    otherwise = Policy(settings.privacy.default)
    return frozenset(kind for kind in Kind if kinds.get(kind, otherwise) is not Policy.KEEP) | {Kind.SECRET}


def _kinds(privacy: PrivacySettings) -> dict[Kind, Policy]:
    known = {kind.value.lower(): kind for kind in Kind}
    if unknown := {name for name in privacy.kinds if name.lower() not in known}:
        said = f"There is no kind of personal data named {', '.join(sorted(unknown))}."
        raise SettingsError(said, f"Below 'privacy.kinds' use: {', '.join(known)}.")
    return {known[name.lower()]: Policy(treatment) for name, treatment in sorted(privacy.kinds.items())}
