"""Places, organisations, dates and web addresses: not personal by themselves, but they point at a person among few.

Only found when asked for (`find_personal_data(…, wide=True)`): a knowledge base without them answers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gristmill.corpus.privacy.capitals import CAPITAL, lacks_capitals
from gristmill.corpus.privacy.contacts import DATE
from gristmill.corpus.privacy.figures import Figures
from gristmill.corpus.privacy.findings import Kind, PersonalData
from gristmill.corpus.privacy.gazetteer import gazetteer
from gristmill.corpus.privacy.rules import Rule, apply_rules

__all__ = ["find_context"]

NAME = rf"\b[{CAPITAL}][\w&'’-]{{0,40}}"
LEGAL_FORM = (
    r"(?:Ltd|Limited|Inc|Incorporated|LLC|LLP|PLC|plc|Corp|Corporation|Company|Co|GmbH|AG|KG|SE|SARL|SAS|"
    r"S\.A|N\.V|B\.V|Group|"
    r"Holdings|Partners|Foundation|Institute|University|Bank|Association|Department|Agency|Systems|"
    r"Technologies|Solutions|"
    r"Software|Labs|Networks|Consulting|Services|Industries|International|Works)\b\.?"
)
LIST_OF_NAMES = rf"{NAME}, {NAME} and {NAME}"
WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
CONTEXT_RULES = (
    Rule(Kind.ORGANISATION, "legal-form", re.compile(rf"(?:{NAME},? (?:(?:and|of|&|for) )?){{1,5}}{LEGAL_FORM}"), 0.65),
    Rule(Kind.DATE, "date", re.compile(rf"(?i)\b(?:{DATE}|{WEEKDAY})\b"), 0.65),
    Rule(
        Kind.URL,
        "url",
        re.compile(r"\bhttps?://[^\s<>\"')\]]{3,2000}|\bwww\.[\w-]+(?:\.[\w-]+)+"),
        0.65,
        needs=("http", "www."),
    ),
)
PLACE_RUN = re.compile(rf"(?<![\w@/.-]){NAME}(?:[ -](?:(?:of|the|and|de|la|del) )*{NAME}){{0,6}}")
# What only an organisation or a place can be: "the Aldersluice office", "we moved here from Brackenford".
OFFICE = re.compile(
    rf"(?:[Tt]he|[Aa]t) (?P<value>{NAME}(?:,? (?:and |of |& )?{NAME}){{0,4}}) (?:office|headquarters|branch|website)\b"
)
PLACE_CUE = re.compile(
    rf"\b(?:moved (?:here )?(?:from|to)|grew up in|born in|(?:I['’]m|I am|live[sd]?|living|arrived) in|"
    rf"visit(?:ed|ing)?|"
    rf"trip to|travel(?:l?ed|ling)? to) (?:the )?(?P<value>{NAME}(?: (?:de |del |la |of )?{NAME}){{0,3}})"
)
CUED_RULES = (
    Rule(Kind.ORGANISATION, "office", OFFICE, 0.65),
    Rule(Kind.PLACE, "place-cue", PLACE_CUE, 0.65),
)


_RULES = (*CONTEXT_RULES, *CUED_RULES)


def find_context(text: str) -> Iterator[PersonalData]:
    """Places, organisations, dates and web addresses in a text; they may overlap."""
    shown = _with_capitals(text)
    yield from apply_rules(_RULES, shown, text.lower(), Figures(shown))
    yield from _places(shown)


def _with_capitals(text: str) -> str:
    titled = text.title() if lacks_capitals(text) else text
    return titled if len(titled) == len(text) else text


def _places(text: str) -> Iterator[PersonalData]:
    """The longest known place that starts at each word of a run of capitalised words."""
    for run in PLACE_RUN.finditer(text):
        starts = [0, *(match.end() for match in re.finditer(r"[ -]", run[0]))]
        ends = [*(match.start() for match in re.finditer(r"[ -]", run[0])), len(run[0])]
        for start in starts:
            longest = next((end for end in reversed(ends) if _is_place(run[0][start:end])), None)
            if longest is not None:
                yield PersonalData(Kind.PLACE, run.start() + start, run.start() + longest, 0.65, "place-list")


def _is_place(name: str) -> bool:
    return name.lower() in gazetteer().places and (name.lower() not in gazetteer().words or " " in name)
