"""Which CSS declarations keep text from a reader. Selectors and documents are the neighbours' matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gristmill.corpus.hygiene.hidden_kinds import HiddenKind

__all__ = [
    "WHITE",
    "Colour",
    "Style",
    "background_of",
    "colour_of",
    "concealment",
    "declarations",
    "same",
    "style_rules",
]

Style = Mapping[str, str]
Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)

SMALLEST_READABLE_PX = 4.0
_FAINTEST_VISIBLE = 0.05
_FAR_OFF_PX = -500.0
_SAME_COLOUR_DISTANCE = 12
_PX_PER_UNIT = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "%": 0.16, "": 1.0}
_NAMED = {"white": WHITE, "black": (0, 0, 0), "ivory": (255, 255, 240), "snow": (255, 250, 250)}
_LENGTH = re.compile(r"\s*(-?\d*\.?\d+)\s*(px|pt|rem|em|%|)")
_HEX = re.compile(r"#([0-9a-f]{3,8})\b")
_RGB = re.compile(r"rgba?\(\s*(\d+)[,\s]+(\d+)[,\s]+(\d+)(?:[,/\s]+([\d.]+)(%?))?\s*\)")
_AT_BLOCK = re.compile(r"@[^{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def style_rules(sheet: str) -> Iterator[tuple[str, Style]]:
    """Selector and declarations of each rule that may conceal; rules for print or small screens are left out."""
    for match in _RULE.finditer(_AT_BLOCK.sub("", _CSS_COMMENT.sub("", sheet))):
        style = declarations(match.group(2))
        if style.keys() & _TELLING:
            yield match.group(1).strip(), style


def declarations(text: str) -> dict[str, str]:
    """Property and value pairs of an inline style, in lower case, `!important` taken off."""
    pairs = (part.partition(":") for part in text.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if value}


def concealment(style: Style) -> HiddenKind | None:
    """How these declarations hide text by themselves, whatever stands around."""
    if style.get("display") == "none":
        return HiddenKind.NOT_DISPLAYED
    if style.get("visibility") in ("hidden", "collapse") or _is_faint(style) or _is_transparent(style):
        return HiddenKind.INVISIBLE
    if _is_off_screen(style):
        return HiddenKind.OFF_SCREEN
    size = _pixels(style.get("font-size"))
    return HiddenKind.TINY if size is not None and size < SMALLEST_READABLE_PX else None


def colour_of(style: Style) -> Colour | None:
    """The text colour, where it is written as a name known here, hexadecimal or rgb()."""
    return _colour(style.get("color", ""))


def background_of(style: Style) -> Colour | None:
    """The background's colour; a picture gives None."""
    value = style.get("background-color") or style.get("background", "")
    return None if "url(" in value or "gradient(" in value else _colour(value)


def same(one: Colour, other: Colour) -> bool:
    """True if a reader cannot tell the colours apart."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _SAME_COLOUR_DISTANCE


def _pixels(value: str | None) -> float | None:
    match = _LENGTH.match(value) if value else None
    return float(match.group(1)) * _PX_PER_UNIT[match.group(2)] if match else None


def _is_faint(style: Style) -> bool:
    opacity = _pixels(style.get("opacity"))
    return opacity is not None and opacity <= _FAINTEST_VISIBLE


def _is_transparent(style: Style) -> bool:
    colour = style.get("color", "")
    rgba = _RGB.match(colour)
    return colour == "transparent" or (rgba is not None and rgba.group(4) is not None and float(rgba.group(4)) == 0)


def _is_off_screen(style: Style) -> bool:
    sides = ["text-indent", "margin-left"]
    if style.get("position") in ("absolute", "fixed"):
        sides += ["left", "right", "top", "bottom"]
        if "rect(0" in style.get("clip", "") or "rect(1px" in style.get("clip", ""):
            return True
    far_off = any((_pixels(style.get(side)) or 0) <= _FAR_OFF_PX for side in sides)
    return far_off or _is_clipped(style)


def _is_clipped(style: Style) -> bool:
    if re.match(r"inset\((50|100)%", style.get("clip-path", "")) or style.get("transform") == "scale(0)":
        return True
    extents = [_pixels(style.get(side)) for side in ("width", "height", "max-height")]
    return style.get("overflow") == "hidden" and any(size is not None and size <= 1 for size in extents)


def _colour(value: str) -> Colour | None:
    if match := _HEX.search(value):
        digits = match.group(1)
        full = "".join(d * 2 for d in digits[:3]) if len(digits) < 6 else digits[:6]
        return int(full[:2], 16), int(full[2:4], 16), int(full[4:], 16)
    if match := _RGB.search(value):
        return int(match.group(1)), int(match.group(2)), int(match.group(3))
    return next((colour for name, colour in _NAMED.items() if name in value.split()), None)


_TELLING = frozenset(
    {
        *("display", "visibility", "opacity", "font-size", "color", "background", "background-color", "position"),
        *("text-indent", "margin-left", "clip", "clip-path", "transform", "overflow"),
    }
)
