"""Whether a text has such a thing as a question wants, beyond what the question says itself.

"What did the lifter cost?" wants money, and "The lifter was ordered in May." has none, however much both speak of the
same. A thing that stands in the question already is no answer to it: the date in "What time was the drill on 9 May?".
Finer than the kinds of `asked`, which decide what may contradict: these rules only weigh.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BARE = re.compile(r"[^\w£€$%°@]+")
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|half|none|once|"
    "twice|ein|eine|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|einmal|zweimal|un|une|deux|trois|quatre|"
    "cinq|sept|huit|neuf|dix"
)
_MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|fri|satur|sun|januar|februar|märz|mai|juni|"
    "juli|oktober|dezember|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|janvier|février|mars|avril|"
    "juin|juillet|août|septembre|octobre|novembre|décembre|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
)


@dataclass(frozen=True)
class _Want:
    asks: re.Pattern[str]
    has: re.Pattern[str]


def _want(asks: str, has: str, *, exact: bool = False) -> _Want:
    return _Want(re.compile(rf"(?<!\w)(?:{asks})", re.IGNORECASE), re.compile(has, 0 if exact else re.IGNORECASE))


def _quantity(asks: str, units: str) -> _Want:
    return _want(asks, rf"\d[\d.,]*\s?(?:{units})(?!\w)|\((?:{units})\)|(?<!\w)(?:{units}):\s*\d")


_WANTS = (
    _want(
        r"price|costs?\b|fees?\b|salary|wages?\b|allowance|penalty|earns?\b|rent\b|pay for|"
        r"how much money|what do i (?:pay|get|win)|kosten|kostet|preis|gehalt|betrag|gebühr|prix|coût|tarif|salaire|"
        r"montant|prime\b",
        r"[€£$]|\b(?:EUR|GBP|USD)\b|\d\s?(?:pounds?|euros?|pence|p)\b|\d\.\d{2}\b|(?<!kept )\bfree\b|kostenlos|gratuit",
    ),
    _want(
        r"interest\b|percent|per cent|what rate|share of|prozent|anteil|zins|taux|pourcentage", r"%|per ?cent|prozent",
    ),
    _want(
        r"(?:at )?what time|time of day|um wie ?viel uhr|uhrzeit|à quelle heure",
        r"\d{1,2}[:.h]\s?\d{2}|\b\d{1,2}\s?(?:am|pm|uhr|h|o.clock)\b|noon|midnight|mittag|midi\b",
    ),
    _want(
        r"(?<=^)when\b|(?<=and )when\b|since when|until when|what date|"
        r"(?:on|by|in|from) (?:which|what) (?:day|date|month|year)|wann\b|quand\b|"
        r"welche[mnrs]? (?:tag|datum|jahr|monat)|quel(?:le)? (?:jour|date|mois|année)",
        rf"\d{{1,2}}[:.h]\d{{2}}|\b(?:19|20)\d{{2}}\b|\b(?:{_MONTHS})|\d\s?(?:day|week|month|year|hour|tag|woche|monat|"
        r"jahr|stunde|jour|semaine|mois|an)|\b(?:before|after|until|since|every|each|end|start|vor|nach|bis|seit|avant|"
        r"après|depuis|tomorrow|yearly|monthly|weekly|daily)\b",
    ),
    _want(
        r"(?:tele)?phone\b|number (?:to|of) (?:call|ring)|extension|fax number|durchwahl|rufnummer|telefon|"
        r"numéro de tél",
        r"(?:\d[\s/-]?){5,}|ext(?:ension|\.)? ?\d",
    ),
    _want(r"e-?mail address|mail address|adresse (?:e-?)?mail|e-?mail-?adresse", "@"),
    _want(
        r"who\b|whom\b|whose\b|names? of|wer\b|wem\b|wen\b|wie hei(?:ß|ss)|(?<!ce )qui\b|comment s.appelle|called\?",
        r"\b[A-ZÀ-Þ][\w'’-]+ (?:[A-Z]\. )?[A-ZÀ-Þ][\w'’-]+|\b(?:head|manager|director|officer|foreman|secretary|"
        r"department|team|committee|council|supervisor|owner|parish|board|Leiter|Abteilung|Betriebsrat|responsable|"
        r"chef|you|everyone|nobody|all|both)\b",
        exact=True,
    ),
    _want(
        r"(?:which|what) (?:firm|company|supplier|carrier|lab|laboratory|bank|insurer|insurance|manufacturer|make|"
        r"brand|contractor|dealer|shop|garage|hospital|authority|app|program)|welche (?:firma|bank|versicherung|marke)|"
        r"quel(?:le)? (?:entreprise|société|banque|marque|fournisseur)",
        rf"(?<=[\w,;:] )(?!(?i:EUR|GBP|{_MONTHS}))[A-ZÀ-Þ][\w&'’-]+",
        exact=True,
    ),
    _quantity(r"how heavy|weigh|weight|mass\b|wie schwer|gewicht|wiegt|pèse|poids", "kg|g|t|tonnes?|tons?|lb"),
    _quantity(
        r"how (?:wide|deep|thick|tall)|width|height|depth|thickness|diameter|wie (?:breit|tief|dick)|"
        r"durchmesser|largeur|hauteur|épaisseur|longueur|net head",
        "mm|cm|m|km|miles?|metres?|meter|mètres?|%|°C|bar|EUR",
    ),
    _quantity(
        r"how (?:hot|warm|cold)|temperature|temperatur|flammpunkt|flash point|température", "°C|degrees|grad|degrés",
    ),
    _quantity(r"pressure|druck\b|pression|unterdruck|vacuum", "bar|mbar|Pa|kPa|hPa|MPa"),
    _quantity(r"torque(?! wrench)|drehmoment|anzugs?moment|couple de", r"N·?\s?m|Nm"),
    _quantity(r"how fast|speed|drehzahl|geschwindigkeit|vitesse", "rpm|min-1|km/h|m/s|U/min|tr/min|mph"),
    _quantity(r"how loud|noise level|lärm|wie laut|bruit", r"dB(?:\([AC]\))?"),
    _quantity(r"output\b|rated power|leistung|puissance", "kW|W|MW|kWh|kg/h|t/h"),
    _quantity(r"how many lit|volume of|wie ?viele? liter|combien de litres", "l|ml|litres?|liter|l/s"),
    _quantity(r"flow\b|durchfluss|débit", "l/s|m³/s|l/min"),
    _want(r"hardness|härte\b|dureté", r"\bH(?:RC|B|V)\b|\d\s?shore"),
    _want(
        r"how (?:long|often|soon|old|late)|wie (?:lange|oft|alt)|combien de temps|tous les combien|shelf life|haltbar|"
        r"notice period|interval|frist|délai|durée",
        rf"(?:\d|\b(?:{_NUMBER_WORDS})\b).{{0,24}}?(?:second|minute|hour|day|week|month|year|sekunde|stunde|tag|woche|monat|"
        r"jahr|heure|jour|semaine|mois|\ban\b|\bans\b|\bs\b|\bh\b|min\b|\bm\b|mm\b|metre)|\b(?:daily|weekly|monthly|"
        r"yearly|annual|quarterly|every|jährlich|monatlich|täglich|wöchentlich|jede|chaque|once|twice|lifetime|annuel)",
    ),
    _want(
        r"(?:which|what|the) (?:(?:part|item|order|serial|policy|drawing|invoice|ticket|register|article|job|version) "
        r"(?:number|no)|version|register|address)|which drawing|artikelnummer|teilenummer|bestellnummer|numéro de "
        r"(?:pièce|série)|modbus",
        r"\b[A-Z]{1,5}[- ]?\d[\w.-]*|\b\d{2,}\b|\bv?\d+\.\d+",
        exact=True,
    ),
    _want(
        r"why\b|what for|warum|weshalb|wieso|pourquoi",
        r"\b(?:because|since|so that|due|caused?|as|therefore|for|to|reason|weil|da|wegen|damit|denn|um|grund|parce|"
        r"car|pour|afin|cause)\b|:",
    ),
)  # fmt: skip
# Asked for when nothing finer is: 'how much does it cost' wants money, not any figure.
_COUNT = _want(
    r"how many|how much|how high|how far|wie ?viele?\b|wie hoch|combien|what number|what mark|what score|rating",
    rf"\d|\b(?:{_NUMBER_WORDS})\b",
)


def _bare(word: str) -> str:
    return _BARE.sub("", word.casefold())


def _tells_apart(character: str) -> bool:
    return character.isdigit() or character.isupper()


class Wanted:
    """What one question wants."""

    def __init__(self, question: str) -> None:
        fine = [want for want in _WANTS if want.asks.search(question)]
        self._wants = fine or [want for want in (_COUNT,) if want.asks.search(question)]
        # Its figures and names; words such as units may stand in an answer again.
        self._said = {_bare(word) for word in question.split() if any(map(_tells_apart, word))}

    @property
    def known(self) -> bool:
        """Whether any rule knows what is wanted."""
        return bool(self._wants)

    def met(self, text: str) -> float:
        """Return the share of what is wanted that a text has beyond the question's words; a half when none is known."""
        if not self._wants:
            return 0.5
        # What the question says is taken out, but leaves its place: 'of 9 May' must not become a new phrase.
        rest = " ".join("·" if _bare(word) in self._said else word for word in text.split())
        return sum(want.has.search(rest) is not None for want in self._wants) / len(self._wants)
