"""Where a text changes its language: sections are told by their small words, and only a stranger by the detector.

The detector costs as much for one section as everything else here for a page, and almost every section is in the
language of its document.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from gristmill.corpus.headings import heading_starts
from gristmill.corpus.hygiene.languages import UNDETERMINED, detect_language
from gristmill.corpus.hygiene.offsets import Span

__all__ = ["LanguageRun", "language_runs"]

# A heading begins a section; a shorter one joins the next, because it says too little to be told.
_LEAST_CHARACTERS = 200
# As much as the detector reads of a text.
_LONGEST_SAMPLE = 3_000
# Small words of a language that are none, or rare, in the others.
_SMALL = {
    "en": "the of and to is that for with this are be it as by from which not you can will have an",
    "de": "der die das und ist nicht mit für ein eine den dem von zu auf sich im des wird werden bei oder",
    "fr": "le la les des est et une dans pour que qui avec sur pas du au aux ce cette sont par",
    "es": "el los las una y en es por con para del que se no como su más lo al este",
    "it": "il di che è per una con non sono del della dei le gli nel alla si come più questo",
    "nl": "het een van en niet met voor dat zijn op te aan bij wordt ook worden naar deze door of",
    "pt": "o os uma em não com para por mais como dos das ao que se foi é são pelo pela",
    "pl": "nie w na się z do że jest to od po dla przez oraz jak lub tego są",
    "sv": "och att det som en är på för av med till inte den har ett om kan ska vid från",
}
_LANGUAGES = {
    word: tuple(code for code, words in _SMALL.items() if word in words.split())
    for words in _SMALL.values()
    for word in words.split()
}
# Prose of these languages has about three times as many.
_LEAST_SHARE = 0.08
_BEYOND_LATIN = re.compile("[\u0370-\uffff]")
_LEAST_BEYOND = 0.3
_OTHER = "another script"


class LanguageRun(NamedTuple):
    """A part of a text and the code of its language, or `und`."""

    start: int
    end: int
    language: str


def language_runs(text: str, language: str) -> list[LanguageRun]:
    """The parts of a text, in order, where it has sections in another language than its own; else nothing."""
    own = language or UNDETERMINED
    runs: list[LanguageRun] = []
    for start, end in _sections(text):
        code = _language_of(text[start:end], own)
        if runs and runs[-1].language == code:
            runs[-1] = runs[-1]._replace(end=end)
        else:
            runs.append(LanguageRun(start, end, code))
    return runs if any(run.language != own for run in runs) else []


def _sections(text: str) -> Iterator[Span]:
    start = 0
    for heading in heading_starts(text):
        if heading - start >= _LEAST_CHARACTERS:
            yield Span(start, heading)
            start = heading
    if start < len(text):
        yield Span(start, len(text))


def _language_of(section: str, own: str) -> str:
    """The section's language, or the document's unless small words and detector both speak for the same other."""
    suspected = _suspected(section)
    if suspected in {own, UNDETERMINED}:
        return own
    found = detect_language(section).code
    return found if found == suspected or (suspected == _OTHER and found != UNDETERMINED) else own


def _suspected(section: str) -> str:
    """The language that the small words or the script speak for; a script is one of its own."""
    section = section[:_LONGEST_SAMPLE]
    # Every character beyond Latin takes a byte more than one, at least: most sections are done with that.
    beyond = len(section.encode("utf-8", "surrogatepass")) - len(section)
    if beyond > _LEAST_BEYOND * len(section) < len(_BEYOND_LATIN.findall(section)):
        return _OTHER
    words = section.lower().split()
    counts: Counter[str] = Counter()
    for word, times in Counter(filter(_LANGUAGES.__contains__, words)).items():
        for code in _LANGUAGES[word]:
            counts[code] += times
    if not counts:
        return UNDETERMINED
    code, count = counts.most_common(1)[0]
    return code if count >= _LEAST_SHARE * len(words) else UNDETERMINED
