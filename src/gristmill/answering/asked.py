"""What a question asks for, of which kind that is, and whether a text has such a thing: a person, a time, a sum.

Rules for English, German and French. A question that no rule knows has no kind.
"""

from __future__ import annotations

import re
from enum import StrEnum

# Words that only make a question of what is asked. The stop words of most languages have them; those of English do not,
# and in a handbook "I" or "get" is so rare that it would weigh more than what is asked for.
_ASKING_BY_LANGUAGE = {
    "en": "who whom whose what which when where why how many much do does did can could may might must shall should "
    "will would have has had I me my mine we us our ours you your yours he him his she her hers its them "
    "their theirs am is are was were be been being get gets got any some please tell about i s t m re ve ll d "
    "don doesn didn isn aren won",
    "de": "wer wen wem wessen was wann wo wohin woher warum weshalb wieso wie viel viele welche welcher welches "
    "welchen welchem gibt es bekomme bekommt bekommen darf dürfen soll sollen sollte muss müssen kann können "
    "könnte ich mich mir mein meine meinen meinem meiner wir uns unser unsere unseren man hat haben habe ist "
    "sind wird werden bitte",
    "fr": "qui que quoi quel quelle quels quelles quand où pourquoi comment combien est ce je j me mon ma mes nous "
    "notre nos on vous votre vos peut peux pouvons puis dois doit devons faut il y a ai ont avons avez sont",
}
_ASKING = frozenset(word for words in _ASKING_BY_LANGUAGE.values() for word in words.split())
_WORD = re.compile(r"\w+")


class Kind(StrEnum):
    """A kind of thing that answers a question."""

    NUMBER = "number"
    MONEY = "money"
    TIME = "time"
    DURATION = "duration"
    PERSON = "person"
    PLACE = "place"
    CONTACT = "contact"
    SHARE = "share"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)


