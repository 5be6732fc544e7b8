"""Lists of names, places and ordinary words, loaded once from the files in `lists/`, whose README names their sources.

A name that is also an ordinary word ("Mark", "Rose", "Heron") says less than one that is not: the two are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Gazetteer", "gazetteer"]


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names in small letters. `given` and `family` hold what is no ordinary word, the `common_` lists what is one.

    `names_with_meaning` are words that are names when a family name follows, `plain_words` those that never are.
    """

    given: frozenset[str]
    family: frozenset[str]
    common_given: frozenset[str]
    common_family: frozenset[str]
    names_with_meaning: frozenset[str]
    places: frozenset[str]
    words: frozenset[str]
    plain_words: frozenset[str]


@cache
def gazetteer() -> Gazetteer:
    """The lists: about 180,000 entries, 25 MB, loaded in a tenth of a second at the first call."""
    never_names = _by_hand("calendar") | _by_hand("openers")
    words = _entries("words") - _by_hand("names_before_words") | never_names | _by_hand("things")
    given, family = (_entries(name) - never_names for name in ("given", "family"))
    meaning = _by_hand("names_with_meaning")
    common_given = given & words | meaning
    return Gazetteer(
        given=given - words,
        family=family - words,
        common_given=common_given,
        common_family=family & words,
        names_with_meaning=meaning,
        places=_entries("places"),
        words=words,
        plain_words=words - common_given,
    )


def _entries(name: str) -> frozenset[str]:
    """One of the lists that tools/gazetteer.py makes: an entry a line."""
    return frozenset(_text(f"{name}.txt").splitlines())


def _by_hand(name: str) -> frozenset[str]:
    """One of the lists kept by hand: words between blanks, below a line that gives the reason."""
    return frozenset(_text(f"by_hand/{name}.txt").partition("\n")[2].split())


def _text(name: str) -> str:
    return files(__package__).joinpath("lists", name).read_text("utf-8")
