"""The output gate: whatever goes in, what comes out is plain text that no page, chat client or terminal acts on.

Markup, links and addresses are taken out, letters that pose as others are folded, and nothing invisible is left. A
document's quote stands beside the answer in its citation, as it is; this gate is for text that may be rendered.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache

LEFT_OUT = "(link left out)"
_MOST_CHARACTERS = 4_000
_MOST_ROUNDS = 8
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|.)|\x9b[0-?]*[ -/]*[@-~]", re.DOTALL
)
_DANGEROUS = (
    r"(?:javascript|vbscript|livescript|data|blob|file|filesystem|about|view-source|mailto|tel|sms|intent|cid|mid|jar)"
)
# In order: what a later pattern would only half remove comes first.
_MARKUP = (
    (re.compile(r"<!--.*?(?:-->|$)|<!\[CDATA\[.*?(?:\]\]>|$)|<\?.*?(?:\?>|$)", re.DOTALL), " "),
    (re.compile(r"<(script|style|iframe|svg|object|template)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL), " "),
    (re.compile(r"</?[a-zA-Z!][^<>]*(?:>|$)"), " "),
    (re.compile(r"<[^<>\s]*[:@][^<>]*>"), f" {LEFT_OUT} "),
    (re.compile(r"!?\[([^\[\]]*)\]\s*\([^()]*(?:\([^()]*\)[^()]*)*\)?"), r"\1"),
    (re.compile(r"!?\[([^\[\]]*)\]\s*\[[^\[\]]*\]"), r"\1"),
    (re.compile(r"!?\[[^\[\]]*\]:\s*\S*"), " "),
    (re.compile(r"[a-z][a-z0-9+.-]*\s?:\s?[/\\]{2,}[^\s)]*", re.IGNORECASE), LEFT_OUT),
    (re.compile(rf"(?<!\w){_DANGEROUS}\s?:(?=\S)[^\s)]*", re.IGNORECASE), LEFT_OUT),
    (re.compile(r"(?<![\w:/\\])[/\\]{2,}[\w-]+(?:\.[\w-]+)+[^\s)]*"), LEFT_OUT),
    (re.compile(r"(?<!\w)www\d?\s?\.\s?[^\s)]+", re.IGNORECASE), LEFT_OUT),
)  # fmt: skip
# What chat clients link by themselves. A file's name is not an address.
_TOP_LEVEL = (
    "com|net|org|info|biz|io|ai|app|dev|de|fr|uk|eu|us|at|ch|nl|be|es|it|pl|ru|cn|jp|in|br|co|me|tv|cc|xyz|site|online|"
    "top|club|shop|store|tech|link|click|live|pro|page|cloud|ly|gg|gl|to|sh|so|example|test|invalid|local|onion|zip|mov"
)
_DOMAIN = re.compile(
    rf"(?<![\w@-])(?<!\w\.)(?:[\w-]{{1,63}}\.)+(?:{_TOP_LEVEL})(?![\w-])(?:[:/?#][^\s)]*)?(?!@)", re.IGNORECASE
)
_NUMERIC_HOST = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?/[^\s)]*")
# Signs that pose as those of markup and addresses (Unicode TR39 confusables); NFKC folds the full-width ones.
_SIGNS = str.maketrans(
    {"∶": ":", "꞉": ":", "ː": ":", "˸": ":", "։": ":", "׃": ":", "܃": ":", "︓": ":", "⁄": "/", "∕": "/", "╱": "/",
     "⧸": "/", "⟋": "/", "〳": "/", "ⁱ": "i", "․": ".", "。": ".", "｡": ".", "۔": ".", "‹": "'", "›": "'", "❮": "<",
     "❯": ">", "˂": "<", "˃": ">", "ᐸ": "<", "ᐳ": ">", "⟦": "[", "⟧": "]", "❲": "[", "❳": "]", "〔": "(", "〕": ")",
     "ǃ": "!",      "ⵑ": "!"}
)  # fmt: skip
_LOOKALIKES = dict(
    zip("абвеіјкмнорсѕтухһԁԛԝгАВЕІЈКМНОРСЅТУХαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "abbeijkmhopcstyxhdqwrABEIJKMHOPCSTYXaeikvoptuxABEZHIKMNOPTYX", strict=True)
)  # fmt: skip
_BRACKETS = str.maketrans("[]`\\{}", "()' ()")
_WORD = re.compile(r"\w+")
_LATIN = re.compile(r"[a-zA-Z]")
# Full-width and small forms, letters in circles, mathematical alphabets.
_STYLED = (("\uff00", "\uffef"), ("\ufe50", "\ufe6f"), ("\u2460", "\u24ff"), ("\U0001d400", "\U0001d7ff"))
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_MOST_MARKS = 2


def inert(text: str) -> str:
    """Return `text` as plain text that nothing renders, links, fetches or executes.

    Numbers in square brackets are not kept either: they are ours to set. What comes out goes through unchanged again.
    """
    shown = _pass(text)
    for _ in range(_MOST_ROUNDS):  # a sign that is taken out last can put two halves together too
        before, shown = shown, _pass(shown)
        if shown == before:
            return shown
    return " ".join(re.sub(r"[^\w\s.,;()'-]", " ", shown).split())


def _pass(text: str) -> str:
    folded = visible(text)[: 2 * _MOST_CHARACTERS]
    for _ in range(_MOST_ROUNDS):  # what is taken out can put two halves together
        before, folded = folded, _without_markup(_decoded(folded))
        if folded == before:
            break
    else:
        folded = re.sub(r"[^\w\s.,;()'-]", " ", folded)
    return " ".join(_without_signs(folded).split())[:_MOST_CHARACTERS]


def visible(text: str) -> str:
    """Return `text` composed, on one line, without what is invisible, and with look-alikes folded."""
    composed = unicodedata.normalize("NFC", _ESCAPES.sub(" ", text))
    kept, marks = [], 0
    for character in composed:
        kind = _category(character)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if character.isspace():
            kept.append(" ")
        elif kind not in _INVISIBLE and marks <= _MOST_MARKS and not _is_selector(character):
            kept.append(_compatible(character))
    return _WORD.sub(_one_script, "".join(kept).translate(_SIGNS))


@cache
def _category(character: str) -> str:
    return unicodedata.category(character)


@cache
def _compatible(character: str) -> str:
    """Return the compatibility form of full-width letters and signs; powers, fractions and units stay as they are."""
    styled = any(low <= character <= high for low, high in _STYLED)
    return unicodedata.normalize("NFKC", character) if styled else character


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0000" <= character <= "\U000e0fff"


def _one_script(match: re.Match[str]) -> str:
    """Fold look-alikes in a word that also has Latin letters; a wholly Greek or Cyrillic word is itself."""
    word = match[0]
    if word.isascii() or not _LATIN.search(word):
        return word
    return "".join(_LOOKALIKES.get(character, character) for character in word)


def _decoded(text: str) -> str:
    """Return `text` with entities and percent signs decoded, so that nothing hides behind them."""
    plain = html.unescape(text) if "&" in text else text
    plain = re.sub(r"%([2-7][0-9a-fA-F])", lambda match: chr(int(match[1], 16)), plain)
    return plain if plain == text else visible(plain)


def _without_markup(text: str) -> str:
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    text = _NUMERIC_HOST.sub(LEFT_OUT, _DOMAIN.sub(LEFT_OUT, text))
    return re.sub(r"[/\\]{2,}", "/", text)


def _without_signs(text: str) -> str:
    """Return `text` without the signs that markup is made of, where they are not plain writing."""
    # 'less than 5', and the names of stages: 'U<', 'I>>'. No tag begins like that.
    text = re.sub(r"<(?!\s*[\d=]|<*(?:[\s;,)]|$))", " ", text)
    text = re.sub(r"&(?=#|\w+;)", "and ", text)
    return text.translate(_BRACKETS)
