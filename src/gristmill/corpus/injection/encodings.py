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
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

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
    name: str
    runs: re.Pattern[str]
    decode: Callable[[str], str]


_ENCODINGS = (
    _Encoding("base64", re.compile(r"[A-Za-z0-9+/_-]{20,}(?:\r?\n[A-Za-z0-9+/_-]{20,}){0,200}={0,2}"), _from_base64),
    _Encoding("base32", re.compile(r"[A-Z2-7]{24,}={0,6}"), _from_base32),
    _Encoding("hex", re.compile(r"(?:\\x|0x)?[0-9a-fA-F]{2}(?:[ :,]{0,2}(?:\\x|0x)?[0-9a-fA-F]{2}){15,}"), _from_hex),
    _Encoding("binary", re.compile(r"[01]{8}(?:\s?[01]{8}){5,}"), _from_binary),
    _Encoding("ASCII85", re.compile(r"<~[!-u\s]{16,4000}~>"), _from_ascii85),
    _Encoding("percent", re.compile(r"(?<![^\s/?&=#])[^\s%/?&=#]{0,40}(?:%[0-9a-fA-F]{2}[^\s%]{0,40}){3,}"), unquote),
    _Encoding("escapes", re.compile(r"(?:\\u\{?[0-9a-fA-F]{4}\}?|\\x[0-9a-fA-F]{2}){6,}"), _from_escapes),
    _Encoding("entities", re.compile(r"(?:&#x?[0-9a-fA-F]{2,6};\s?){6,}"), html.unescape),
    _Encoding("Morse", re.compile(r"[.-]{1,5}(?:[ /]{1,3}[.-]{1,5}){15,}"), _from_morse),
)


def decoded_runs(text: str) -> Iterator[Decoded]:
    """Segments of a document that decode to readable text."""
    for encoding in _ENCODINGS:
        for match in encoding.runs.finditer(text):
            plain = _decode(encoding, match.group()[:MAX_ENCODED_CHARACTERS])
            if plain:
                yield Decoded(match.start(), match.end(), encoding.name, plain)


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
_LEET = str.maketrans("01345789@$!|", "oieastbgasil")
_LEET_WORD = re.compile(r"\b(?=[a-z0-9@$!]{0,12}[a-z])[a-z@$!]{0,12}[0134578@$][a-z0-9@$!]{1,14}")
_SPACED = re.compile(r"(?<!\w)\w(?: {1,3}\w(?!\w)){3,}")
# How much plain text after letters set apart is read with them.
_SPACED_TAIL = 200


def disguised(folded: str) -> Iterator[Decoded]:
    """Readings of a folded section that differ from it letter by letter: rot13, backwards, leet, letters set apart."""
    yield from _if_telling(folded, "rot13", codecs.encode(folded, "rot13"))
    yield from _if_telling(folded, "backwards", folded[::-1])
    if len(_LEET_WORD.findall(folded)) >= 3:
        yield from _if_telling(folded, "digits for letters", folded.translate(_LEET))
    for match in _SPACED.finditer(folded):
        tail = folded[match.end() : match.end() + _SPACED_TAIL]
        yield Decoded(match.start(), match.end(), "letters set apart", _closed_up(match.group()) + tail)


def _if_telling(folded: str, name: str, reading: str) -> Iterator[Decoded]:
    if any(word in reading for word in _TELLING if word not in folded):
        yield Decoded(0, len(folded), name, reading)


def _closed_up(run: str) -> str:
    return " ".join(part.replace(" ", "") for part in re.split(r" {2,3}", run))
