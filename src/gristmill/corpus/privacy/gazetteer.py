"""Lists of names, places and ordinary words, loaded once from files beside this module (made by tools/gazetteer.py).

A name that is also an ordinary word ("Mark", "Rose", "Heron") says less than one that is not, so the two are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["NAMES_WITH_MEANING", "Gazetteer", "gazetteer"]

CALENDAR = frozenset(
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday januar februar märz mai juni juli oktober dezember montag dienstag mittwoch "
    "donnerstag freitag samstag sonntag janvier février mars avril juin juillet août septembre octobre novembre "
    "décembre lundi mardi mercredi jeudi vendredi samedi dimanche".split()
)
# Words of English, German and French that open sentences, where a capital letter says nothing.
OPENERS = frozenset(
    "the a an and or but if of to in on at by for from with without as is was were be been are do does did has have had "
    "will would can could shall should may might must not no yes we you he she it they i me my your his her its our their "
    "this that these those there here then than so such what which who whom whose when where why how all any both each few "
    "more most other some own same too very just also only even new old first last next add see use let get set make let "
    "let's dear hi hello hey thanks regards please note "
    "aber alle als am an auch auf aus bei beim bis bitte da damit dann das dass dem den der des die dies diese dieser dieses "
    "durch ein eine einem einen einer eines er es falls für gegen hat hier ich ihr ihre im in ist jede jeder kein keine "
    "man mein mit nach nicht noch nur ob oder ohne sehr sein sie sind so um und uns unser unter vom von vor wann war was "
    "weg weil wenn wer wie wir wird wo zu zum zur über gerade heute ernst dank kosten seite "
    "au aux avec ce ces cet cette chez comme dans de des donc du elle en est et il ils je la le les leur lors lui mais "
    "merci mon ne nos notre nous on ou où par pas plus pour quand que qui sa sans selon ses si son sous sur tous tout "
    "toute un une votre vous vos cher chère été avant après bien".split()
)
# Names that a document about technology or business means as a thing.
THINGS = frozenset(
    "ada alexa alma api azure bosch cassandra celeste claude cortana dakota delphi delta django docker echo electron "
    "elixir eureka euro excel gemini gradle grafana ibm java jenkins jira julia kafka kotlin laravel linux lisa lucene "
    "maven mercedes microsoft mongo nova ollama oracle orion pascal perl porsche prometheus puma python ray redis ruby "
    "rust sage scala selenium siemens siri solaris solr spark swift sigma tesla trello unix vagrant vega vue watson "
    "windows xen xml zeppelin section chapter table figure appendix annex version issue internet english german french "
    "europe european america american british africa asia antarctica australia oceania latina latin poor captain maj christian britain christmas easter god jesus christ lord".split()
)
# In dictionaries as well, but nearly always the name when written large.
FIRST_OF_ALL_NAMES = frozenset(
    "maria carol heather sally sue lee pat frank martin jack victor mike peter harry don warren glen ken bob matt roger "
    "colleen terry bobby noel billy tony randy jimmy troy rick brad ed josh tom john dale bonnie patsy nick robin".split()
)
# Ordinary words that are a given name when a family name follows; verbs ("mark", "grant", "will") are left out.
NAMES_WITH_MEANING = frozenset(
    "amber autumn basil bill carol clay crystal daisy dawn dean drew earl ernest faith fern flora gene ginger glen grace hazel "
    "holly hope iris ivy jade jasmine jay jewel joy june laurel lily melody olive opal pearl penny reed robin roman rose "
    "rosemary ruby rusty sage sandy savannah sherry sonny summer sunny violet viola willow max chad ray april august".split()
)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names in small letters. `given` and `family` hold what is not an ordinary word, the `common_` lists what is."""

    given: frozenset[str]
    family: frozenset[str]
    common_given: frozenset[str]
    common_family: frozenset[str]
    places: frozenset[str]
    words: frozenset[str]


@cache
def gazetteer() -> Gazetteer:
    """The lists: about 175,000 entries, 20 MB, loaded in a tenth of a second at the first call."""
    words = _entries("words") - FIRST_OF_ALL_NAMES | CALENDAR | OPENERS | THINGS
    given, family = (_entries(name) - CALENDAR - OPENERS for name in ("given", "family"))
    common_given = given & words | NAMES_WITH_MEANING
    return Gazetteer(given - words, family - words, common_given, family & words, _entries("places"), words)


def _entries(name: str) -> frozenset[str]:
    text = (files(__package__) / "lists" / f"{name}.txt").read_text("utf-8")
    return frozenset(text.split("\n")) - {""}
