"""What is demanded of the documents of one source, made from the settings: rules with thresholds, treatment of data.

Settings speak in words; here they become the rules of `quality` and the kinds of `privacy`, and an unknown word is an
error before any document is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gristmill.corpus.duplicates import SIGNATURE_VERSION
from gristmill.corpus.injection import CLASSIFIER_SHA256
from gristmill.corpus.privacy import Kind, Policy
from gristmill.corpus.quality import RULES, Rule, with_thresholds
from gristmill.errors import SettingsError
from gristmill.fingerprint import fingerprint
from gristmill.settings import PrivacySettings, Settings

# Raised by whoever changes what an examination finds: rules, detectors, cleaning.
_CODE_VERSION = 2
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


def policy_of(settings: Settings, source: str) -> SourcePolicy:
    """Return the policy for the source at a location; the common one for a source that the settings do not list.

    Raises:
        SettingsError: a rule or a kind of personal data does not exist.
    """
    own = next((listed for listed in settings.sources if listed.location == source), None)
    corpus = settings.corpus
    quality = corpus.quality | (own.quality if own else {})
    days = own.stale_after_days if own and own.stale_after_days else corpus.stale_after_days
    rules = with_thresholds({STALE: days, **quality}, RULES)
    privacy = own.privacy if own and own.privacy else settings.privacy
    return SourcePolicy(
        tuple(rule for rule in rules if rule.name not in {STALE, SUPERSEDED}),
        next(rule for rule in rules if rule.name == STALE),
        _kinds(privacy),
        Policy(privacy.default),
        corpus.hidden_orders == "leave out",
    )


def _kinds(privacy: PrivacySettings) -> dict[Kind, Policy]:
    known = {kind.value.lower(): kind for kind in Kind}
    if unknown := {name for name in privacy.kinds if name.lower() not in known}:
        said = f"There is no kind of personal data named {', '.join(sorted(unknown))}."
        raise SettingsError(said, f"Below 'privacy.kinds' use: {', '.join(known)}.")
    return {known[name.lower()]: Policy(treatment) for name, treatment in sorted(privacy.kinds.items())}
