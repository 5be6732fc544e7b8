"""Payloads written so that a reader does not understand them and a model does: base64, hex, rot13 and others.

Only finding and decoding. Whether a decoded text is an instruction is for the rules. Each decoder takes a text and
gives the segments it could decode; every pattern is a run of one class of characters, so it is linear.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

# Longer segments are pictures or archives; an instruction fits.
MAX_ENCODED_CHARACTERS = 20_000
_PRINTABLE_SHARE = 0.9


class Decoded(NamedTuple):
    """A segment of a text and what it says."""

    start: int
    end: int
    encoding: str
    text: str


def readable(octets: bytes) -> str:
    """The text of some bytes, or nothing if they are not text."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    printable = sum(character.isprintable() or character.isspace() for character in text)
    return text if text and printable >= _PRINTABLE_SHARE * len(text) else ""


def _from_base64(run: str) -> str:
    plain = re.sub(r"\s", "", run).rstrip("=").translate(str.maketrans("-_", "+/"))
    plain = plain[: len(plain) - (len(plain) % 4 == 1)]
    return readable(base64.b64decode(plain + "=" * (-len(plain) % 4)))


def _from_base32(run: str) -> str:
    plain = run.rstrip("=")
    return readable(base64.b32decode(plain + "=" * (-len(plain) % 8)))


def _from_hex(run: str) -> str:
    digits = re.sub(r"[^0-9a-fA-F]", "", run.replace("0x", "").replace("\\x", ""))
    return readable(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _from_binary(run: str) -> str:
    bits = re.sub(r"\s", "", run)
    return readable(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)))


def _from_ascii85(run: str) -> str:
    return readable(base64.a85decode(run, adobe=True))


def _from_escapes(run: str) -> str:
    return re.sub(r"\\u\{?([0-9a-fA-F]{4})\}?|\\x([0-9a-fA-F]{2})", lambda m: chr(int(m[1] or m[2], 16)), run)


_MORSE = dict(
    zip(
        [
            ".-",
            "-...",
            "-.-.",
            "-..",
            ".",
            "..-.",
            "--.",
            "....",
            "..",
            ".---",
            "-.-",
            ".-..",
            "--",
            "-.",
            "---",
            ".--.",
            "--.-",
            ".-.",
            "...",
            "-",
            "..-",
            "...-",
            ".--",
            "-..-",
            "-.--",
            "--..",
        ],
        "abcdefghijklmnopqrstuvwxyz",
        strict=True,
    )
)


def _from_morse(run: str) -> str:
    words = re.split(r" ?/ ?| {3}", run)
    return " ".join("".join(_MORSE.get(sign, "") for sign in word.split()) for word in words)


class _Encoding(NamedTuple):
    """`characters` and `shortest` describe what every run is made of; without them `signs` must stand in the text.

    `goes_on` is true where a run may continue on the next line. What is not `is_likely` is not decoded.
    """

    name: str
    runs: re.Pattern[str]
    decode: Callable[[str], str]
    characters: str = ""
    shortest: int = 0
    signs: tuple[str, ...] = ()
    goes_on: bool = False
    is_likely: Callable[[str], bool] = bool


def _has_points(run: str) -> bool:
    """A rule of a table has none."""
    return "." in run


def _has_capitals(run: str) -> bool:
    """Of twenty characters that encode a text, some are; of a name in a program and a rule of a table, none."""
    return not run.islower() and run.strip("-_") != ""


_HEX = "0123456789abcdefABCDEF"
_BASE64 = string.ascii_letters + string.digits + "+/_-"

