"""Names of persons: runs of capitalised words, read with lists of names, titles and the words around them.

A full name is a given name with a word behind it that is a family name or no ordinary word. A name that stands alone
needs more: a list says so and nothing speaks against it, or its neighbours do ("my name is", "says"), or the full
name stands elsewhere in the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from gristmill.corpus.privacy.capitals import CAPITAL, lacks_capitals
from gristmill.corpus.privacy.findings import Kind, PersonalData
from gristmill.corpus.privacy.gazetteer import gazetteer

__all__ = ["find_persons"]

PARTICLE = (
    r"(?:van der|van den|van de|van|von der|von|de la|de|del|della|di|da|dos|du|der|den|bin|al|el|y|zu|ter|la|le)"
)
TITLE_WITH_DOT = r"(?:Mr|Mrs|Ms|Dr|Prof|Hr|Fr|Dipl|Ing|Mme|Mlle)\."
TOKEN = rf"(?:{TITLE_WITH_DOT}|[{CAPITAL}](?:\.|(?:[^\W\d_]|['’-](?![sS]\b)(?=[^\W\d_])){{0,40}}))"
RUN = re.compile(rf"(?<![\w@/\\.#-]){TOKEN}(?: (?:{PARTICLE} )?{TOKEN})*(?![\w@]|[./\\-]\w)")
TOKEN_IN_RUN = re.compile(rf"{TOKEN}")
TITLES = frozenset({
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "herr", "frau", "hr", "fr", "monsieur", "madame",
    "mademoiselle", "mme", "mlle", "dipl", "ing",
})  # fmt: skip
ROLES = frozenset({
    "prime", "speaker", "president", "chairman", "chairwoman", "chair", "vice", "minister", "secretary", "chancellor",
    "ambassador", "director",
})  # fmt: skip
# What is followed by one of these is the name of an organisation, a place or a thing.
NOT_A_PERSON = frozenset({
    "ltd", "limited", "inc", "incorporated", "gmbh", "llc", "llp", "corp", "corporation", "company", "co", "group",
    "ag", "kg", "sarl", "sas", "sa", "plc", "bv", "university", "college", "school", "hospital", "foundation", "bank",
    "institute", "institut", "partners", "consulting", "works", "street", "avenue", "road", "lane", "square", "river",
    "lake", "mountain", "mount", "island", "county", "city", "town", "valley", "park", "station", "airport", "bridge",
    "church", "museum", "league", "cup", "award", "prize", "act", "law", "theorem", "algorithm", "method", "test",
    "effect", "turbine", "valve", "pump", "stock", "exchange",
})  # fmt: skip
NAME_FOLLOWS = re.compile(
    r"(?i)(?:\bmy name(?: is|['’]s)|\bname(?:['’]s| is|:)|\bnamed (?:him|her)|\bcall(?:ed)? me|"
    r"\bmein name ist|\bich heiße|"
    r"\bje m['’]appelle|\bname ist|\bau nom de)\s{1,3}$"
)
NAME_LIKELY = re.compile(
    r"(?i)(?:\b(?:i\\?['’]m|i am|dear|hi|hello|hey|called|named|contact|author|attn|user|signed|regards|"
    r"thanks|by|ask for|"
    r"speak (?:to|with)|liebe[r]?|hallo|bonjour|ch[eè]re?|it['’]s|who is|under|cc|from|told|asked|says|"
    r"said)[:,]?)\s{1,3}$"
)
SPEAKS = re.compile(
    r"(?: ?,? (?:said|says|wrote|writes|asked|told|explained|argued|replied|lives|lived|was born|who|agreed|"
    r"joined|sagte?|schrieb|wohnt|a dit|habite)\b| et al\b)"
)
OF_SOMEBODY = re.compile(
    r"['’]s (?:home |phone |e-?mail |postal )?(?:address|phone|e-?mail|number|birthday|salary|daughter|son|"
    r"wife|husband|mother|"
    r"father|brother|sister|boss|account|passport|name)\b"
)
REACH = 24  # characters before a name in which a word announces it
EPONYM = re.compile(
    r"(?:['’]s?)? (?:principle|law|equation|number|theorem|method|test|effect|constant|scale|curve|cycle|"
    r"engine|calendar|"
    r"distribution|transform|filter|model|key|knife|wrench|coefficient|process|wheel|turbine)s?\b"
)
LONGEST = 4  # words in one name


class Word(NamedTuple):
    """One capitalised word with what the lists know of it."""

    start: int
    end: int
    text: str
    given: bool
    family: bool
    common_given: bool
    common_family: bool
    ordinary: bool
    place: bool
    initial: bool

    @property
    def carries_name(self) -> bool:
        """Can stand behind a given name: a family or given name, or no word that we know."""
        return self.initial or not self.ordinary


def find_persons(text: str, language: str) -> Iterator[PersonalData]:
    """Names in a text. A text without any capital letter is read as if every word had one."""
    shown = _capitalised(text)
    plain = gazetteer().plain_words
    runs = [_words(match) for match in RUN.finditer(shown) if match[0].lower() not in plain]
    found = [name for words in runs for name in _names(shown, words, language)]
    yield from found
    full = [shown[name.start : name.end] for name in found if name.score >= FULL_NAME]
    known = {word.lower() for name in full for word in name.split() if len(word) > 2 and not word.isupper()}
    for words in runs:
        yield from (
            _person(word, word, 0.75, "repeated")
            for word in words
            if word.text in known and not word.ordinary and not word.place
        )


def _capitalised(text: str) -> str:
    titled = text.title() if lacks_capitals(text) else text
    return titled if len(titled) == len(text) else text


def _words(run: re.Match[str]) -> list[Word]:
    return [
        Word(run.start() + m.start(), run.start() + m.end(), m[0].lower(), *_known(m[0].lower()))
        for m in TOKEN_IN_RUN.finditer(run[0])
        if m.start() == 0 or run[0][m.start() - 1] == " "
    ]


@lru_cache(maxsize=20_000)
def _known(word: str) -> tuple[bool, bool, bool, bool, bool, bool, bool]:
    lists = gazetteer()
    forms = (word, *word.split("-")) if "-" in word else (word,)
    return (
        all(form in lists.given for form in forms[1:] or forms),
        any(form in lists.family for form in forms),
        word in lists.common_given,
        word in lists.common_family,
        word in lists.words
        or word.removesuffix("s") in lists.words
        or all(form in lists.words for form in forms[1:] or forms),
        word in lists.places,
        len(word) == 1 or (len(word) == 2 and word.endswith(".")),
    )


FULL_NAME = 0.9


def _names(text: str, words: Sequence[Word], language: str) -> Iterator[PersonalData]:
    if _is_thing(text, words):
        return
    index = 0
    while index < len(words):
        finding, index = _name_at(text, words, index, language)
        if finding is not None and not any(word.text in NOT_A_PERSON for word in words[index - 1 : index + 2]):
            yield finding


def _is_thing(text: str, words: Sequence[Word]) -> bool:
    """An organisation ("McGraw-Hill & Co") or a place of several words."""
    start, end = words[0].start, words[-1].end
    if text[end : end + 2] == " &" or text[start - 2 : start] == "& ":
        return True
    return len(words) > 1 and text[start:end].lower() in gazetteer().places


def _name_at(text: str, words: Sequence[Word], index: int, language: str) -> tuple[PersonalData | None, int]:
    """The name that starts at this word, if any, and the word to go on with."""
    word = words[index]
    if word.text.rstrip(".") in TITLES and index + 1 < len(words):
        end = _end_of_name(words, index + 1, strict=False)
        if end > index + 1 and words[index + 1].text not in ROLES:
            return _person(words[index + 1], words[end - 1], 0.92, "title"), end
        return None, index + 1
    end = _end_of_name(words, index + 1, strict=language == "de")
    if end > index + 1 and _is_full_name(text, words, index, end):
        return _person(word, words[end - 1], FULL_NAME, "full-name"), end
    if _stands_alone(text, words, index, language):
        return _person(word, word, 0.7, "single-name"), index + 1
    return None, index + 1


def _end_of_name(words: Sequence[Word], start: int, *, strict: bool) -> int:
    """The index behind the last word that can belong to a name; strict asks for a known family name."""
    end = start
    if start < len(words) and words[start - 1].text.rstrip(".") in TITLES and words[start].common_given:
        end += 1
    while end < min(len(words), start + LONGEST - 1) and words[end].carries_name:
        end += 1
    if end == start and start < len(words) and words[start].common_family:
        end += 1
    while strict and end > start and not (words[end - 1].family or words[end - 1].common_family):
        end -= 1
    return end


def _is_full_name(text: str, words: Sequence[Word], index: int, end: int) -> bool:
    first, last = words[index], words[end - 1]
    if last.initial:
        return False
    if first.initial:
        known = last.family or _is_likely_context(text, first)
        return first.text.endswith(".") and known and not last.ordinary and not last.place
    if first.given or (first.text in gazetteer().names_with_meaning and (last.family or not last.ordinary)):
        return True
    if end - index > 2 and words[index + 1].given:  # "Ask Idris Vaughan": the name starts one word later
        return False
    return first.common_given and (last.family or (last.common_family and _is_announced(text, first)))


def _is_announced(text: str, word: Word) -> bool:
    return NAME_FOLLOWS.search(text, max(0, word.start - REACH), word.start) is not None


def _stands_alone(text: str, words: Sequence[Word], index: int, language: str) -> bool:
    word = words[index]
    if text[word.start - 4 : word.start] == "St. ":  # a church, a town
        return False
    if word.initial or len(word.text) < 3 or text[word.start : word.end].isupper():
        return False
    if word.ordinary and not word.common_given:
        return False
    if _is_announced(text, word) or (not word.ordinary and OF_SOMEBODY.match(text, word.end)):
        return True
    if word.place or word.ordinary or EPONYM.match(text, word.end):
        return False
    if language != "de" and word.given and len(words) == 1 and not _number_follows(text, word.end):
        return True
    return index == 0 and _is_likely(text, word)


def _is_likely(text: str, word: Word) -> bool:
    return (word.given or word.family) and _is_likely_context(text, word)


def _is_likely_context(text: str, word: Word) -> bool:
    before = NAME_LIKELY.search(text, max(0, word.start - REACH), word.start)
    return before is not None or SPEAKS.match(text, word.end) is not None


def _number_follows(text: str, end: int) -> bool:
    return text[end : end + 2].strip(" -").isdigit()


def _person(first: Word, last: Word, score: float, detector: str) -> PersonalData:
    return PersonalData(Kind.PERSON, first.start, last.end, score, detector)
