"""The words of a text, found without a regular expression; what they are used for belongs to those who use them."""

from __future__ import annotations

__all__ = ["beyond_ascii", "with_blanks", "words_of"]

_ALL_ASCII = bytes(range(128))
_BLANKED = bytes(code if code > 127 or chr(code).isalnum() else 0x20 for code in range(256))
# Replacing a character costs as much as a hundredth of the expression.
_MOST_REPLACED = 60


def beyond_ascii(text: str) -> set[str]:
    """The distinct characters of a text that are not ASCII."""
    return set(text.encode("utf-8", "surrogatepass").translate(None, _ALL_ASCII).decode("utf-8", "surrogatepass"))


def with_blanks(text: str) -> str:
    """The text with a blank in place of each character that is no letter or figure; offsets stay."""
    if text.isascii():
        return text.encode("ascii").translate(_BLANKED).decode("ascii")
    others = [character for character in beyond_ascii(text) if not character.isalnum()]
    if len(others) > _MOST_REPLACED:
        return "".join(character if character.isalnum() else " " for character in text)
    blanked = text.encode("utf-8", "surrogatepass").translate(_BLANKED).decode("utf-8", "surrogatepass")
    for character in others:
        blanked = blanked.replace(character, " ")
    return blanked


def words_of(text: str) -> list[str]:
    """The runs of letters and figures, in order."""
    return with_blanks(text).split()
