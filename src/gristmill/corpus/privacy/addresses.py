"""Street addresses: an anchor that only addresses have; `growth` then adds the town, the country and the post code.

Anchors: a number beside a street word ("12 Mill Lane", "8 rue du Moulin", "Mühlweg 4"), a number after "lives at", a
flat number, a post-office box, a military post code, the corner of two streets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gristmill.corpus.privacy.capitals import CAPITAL, lacks_capitals
from gristmill.corpus.privacy.findings import Kind, PersonalData
from gristmill.corpus.privacy.growth import FLAT, WORD, grown, is_name_word
from gristmill.corpus.privacy.rules import cue_before

__all__ = ["find_addresses"]

# "Drive" and "way" are also parts of machines: these need more evidence than a capital letter.
AMBIGUOUS = frozenset({
    "drive", "dr", "way", "row", "court", "ct", "place", "pl", "square", "sq", "trail", "close", "hill", "circle",
    "cir", "terrace", "gardens", "plaza", "st",
})  # fmt: skip
STREET = (
    r"(?:street|avenue|ave|road|rd|lane|ln|boulevard|blvd|crescent|highway|hwy|parkway|pkwy|mews|"
    + "|".join(sorted(AMBIGUOUS, key=len, reverse=True))
    + r")\b"
)
STREET_WORD_FIRST = (
    r"(?:rue|avenue|boulevard|place|chemin|impasse|allée|quai|route|via|viale|piazza|corso|calle|avenida|"
    r"plaza|rua|ul\.?|"
    r"ulica|strada|trg)"
)
STREET_ENDINGS = (
    "straße", "strasse", "str.", "allee", "gasse", "ufer", "damm", "lände", "straat", "laan", "plein",
    "gracht", "gatan", "gata", "vägen", "vej", "veien", "vegen", "gade", "katu", "utca", "kade", "singel", "steenweg",
)  # fmt: skip
WORKSHOP_ENDINGS = ("platz", "weg", "ring")  # "Arbeitsplatz 3", "Stellweg 12 mm" and "O-Ring 40" are no streets
STREET_BEFORE_NUMBER = re.compile(
    r"(?:\b(?P<preposition>Am|An der|Auf der|Im|In der|Unter den|Zum|Zur) )?"
    r"(?P<word>(?<![\w-])[^\W\d_][\w.'’-]{2,40}) $"
)
CODE_AND_TOWN = re.compile(rf",?[ \n](?:[A-Z]{{1,2}}-)?\d{{4,5}} [{CAPITAL}]")
NUMBER = re.compile(r"(?<![\w.,:/#$€£-])\d{1,5}[a-zA-Z]?(?![\w%]|[.,:/-]\d)")
NUMBER_STREET = re.compile(
    rf"(?i)\d{{1,5}}[a-z]?,? (?P<name>(?:{WORD} |\d{{1,3}}(?:st|nd|rd|th) ){{1,4}}?)(?P<street>{STREET})"
)
NUMBER_RUE = re.compile(
    rf"(?i)\d{{1,5}}(?: ?bis| ?ter|[a-z])?,? {STREET_WORD_FIRST} (?P<name>{WORD}(?: {WORD}){{0,3}})(?: \d{{1,4}}\b)?"
)
TWO_NUMBERS = re.compile(
    rf"(?i)\d{{1,5}},? (?P<name>{WORD}(?: {WORD}){{0,3}}) \d{{1,4}}[a-z]?\.?(?=\s*[\n,]|\s+{FLAT})"
)
NUMBER_NAME = re.compile(rf"\d{{1,5}},? (?P<name>{WORD})")
LEADING_NUMBER = re.compile(r"(?<![\w.,/-])\d{1,5} $")
BOX = re.compile(
    r"(?i)\b(?:p\.? ?o\.? ?box|post ?office box|postfach|boîte postale) \d{1,6}\b"
    r"|\b(?:PSC|unit|cmr) \d{1,5},? box \d{1,5}\b|\b(?:USN?[SVN]?S?V? \w{1,40}[ ,\n]{1,3})?[AFD]PO,? ?A[AEP],? ?\d{5}\b"
)
CORNER = re.compile(
    rf"(?i)\b(?:the )?corner of (?:[\w.'’-]{{1,40}} ){{1,6}}and (?:{WORD} ){{0,3}}?{STREET}(?: \d{{1,4}})?"
)
FLAT_ANCHOR = re.compile(r"(?i)\b(?:apt|suite|flat)\.? ?#?\d{1,4}[a-z]?\b")
CUE = re.compile(
    r"(?i)\baddress(?:es)?\b|\b(?:liv(?:es?|ed|ing)|resid(?:es?|ing)|stay(?:s|ing)?|located|deliver(?:ed)?|"
    r"ship(?:ped)?|"
    r"returned|return|sent|send|taxi|office is|arrived?|moved?|meet) (?:\w+ ){0,4}(?:at|to|in|on)\b|\bwohn(?:t|haft)\b|"
    r"\banschrift\b|\badresse\b|\bhabite\b|\bdemeurant\b|\bdomicili"
)
US_STATES = frozenset({
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
    "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "PR",
})  # fmt: skip
TOWN_AND_STATE = re.compile(rf"(?:[{CAPITAL}][\w.'’-]{{0,40}},? ){{1,3}}(?P<state>[A-Z]{{2}}) $")
UK_POSTCODE = re.compile(rf"\b[{CAPITAL}][\w'’-]{{1,40}}[, \n]{{1,2}}(?P<value>[A-Z]{{1,2}}\d[A-Z\d]? \d[A-Z]{{2}})\b")


def find_addresses(text: str) -> Iterator[PersonalData]:
    """Addresses in a text; they may overlap."""
    for number in NUMBER.finditer(text):
        yield from _at_number(text, number.start())
        yield from _behind_street_name(text, number)
        yield from _behind_state(text, number)
    lowered = text.lower()
    if any(word in lowered for word in ("box", "postfach", "boîte", "po a")):
        yield from (_address(text, *match.span(), 0.93, "post-box") for match in BOX.finditer(text))
    if "corner of" in lowered:
        yield from (_address(text, *match.span(), 0.93, "corner") for match in CORNER.finditer(text))
    yield from (_address(text, *match.span("value"), 0.9, "uk-postcode") for match in UK_POSTCODE.finditer(text))
    if any(word in lowered for word in ("apt", "suite", "flat")):
        yield from _at_flats(text)


def _address(text: str, start: int, end: int, score: float, name: str) -> PersonalData:
    return PersonalData(Kind.ADDRESS, _with_leading_number(text, start), grown(text, end), score, name)


def _with_leading_number(text: str, start: int) -> int:
    match = LEADING_NUMBER.search(text, max(0, start - 7), start)
    return match.start() if match else start


def _at_number(text: str, start: int) -> Iterator[PersonalData]:
    """Addresses that begin with this number."""
    for pattern, name, is_address in (
        (NUMBER_STREET, "number-street", _is_street),
        (NUMBER_RUE, "street-word-first", _is_named),
        (TWO_NUMBERS, "two-numbers", _is_two_numbered),
        (NUMBER_NAME, "address-cue", _is_cued),
    ):
        match = pattern.match(text, start)
        if match and is_address(text, match):
            yield _address(text, *match.span(), 0.93, name)
            return


def _is_named(text: str, match: re.Match[str]) -> bool:
    return is_name_word(text, match["name"].split()[-1])


def _is_street(text: str, match: re.Match[str]) -> bool:
    words = match["name"].split()
    if not all(word[0].isupper() or word[0].isdigit() or lacks_capitals(text) for word in words):
        return False
    if match["street"].lower() not in AMBIGUOUS:
        return lacks_capitals(text) or match["street"][0].isupper()
    named = any(is_name_word(text, word) for word in words)
    return named or grown(text, match.end()) > match.end() or cue_before(CUE, text, match.start())


def _is_two_numbered(text: str, match: re.Match[str]) -> bool:
    name = match["name"]
    if any(c.isdigit() for c in name) or not (name[0].isupper() or lacks_capitals(text)):
        return False
    named = any(is_name_word(text, word) for word in name.split())
    return named and (grown(text, match.end()) > match.end() or cue_before(CUE, text, match.start()))


def _is_cued(text: str, match: re.Match[str]) -> bool:
    return is_name_word(text, match["name"].split()[0]) and cue_before(CUE, text, match.start())


def _behind_street_name(text: str, number: re.Match[str]) -> Iterator[PersonalData]:
    """Continental order: "Mühlstraße 4", and with a town or a cue "Kirchplatz 4" and "Am Mühlbach 11"."""
    before = text[max(0, number.start() - 60) : number.start()]
    match = STREET_BEFORE_NUMBER.search(before)
    if match is None or not is_name_word(text, match["word"]):
        return
    start = number.start() - len(before) + match.start()
    sure = match["word"].lower().endswith(STREET_ENDINGS)
    maybe = match["preposition"] or match["word"].lower().endswith(WORKSHOP_ENDINGS)
    if sure or (maybe and (_town_follows(text, number.end()) or cue_before(CUE, text, start))):
        yield _address(text, start, number.end(), 0.93, "street-ending")


def _town_follows(text: str, end: int) -> bool:
    return CODE_AND_TOWN.match(text, end) is not None


def _behind_state(text: str, number: re.Match[str]) -> Iterator[PersonalData]:
    """The last line of an American address: "Dallas TX 75201"."""
    if len(number[0]) == 5 and number[0].isdigit():
        line = text[max(0, number.start() - 60) : number.start()].rsplit("\n", 1)[-1]
        match = TOWN_AND_STATE.search(line)
        if match and match["state"] in US_STATES:
            yield PersonalData(
                Kind.ADDRESS, number.start() - len(line) + match.start(), number.end(), 0.9, "state-and-code"
            )


def _at_flats(text: str) -> Iterator[PersonalData]:
    """A flat number that more of an address follows."""
    for match in FLAT_ANCHOR.finditer(text):
        if grown(text, match.end()) > match.end():
            yield _address(text, *match.span(), 0.92, "flat")
