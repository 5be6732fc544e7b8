"""From a text to what is personal in it: every detector once, then the rule for overlaps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

from gristmill.corpus.privacy.addresses import find_addresses
from gristmill.corpus.privacy.columns import find_birth_columns
from gristmill.corpus.privacy.contacts import CONTACT_RULES
from gristmill.corpus.privacy.context import find_context
from gristmill.corpus.privacy.credentials import CREDENTIAL_RULES
from gristmill.corpus.privacy.figures import Figures
from gristmill.corpus.privacy.findings import Kind, PersonalData, without_overlaps
from gristmill.corpus.privacy.names import find_persons
from gristmill.corpus.privacy.numbers import NUMBER_RULES, find_digit_runs
from gristmill.corpus.privacy.rules import Rule, apply_rules

__all__ = ["find_personal_data", "find_personal_data_of"]

RULES = (*CONTACT_RULES, *NUMBER_RULES, *CREDENTIAL_RULES)


# What each detector beside the rules can find.
_DIGIT_RUN_KINDS = frozenset({Kind.CREDIT_CARD, Kind.NATIONAL_ID, Kind.PHONE, Kind.IP_ADDRESS})
_COSTLY_KINDS = frozenset({Kind.ADDRESS, Kind.DATE_OF_BIRTH, Kind.PERSON})


def find_personal_data_of(kinds: Collection[Kind], text: str, language: str = "en") -> list[PersonalData]:
    """What `find_personal_data` finds, or nothing where none of it is of these kinds.

    Names and addresses cost most, and are looked for only if they are asked for, or if there is something that they may
    overlap with.
    """
    if not kinds:
        return []
    if not _COSTLY_KINDS.isdisjoint(kinds) or any(_cheap(kinds, text)):
        return find_personal_data(text, language)
    return []


def _cheap(kinds: Collection[Kind], text: str) -> Iterator[bool]:
    figures = Figures(text)
    yield from (True for _ in apply_rules(_rules_of(frozenset(kinds)), text, text.lower(), figures))
    if not _DIGIT_RUN_KINDS.isdisjoint(kinds):
        yield from (found.kind in kinds for found in find_digit_runs(text, kinds, figures))


@lru_cache(maxsize=16)
def _rules_of(kinds: frozenset[Kind]) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.kind in kinds)


def find_personal_data(text: str, language: str = "en", *, wide: bool = False) -> list[PersonalData]:
    """Personal data and secrets in a text, in order of place, without overlaps.

    Numbers, addresses and secrets are recognised in English, German and French whatever `language` says; it decides
    how capital letters are read, because German writes every noun with one.
    `wide` adds places, organisations, dates and web addresses.
    """
    figures = Figures(text)
    found = [*apply_rules(RULES, text, text.lower(), figures), *find_digit_runs(text, figures=figures)]
    found += find_addresses(text)
    found += find_birth_columns(text)
    found += find_persons(text, language)
    if wide:
        found += find_context(text)
    return without_overlaps(found)
