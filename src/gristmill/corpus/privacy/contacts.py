"""Rules for e-mail addresses and dates of birth."""

from __future__ import annotations

import re

from gristmill.corpus.privacy.findings import Kind
from gristmill.corpus.privacy.rules import Rule

__all__ = ["CONTACT_RULES"]

MONTHS = (
    r"(?:jan(?:uar|uary|vier)?|feb(?:ruar|ruary)?|f[ée]vrier|m(?:ar(?:ch|s)?|ärz)|a(?:pr(?:il)?|vril)|"
    r"ma[iy]|ju(?:ne|ni|in)|"
    r"ju(?:ly|li|illet)|aug(?:ust)?|août|sep(?:t(?:ember|embre)?)?|o[ck]t(?:ober|obre)?|nov(?:ember|"
    r"embre)?|d[eé][cz](?:ember|embre)?)"
)
DATE = (
    rf"(?:\d{{1,4}}[-./]\d{{1,2}}[-./]\d{{1,4}}|\d{{1,2}}(?:st|nd|rd|th|er|\.)? (?:of )?{MONTHS}\.?,? \d{{4}}"
    rf"|{MONTHS}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
BIRTH_CUE = re.compile(
    r"(?i)\bborn\b|\bbirth|\bdob\b|\bd\.o\.b|geboren|\bgeb\b|geburt|\bn[ée]{1,2}e? (?:le|en)\b|naissance|birthday"
)
BIRTH_WORDS = ("born", "birth", "dob", "d.o.b", "gebor", "geb.", "geburt", "né le", "née le", "naissance")

AT_HOST = r"@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b"

CONTACT_RULES = (
    Rule(
        Kind.EMAIL,
        "email",
        re.compile(rf"[\w.+%'-]{{1,64}}{AT_HOST}"),
        0.98,
        needs=("@",),
        probe=re.compile(AT_HOST),
    ),
    Rule(Kind.DATE_OF_BIRTH, "date-of-birth", re.compile(rf"(?i)\b{DATE}\b"), 0.9, needs=BIRTH_WORDS, cue=BIRTH_CUE),
)