_ENCODINGS = (
    _Encoding(
        "base64",
        re.compile(r"[A-Za-z0-9+/_-]{20,}(?:\r?\n[A-Za-z0-9+/_-]{20,}){0,200}={0,2}"),
        _from_base64,
        _BASE64,
        20,
        goes_on=True,
        is_likely=_has_capitals,
    ),
    _Encoding("base32", re.compile(r"[A-Z2-7]{24,}={0,6}"), _from_base32, string.ascii_uppercase + "234567", 24),
    _Encoding(
        "hex",
        re.compile(r"(?:\\x|0x)?[0-9a-fA-F]{2}(?:[ :,]{0,2}(?:\\x|0x)?[0-9a-fA-F]{2}){15,}"),
        _from_hex,
        _HEX + " :,\\x",
        32,
    ),
    _Encoding("binary", re.compile(r"[01]{8}(?:\s?[01]{8}){5,}"), _from_binary, "01" + string.whitespace, 48),
    _Encoding("ASCII85", re.compile(r"<~[!-u\s]{16,4000}~>"), _from_ascii85, signs=("<~",)),
    _Encoding(
        "percent",
        re.compile(r"(?<![^\s/?&=#])[^\s%/?&=#]{0,40}(?:%[0-9a-fA-F]{2}[^\s%]{0,40}){3,}"),
        unquote,
        signs=("%",),
    ),
    _Encoding(
        "escapes",
        re.compile(r"(?:\\u\{?[0-9a-fA-F]{4}\}?|\\x[0-9a-fA-F]{2}){6,}"),
        _from_escapes,
        signs=("\\u", "\\x"),
    ),
    _Encoding("entities", re.compile(r"(?:&#x?[0-9a-fA-F]{2,6};\s?){6,}"), html.unescape, signs=("&#",)),
    _Encoding(
        "Morse", re.compile(r"[.-]{1,5}(?:[ /]{1,3}[.-]{1,5}){15,}"), _from_morse, "-. /", 31, is_likely=_has_points
    ),
)
# Of base32: what may stand behind the last character of its run.
_MOST_PADDING = 6
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}[^\s%]{0,40}%[0-9a-fA-F]{2}")


def _table() -> bytes:
    """For each ASCII character the encodings that it can be part of, as bits."""
    table = np.zeros(256, dtype=np.uint8)
    for bit, encoding in enumerate(one for one in _ENCODINGS if one.characters):
        table[[ord(character) for character in encoding.characters if character.isascii()]] |= 1 << bit
    return table.tobytes()


_CLASSES = _table()


def decoded_runs(text: str, parts: Sequence[tuple[int, int]] | None = None) -> Iterator[Decoded]:
    """Segments of a document that decode to readable text, or of several, between whose parts no run goes on."""
    # What is not ASCII becomes a question mark, which is part of no run.
    classes = np.frombuffer(text.encode("ascii", "replace").translate(_CLASSES), dtype=np.uint8)
    bit = 0
    for encoding in _ENCODINGS:
        if encoding.characters:
            places = _long_runs(classes, np.uint8(1 << bit), encoding.shortest)
            bit += 1
            found = _matches_at(encoding, text, places)
        elif any(sign in text for sign in encoding.signs):
            found = _matches_signed(encoding, text, parts or [(0, len(text))])
        else:
            continue
        for match in found:
            plain = _decode(encoding, match.group()[:MAX_ENCODED_CHARACTERS])
            if plain:
                yield Decoded(match.start(), match.end(), encoding.name, plain)