_ASKS = {
    Kind.MONEY: _words(
        r"(?:price|cost|costs|fee|rate|charge|salary|pay|budget|wage|allowance|how much (?:do|does|did|is|are|was|will|"
        r"money)|per hour|kosten|kostet|preis|gehalt|betrag|gebühr|stundensatz|prix|coûte|coût|tarif|salaire)"
    ),
    Kind.TIME: _words(
        r"when|what (?:time|date|day|year|month)|which (?:day|date|year|month|week|weekend|weekday)|"
        r"on wh?ich day|date of|since when|by when|deadline|wann|"
        r"welche[mnrs]? (?:tag|datum|uhrzeit|jahr|woche|wochenende|wochentag)|um wie ?viel uhr|quand|"
        r"quel(?:le)? (?:date|jour|heure|année)|à quelle heure|opening hours|until when"
    ),
    Kind.DURATION: _words(
        r"how (?:long|often|soon|old|late|early)|interval|notice period|warranty|within how|"
        r"wie (?:lange|oft|alt|schnell)|frist|garantie|combien de temps|délai|durée|how many (?:days|weeks|months|"
        r"years|hours|minutes|seconds)|"
        r"wie viele (?:tage|wochen|monate|jahre|stunden)"
    ),
    Kind.PERSON: _words(
        r"who|whom|whose|name of (?:our|the) \w+ ?(?:officer|person|manager|head)|wer|wem|wen|wessen|qui|à qui|"
        r"contact person|ansprechpartner\w*"
    ),
    Kind.PLACE: _words(r"where|which (?:room|site|town|car park|building|hall)|wo|wohin|où|dans quel(?:le)?"),
    Kind.CONTACT: _words(
        r"(?:phone|telephone|number to (?:call|ring)|e-?mail|address|extension|telefon\w*|rufnummer|durchwahl|adresse|"
        r"numéro de téléphone|hotline)"
    ),
    Kind.SHARE: _words(r"percent\w*|per cent|share|rate of|efficiency|prozent\w*|anteil|wirkungsgrad|pourcentage"),
    Kind.NUMBER: _words(
        r"how (?:many|much|far|fast|heavy|high|big|large|wide|deep|thick|hot|loud)|what (?:number|torque|speed|"
        r"pressure|temperature|weight|size|voltage|power|output|clearance|capacity)|torque|speed|weight|wie (?:viel|"
        r"viele|hoch|"
        r"schwer|weit|groß|breit|tief|heiß|laut|schnell)|combien|quel(?:le)? (?:est le |est la )?(?:couple|poids|"
        r"pression|température|vitesse|puissance)"
    ),
}
_DIGIT = (
    r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|twenty|thirty|half|once|twice|zwei|"
    r"drei|vier|fünf|sechs|sieben|acht|neun|zehn|einmal|zweimal|deux|trois|quatre|cinq|six|sept|huit|dix)\b)"
)
_HAS = {
    Kind.NUMBER: re.compile(_DIGIT, re.IGNORECASE),
    Kind.SHARE: re.compile(r"\d\s?(?:%|per ?cent|prozent|pour cent)|\bhalf\b|\bthird\b", re.IGNORECASE),
    Kind.MONEY: re.compile(
        r"(?:[€£$]|\bEUR|\bGBP|\bUSD)\s?\d|\d[\d.,\s]*(?:[€£$]|EUR|GBP|USD|pence|p\b|euros?|pounds?|Euro)|\bfree\b|"
        r"kostenlos|gratuit|\d[.,]\d{2}\b", re.IGNORECASE,
    ),
    Kind.TIME: re.compile(
        r"\d{1,2}[:.h]\d{2}|\b\d{4}\b|\b\d{1,2}\s?(?:am|pm|uhr|h)\b|\d{1,2}\.\s?\d{1,2}\.|"
        r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|fri|satur|sun|januar|februar|märz|"
        r"mai|juni|juli|oktober|dezember|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|janvier|février|"
        r"mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|lundi|mardi|mercredi|jeudi|vendredi|samedi|"
        r"dimanche)\w*", re.IGNORECASE,
    ),
    Kind.DURATION: re.compile(
        rf"{_DIGIT}.{{0,24}}?(?:second|minute|hour|day|week|month|year|sekunde|minute|stunde|tag|woche|monat|jahr|"
        r"seconde|heure|jour|semaine|mois|an|\bs\b|\bh\b|min\b)|\b(?:daily|weekly|monthly|yearly|annual\w*|quarterly|"
        r"every|jährlich|monatlich|täglich|wöchentlich|jede\w*|chaque|once|twice|lifetime|annuel\w*)\b", re.IGNORECASE,
    ),
    Kind.PERSON: re.compile(
        r"\b[A-ZÀ-Þ][\w'’-]+ (?:[A-Z]\. )?[A-ZÀ-Þ][\w'’-]+|\b(?:head of|manager|director|officer|foreman|secretary|"
        r"department|team|committee|council|leiter\w*|abteilung|betriebsrat|responsable|chef)\b"
    ),
    Kind.PLACE: re.compile(
        r"\b(?:in|at|on|room|hall|building|car park|floor|street|gate|behind|beside|next to|raum|halle|im|am|neben|"
        r"dans|salle|à|au|sur)\b", re.IGNORECASE,
    ),
    Kind.CONTACT: re.compile(r"\d{3}|@|\bext\b|[A-Z]{1,2}\d"),
}  # fmt: skip


def asked_kinds(question: str) -> frozenset[Kind]:
    """Return the kinds of thing that would answer a question; none when no rule knows."""
    return frozenset(kind for kind, pattern in _ASKS.items() if pattern.search(question))


def has_kind(kind: Kind, text: str) -> bool:
    """Say whether a text has a thing of this kind."""
    return _HAS[kind].search(text) is not None


def asked_for(question: str) -> str:
    """Return what a question asks for: without the words that make it a question, unless it has no others.

    A word in capitals stays (IT, US, the month May within a sentence): it is a name. BM25 is asked with all words:
    without them three more questions of the sample's tune split find their evidence, and two fewer of the gate's.
    """
    words = _WORD.findall(question)
    kept = [word for at, word in enumerate(words) if (word.lower() if at == 0 else word) not in _ASKING]
    return " ".join(kept or words)
