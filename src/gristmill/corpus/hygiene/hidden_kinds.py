"""The ways in which text can be hidden, and which of them are concealment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

__all__ = ["CONCEALED", "MAX_HIDDEN", "Hidden", "HiddenKind", "Reading"]

# A page of links has a title on every link; beyond this many nobody reads the report.
MAX_HIDDEN = 5_000


class HiddenKind(str, Enum):
    """How a text is kept from the reader."""

    NOT_DISPLAYED = "not_displayed"
    INVISIBLE = "invisible"
    TINY = "tiny"
    SAME_COLOUR = "same_colour"
    OFF_SCREEN = "off_screen"
    TEMPLATE = "template"
    NOSCRIPT = "noscript"
    COMMENT = "comment"
    METADATA = "metadata"
    ATTRIBUTE = "attribute"
    ARIA_HIDDEN = "aria_hidden"
    TOO_DEEP = "too_deep"


# Removed from the text. The others are told apart only: alternative texts and metadata describe the document, and a
# reader sees what is hidden from screen readers.
CONCEALED = frozenset(
    {
        HiddenKind.NOT_DISPLAYED,
        HiddenKind.INVISIBLE,
        HiddenKind.TINY,
        HiddenKind.SAME_COLOUR,
        HiddenKind.OFF_SCREEN,
        HiddenKind.TEMPLATE,
        HiddenKind.NOSCRIPT,
        HiddenKind.COMMENT,
    }
)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text that a reader does not see; `visible_in_output` tells whether the parser let it through.

    `shown` counts how often the file shows the same words openly: those must stay in the text.
    """

    kind: HiddenKind
    text: str
    visible_in_output: bool = False
    times: int = 1
    shown: int = 0


class Reading(NamedTuple):
    """What a format's reader found, and the text it does show, as far as that was needed."""

    hidden: list[Hidden]
    visible: str = ""