def _matches_signed(encoding: _Encoding, text: str, parts: Iterable[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """The matches in those parts that a sign of the encoding stands in."""
    for start, end in parts:
        has_sign = any(text.find(sign, start, end) >= 0 for sign in encoding.signs)
        if has_sign and (encoding.name != "percent" or _PERCENT.search(text, start, end)):
            yield from encoding.runs.finditer(text, start, end)


def _long_runs(classes: NDArray[np.uint8], bit: np.uint8, shortest: int) -> list[tuple[int, int]]:
    """Where at least so many characters of a class stand in a row."""
    half = shortest // 2
    # A long run holds two samples in a row: most texts have none, and only every tenth character was looked at.
    samples = (classes[::half] & bit) != 0
    if not (samples[1:] & samples[:-1]).any():
        return []
    is_inside = (classes & bit) != 0
    # Whichever are fewer are listed: what is inside, or what breaks a run.
    if 2 * np.count_nonzero(is_inside) > len(classes):
        breaks = np.flatnonzero(~is_inside)
        starts, ends = np.concatenate([[0], breaks + 1]), np.concatenate([breaks, [len(classes)]])
    else:
        inside = np.flatnonzero(is_inside)
        edges = np.flatnonzero(np.diff(inside) > 1)
        starts = inside[np.concatenate([[0], edges + 1])]
        ends = inside[np.concatenate([edges, [len(inside) - 1]])] + 1
    is_long = ends - starts >= shortest
    return list(zip(starts[is_long].tolist(), ends[is_long].tolist(), strict=True))


def _matches_at(encoding: _Encoding, text: str, places: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """The matches that begin inside these places, each after the end of the one before."""
    reached = 0
    for start, end in places:
        if not encoding.is_likely(text[start:end]):
            continue
        at = max(start, reached)
        limit = len(text) if encoding.goes_on else end + _MOST_PADDING
        while at < end and (match := encoding.runs.search(text, at, limit)) and match.start() < end:
            yield match
            at = reached = match.end()


def _decode(encoding: _Encoding, run: str) -> str:
    try:
        return encoding.decode(run)
    except (ValueError, binascii.Error, OverflowError):
        return ""


# Words of instructions; a section whose rot13, reversal or plain spelling has none of them is not decoded.
_TELLING = (
    "ignor",
    "instruction",
    "previous",
    "disregard",
    "system prompt",
    "password",
    "reveal",
    "anweisung",
    "consigne",
    "precedent",
)
# The same as they stand in a text that is written in that disguise.
TELLING_ROTATED = tuple(codecs.encode(word, "rot13") for word in _TELLING)
TELLING_BACKWARDS = tuple(word[::-1] for word in _TELLING)
_LEET = str.maketrans("01345789@$!|", "oieastbgasil")
_LEET_OCTETS = bytes(range(256)).decode("latin-1").translate(_LEET).encode("latin-1")
_TELLING_OCTETS = tuple(word.encode() for word in _TELLING)
_LEET_WORD = re.compile(r"\b(?=[a-z0-9@$!]{0,12}[a-z])[a-z@$!]{0,12}[0134578@$][a-z0-9@$!]{1,14}")
_SPACED = re.compile(r"(?<!\w)\w(?: {1,3}\w(?!\w)){3,}")
# How much plain text after letters set apart is read with them.
_SPACED_TAIL = 200


class Disguises(NamedTuple):
    """In which disguises a section may speak; the others are not tried."""

    rotated: bool = True
    backwards: bool = True
    digits: bool = True
    apart: bool = True


_ANY_DISGUISE = Disguises()


def disguised(folded: str, tried: Disguises = _ANY_DISGUISE) -> Iterator[Decoded]:
    """Readings of a folded section that differ from it letter by letter: rot13, backwards, leet, letters set apart."""
    if tried.rotated:
        yield from _if_telling(folded, "rot13", codecs.encode(folded, "rot13"))
    if tried.backwards:
        yield from _if_telling(folded, "backwards", folded[::-1])
    if tried.digits and len(_LEET_WORD.findall(folded)) >= 3:
        yield from _if_telling(folded, "digits for letters", folded.translate(_LEET))
    for match in _SPACED.finditer(folded) if tried.apart else ():
        tail = folded[match.end() : match.end() + _SPACED_TAIL]
        yield Decoded(match.start(), match.end(), "letters set apart", _closed_up(match.group()) + tail)


def has_digits_for_letters(folded: str) -> bool:
    """Whether a text has more words of instructions once figures are read as letters; costs a search each."""
    octets = folded.encode("ascii", "replace")
    reading = octets.translate(_LEET_OCTETS)
    return any(reading.count(word) > octets.count(word) for word in _TELLING_OCTETS)


def _if_telling(folded: str, name: str, reading: str) -> Iterator[Decoded]:
    if any(word in reading for word in _TELLING if word not in folded):
        yield Decoded(0, len(folded), name, reading)


def _closed_up(run: str) -> str:
    return " ".join(part.replace(" ", "") for part in re.split(r" {2,3}", run))
