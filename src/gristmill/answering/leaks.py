"""What must never stand in an answer: the canary of this process, secrets, and what looks like one.

The canary is a random word in every prompt, made from the installation's nonce, so that an answer can be replayed.
Whoever sees it has seen the prompt: a sentence that holds it in any usual disguise is dropped, and the receipt says so.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import hmac
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import pairwise

from gristmill.corpus.privacy import Kind, find_personal_data

_CANARY_DIGITS = 24
# Of 24 hex digits; shorter runs are found in ordinary numbers by chance.
_PART = 8
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_SPELT = re.compile(r"(?:(?<!\w)\w{1,2}[\s.,;:_-]+){9,}\w")
_CODES = re.compile(r"(?:#x?|%|\\x|\\u)[0-9a-fA-F]{2,6}\b")
_MOST_CODES = 3
_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{12,}")


def canary_of(nonce: str) -> str:
    """Return the canary of an installation."""
    return hmac.new(nonce.encode(), b"canary", hashlib.sha256).hexdigest()[:_CANARY_DIGITS]


def leak_in(text: str, known: str, forbidden: Collection[Kind], canary: str) -> str:
    """Return what `text` gives away, in words for the receipt, or nothing.

    Args:
        text: a sentence about to be shown.
        known: the evidence and the question: what stands there is no secret of ours.
        forbidden: the kinds of personal data that answers may not hold.
        canary: of the prompt.
    """
    if holds_canary(text, canary):
        return "the prompt's canary"
    squashed = re.sub(r"\s+", "", known)
    for token in _OPAQUE.findall(text):
        if _is_opaque(token) and token not in squashed:
            return "an opaque token that the evidence does not hold"
    if (spelt := _SPELT.search(text)) and spelt[0] not in known:
        return "something spelt out letter by letter"
    if len(_CODES.findall(text)) > _MOST_CODES:
        return "something spelt out in codes"
    found = [data for data in find_personal_data(text) if data.kind in forbidden]
    return f"{found[0].kind.value.replace('_', ' ')}" if found else ""


def _is_opaque(token: str) -> bool:
    """Say whether a token is like a key: letters and digits mixed, or upper and lower case in turns."""
    digits = sum(character.isdigit() for character in token)
    pairs = [(a, b) for a, b in pairwise(token) if a.isalpha() and b.isalpha()]
    turns = sum(a.islower() != b.islower() for a, b in pairs)
    return (digits >= 3 and any(c.isalpha() for c in token) and "-" not in token) or turns >= 5


def holds_canary(text: str, canary: str) -> bool:
    """Say whether a part of the canary stands in `text`, plain, reversed, spaced out or in a usual encoding."""
    parts = _parts(canary)
    return any(part in reading for reading in _readings(text) for part in parts)


@lru_cache(maxsize=64)
def _parts(canary: str) -> frozenset[str]:
    whole = (canary, canary[::-1])
    plain = {word[at : at + _PART] for word in whole for at in range(len(word) - _PART + 1)}
    return frozenset(plain | {codecs.encode(part, "rot13") for part in plain})


def _readings(text: str) -> Iterator[str]:
    """Yield the text squashed to letters and digits, and what its tokens say when they are decoded."""
    yield re.sub(r"[\W_]+", "", text).casefold()
    for source in (text, re.sub(r"\s+", "", text)):
        for token in _TOKEN.findall(source):
            for decoded in _decodings(token):
                yield re.sub(r"[\W_]+", "", decoded).casefold()


def _decodings(token: str) -> Iterator[str]:
    padded = token + "=" * (-len(token) % 8)
    for decode in (_base64, base64.b32decode, bytes.fromhex, base64.b85decode):
        for form in (token, padded, token.upper()):
            try:
                raw = decode(form)
            except (ValueError, binascii.Error):
                continue
            yield raw.decode("latin-1")
            yield raw.decode("latin-1")[::-1]
            break


def _base64(token: str) -> bytes:
    plain = token.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4))
