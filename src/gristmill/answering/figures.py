"""The figures of a text: numbers with what they count, in one form for English, German and French.

Numbers in words, ordinals and times count too, and letters that tell things apart ("car park B"). Used to compare what
two documents say, and what an answer says with its evidence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve|"
    "null eins zwei drei vier fünf sechs sieben acht "
    "neun zehn elf zwölf|zéro un deux trois quatre cinq six sept huit neuf dix onze douze|- first second third fourth "
    "fifth sixth seventh eighth ninth tenth eleventh twelfth|- ersten zweiten dritten vierten fünften sechsten siebten "
    "achten neunten zehnten elften zwölften"
)
# "one", "un" and "second" are mostly no numbers.
_NO_NUMBERS = {"one", "un", "second", "-", "six-"}
_SPELT = {
    word: str(value)
    for language in _WORDS.split("|")
    for value, word in enumerate(language.split())
    if word not in _NO_NUMBERS
} | {"fourteen": "14", "fifteen": "15", "twenty": "20", "thirty": "30", "vierzehn": "14", "zwanzig": "20"}
_UNITS = {
    "second": "s sec secs second seconds sekunde sekunden seconde secondes",
    "minute": "min mins minute minutes minuten",
    "hour": "h hr hrs hour hours stunde stunden heure heures",
    "day": "day days tag tage tagen jour jours kalendertage werktage arbeitstage",
    "week": "week weeks woche wochen semaine semaines",
    "month": "month months monat monate monaten mois",
    "year": "year years jahr jahre jahren an ans année années",
    "percent": "% percent prozent pourcent",
    "pound": "£ gbp pound pounds",
    "pence": "p pence penny",
    "euro": "€ eur euro euros",
    "litre": "l litre litres liter liters litern",
    "gram": "g gram grams gramm",
    "kilogram": "kg kilogram kilograms kilogramm kilo kilos",
    "tonne": "t tonne tonnes tonnen",
    "millimetre": "mm millimetre millimetres millimeter",
    "centimetre": "cm centimetre centimeter",
    "metre": "m metre metres meter metern mètre mètres",
    "kilometre": "km kilometre kilometres kilometer",
    "kilowatt": "kw kilowatt kilowatts",
    "rpm": "rpm u/min",
    "newton metre": "nm",
    "bar": "bar bars",
    "degree": "°c °",
    "kilogram an hour": "kg/h",
    "litre a second": "l/s",
    "decibel": "db(a) db",
    "people": "people persons personen personnes employees staff",
}
_UNIT_OF = {form: unit for unit, forms in _UNITS.items() for form in forms.split()}
_TIME = re.compile(
    r"(?<![\d.,:])([01]?\d|2[0-4])(?:[:h]([0-5]\d)(?![\d:])|\.([0-5]\d)(?=\s?(?:uhr|am|pm)\b))", re.IGNORECASE
)
_NUMBER = re.compile(
    r"([£€])?\s?(?<![\w.,-])(\d+(?:[.,]\d+)*)(?:st|nd|rd|th|\.(?=\s[A-Za-z]))?(?=[\s\u00a0-]*([^\s\d.,;:()|]{1,14})?)"
)
_MONTHS = {
    name: month
    for language in (
        "january february march april may june july august september october november december",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "jan feb mar apr may jun jul aug sep oct nov dec",
    )
    for month, name in enumerate(language.split(), start=1)
}
FIGURE = re.compile(r"\d[\d.,:]*")  # a number as it is written: what is left out to compare what texts say else
MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))  # a pattern for any month
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
# "21 November", "21 and 22 November", "21st of November", "21. November"; "November 21"; "2026-11-21"; "21.11.2026".
_DAYS_OF_MONTH = re.compile(
    rf"(?<![\w.,:/-])({_DAY}(?:\s?(?:st|nd|rd|th|er|\.))?(?:\s?(?:-|–|,|and|or|to|und|oder|bis|et|ou|au|&)\s?{_DAY}"
    rf"(?:\s?(?:st|nd|rd|th|\.))?)*)\s(?:of\s)?({MONTH})\b",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(rf"\b({MONTH.title()})\s({_DAY})(?:st|nd|rd|th)?(?![\d.,:%]*\d)\b")
_NUMBERED_DATE = re.compile(
    rf"(?<![\w.-])(?:\d{{4}}-(?P<month>0[1-9]|1[0-2])-(?P<day>{_DAY})|"
    rf"(?P<first>{_DAY})\.\s?(?P<second>0?[1-9]|1[0-2])\.\s?\d{{4}})(?![\w-])"
)
# The same, each with its year.
_DATES = tuple(
    re.compile(rf"{date.pattern}(?:,?\s\d{{4}}\b)?", date.flags)
    for date in (_DAYS_OF_MONTH, _MONTH_DAY, _NUMBERED_DATE)
)
# "Heron 40" is a name; "London 140 pounds" is none, because a unit follows.
_NAMED = re.compile(r"\b[A-ZÄÖÜ][\w-]+[ \u00a0]\d+\b(?![.,]\d)(?=[\s\u00a0-]*([^\s\d.,;:()|]{1,14})?)")
_LETTER = re.compile(r"\b([a-zäöüé]{3,})\s+([A-Z])\b(?!\.\s+[A-Z])")
# A number in a list of parts: two of them are two things, whatever else the rows share.
_PART = re.compile(r"\b[A-Z]{1,4}-\w{1,4}-\d{3,}\b")
_MAY_STATE = re.compile(rf"\d|\s[A-Z]\b|\b(?i:{'|'.join(_SPELT)})\b")
_BETWEEN = {"calendar", "working", "consecutive", "full", "whole", "more", "complete", "further", "vollen", "jours"}


def may_state(text: str) -> bool:
    """Say whether a text can state a figure; it is much cheaper than to look for them."""
    return _MAY_STATE.search(text) is not None


def figures(text: str) -> Mapping[str, frozenset[str]]:
    """Return the values a text states, by what they count; `number` for those without a unit."""
    found: dict[str, set[str]] = defaultdict(set)
    for hour, minute, other in _TIME.findall(text):
        found["time"].add(f"{int(hour)}:{minute or other}")
    text = _TIME.sub(" ", text)
    for word, letter in _LETTER.findall(text):
        found[f"which {word}"].add(letter)
    plain = re.sub(r"[A-Za-zäöüÄÖÜßéè]+", lambda match: _SPELT.get(match[0].casefold(), match[0]), text)
    plain = re.sub(rf"(\d(?:th|st|nd|rd)?)[\s-]+(?:{'|'.join(_BETWEEN)})\b", r"\1", plain)
    for sign, value, after in _NUMBER.findall(plain):
        word = after.casefold().rstrip(".")
        unit = _UNIT_OF.get(sign or word) or _UNIT_OF.get(word.rstrip("*_")) or "number"
        found[unit].add(normal(value))
    return {unit: frozenset(values) for unit, values in found.items()}


def days(text: str) -> frozenset[str]:
    """Return the days that a text names, as day and month: the year is often left out."""
    named = [(day, _MONTHS[month.casefold()]) for days, month in _DAYS_OF_MONTH.findall(text)
             for day in re.findall(r"\d+", days)]  # fmt: skip
    named += [(day, _MONTHS[month.casefold()]) for month, day in _MONTH_DAY.findall(text)]
    for date in _NUMBERED_DATE.finditer(text):
        named.append((date["day"] or date["first"], int(date["month"] or date["second"])))
    return frozenset(f"{int(day)}-{month}" for day, month in named)


def without_names(text: str) -> str:
    """Return a text without the days that it names, and without the numbers of machines and forms ("Heron 40")."""
    for date in _DATES:
        text = date.sub(" ", text)
    return _NAMED.sub(lambda match: match[0] if (match[1] or "").casefold() in _UNIT_OF else " ", text)


def part_numbers(text: str) -> frozenset[str]:
    """Return the numbers of parts that a text names."""
    return frozenset(_PART.findall(text))


def is_month(word: str) -> bool:
    """Say whether a word is a month, in English, German or French."""
    return word.casefold() in _MONTHS


def normal(number: str) -> str:
    """Return a number without marks of thousands, with a point, and without a fraction of nothing."""
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", number):
        return re.sub(r"[.,]", "", number)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+\.\d+", number):
        number = number.replace(",", "")
    number = number.replace(",", ".")
    return number.rstrip("0").rstrip(".") if number.count(".") == 1 else number
