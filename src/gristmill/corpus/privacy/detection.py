"""From a text to what is personal in it: every detector once, then the rule for overlaps."""

from __future__ import annotations

from gristmill.corpus.privacy.addresses import find_addresses
from gristmill.corpus.privacy.columns import find_birth_columns
from gristmill.corpus.privacy.contacts import CONTACT_RULES
from gristmill.corpus.privacy.context import find_context
from gristmill.corpus.privacy.credentials import CREDENTIAL_RULES
from gristmill.corpus.privacy.findings import PersonalData, without_overlaps
from gristmill.corpus.privacy.names import find_persons
from gristmill.corpus.privacy.numbers import NUMBER_RULES, find_digit_runs
from gristmill.corpus.privacy.rules import apply_rules

__all__ = ["find_personal_data"]

RULES = (*CONTACT_RULES, *NUMBER_RULES, *CREDENTIAL_RULES)


def find_personal_data(text: str, language: str = "en", *, wide: bool = False) -> list[PersonalData]:
    """Personal data and secrets in a text, in order of place, without overlaps.

    Numbers, addresses and secrets are recognised in English, German and French whatever `language` says; it decides
    how capital letters are read, because German writes every noun with one.
    `wide` adds places, organisations, dates and web addresses.
    """
    found = [*apply_rules(RULES, text, text.lower()), *find_digit_runs(text)]
    found += find_addresses(text)
    found += find_birth_columns(text)
    found += find_persons(text, language)
    if wide:
        found += find_context(text)
    return without_overlaps(found)
