"""Hidden text of HTML, and of the HTML inside Markdown.

Styles are those on the element and in the page's own <style>; linked sheets and scripts are not run. Elements are
selected in C (lexbor); Python sees only the few that match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from gristmill.corpus.hygiene.hidden_kinds import MAX_HIDDEN, Hidden, HiddenKind, Reading
from gristmill.corpus.hygiene.styles import (
    WHITE,
    Colour,
    Style,
    background_of,
    colour_of,
    concealment,
    declarations,
    same,
    style_rules,
)

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["hidden_in_html", "hidden_in_markdown"]

# lexbor's time grows with the square of the depth: 28 s at 100,000 levels, a tenth of a second at 5,000.
_DEEPEST = 5_000
_MAX_RULES = 500
_MAX_ANCESTORS = 256
_TAG = re.compile(r"<(/?)[a-zA-Z][^<>]*?(/?)>")
_VOID = re.compile(
    r"<(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|td|tr|dt|dd)\b", re.I
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]{3,20})", re.IGNORECASE)
_BY_TAG = {
    '[aria-hidden="true"]': HiddenKind.ARIA_HIDDEN,
    "noscript": HiddenKind.NOSCRIPT,
    "[hidden]": HiddenKind.NOT_DISPLAYED,
    "template": HiddenKind.TEMPLATE,
}
_TECHNICAL_META = frozenset({"viewport", "generator", "theme-color", "robots", "color-scheme", "referrer"})
_HAS_LETTER = re.compile(r"[^\W\d_]")
_LINK_COMMENT = re.compile(
    r"^[ ]{0,3}\[(?://|#|comment|_|-{1,3})\]:[ \t]*\S+[ \t]*[(\"']?(.*?)[)\"']?[ \t]*$", re.I | re.M
)
_INLINE_HTML = re.compile(r"<[a-zA-Z!]")


def hidden_in_html(raw: bytes) -> Reading:
    """Hidden elements, comments, descriptions and attributes of a page."""
    return _page(_decoded(raw))


def hidden_in_markdown(raw: bytes) -> Reading:
    """Comments, link definitions used as comments, and hidden elements of inline HTML."""
    text = raw.decode("utf-8", "replace")
    links = (_hidden(HiddenKind.COMMENT, match.group(1)) for match in _LINK_COMMENT.finditer(text))
    page = _page(text) if _INLINE_HTML.search(text) else Reading([], text)
    return Reading([*(hidden for hidden in islice(links, MAX_HIDDEN) if hidden.text), *page.hidden], page.visible)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        charset = _CHARSET.search(raw, 0, 4096)
    try:
        return raw.decode(charset.group(1).decode() if charset else "cp1252", "replace")
    except LookupError:
        return raw.decode("cp1252", "replace")


def _page(html: str) -> Reading:
    comments = (_hidden(HiddenKind.COMMENT, text) for text in _comments(html) if _HAS_LETTER.search(text))
    found = list(islice(comments, MAX_HIDDEN))
    if _depth(html) > _DEEPEST:
        too_deep = f"elements nested more than {_DEEPEST} deep: styles not examined"
        return Reading([*found, Hidden(HiddenKind.TOO_DEEP, too_deep)])
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    concealed = list(islice(_elements(tree), MAX_HIDDEN))
    found += [hidden for _, hidden in concealed]
    attributes = list(islice(_attributes(tree), MAX_HIDDEN))
    visible = _visible(tree, [node for node, _ in concealed]) if found else ""
    return Reading(found + attributes, visible)


def _visible(tree: LexborHTMLParser, concealed: list[LexborNode]) -> str:
    """The text that is left without the hidden elements, which are taken out of the tree."""
    for node in [*concealed, *tree.css("script,style,template,noscript")]:
        node.decompose(recursive=True)
    return tree.body.text(separator=" ") if tree.body else ""


def _hidden(kind: HiddenKind, text: str) -> Hidden:
    return Hidden(kind, " ".join(text.split()))


def _comments(html: str) -> Iterator[str]:
    start = html.find("<!--")
    while start >= 0:
        end = html.find("-->", start + 4)
        if end < 0:
            return
        yield html[start + 4 : end]
        start = html.find("<!--", end)


def _depth(html: str) -> int:
    """The deepest nesting, counted roughly and only where there are enough tags to matter."""
    if html.count("<") <= _DEEPEST:
        return 0
    depth = deepest = 0
    for match in _TAG.finditer(html):
        if match.group(1):
            depth -= depth > 0
        elif not match.group(2) and not _VOID.match(match.group()):
            depth += 1
            deepest = max(deepest, depth)
    return deepest


@dataclass(slots=True)
class _Computed:
    """The declarations known for some elements, by lexbor's identity of the element."""

    nodes: dict[int, LexborNode] = field(default_factory=dict)
    styles: dict[int, dict[str, str]] = field(default_factory=dict)

    def add(self, node: LexborNode, style: Style) -> None:
        self.nodes[node.mem_id] = node
        self.styles.setdefault(node.mem_id, {}).update(style)

    def kind_of(self, node: LexborNode) -> HiddenKind | None:
        style = self.styles[node.mem_id]
        kind, colour = concealment(style), colour_of(style)
        if kind is None and colour is not None and same(colour, self._background(node)):
            return HiddenKind.SAME_COLOUR
        return kind

    def _background(self, node: LexborNode) -> Colour:
        for element in _with_ancestors(node):
            style = self.styles.get(element.mem_id, {})
            if "background" in style or "background-color" in style:
                # A picture or an unknown name counts as black: white on it can be read.
                return background_of(style) or (0, 0, 0)
        return WHITE


def _with_ancestors(node: LexborNode) -> Iterator[LexborNode]:
    current: LexborNode | None = node
    for _ in range(_MAX_ANCESTORS):
        if current is None:
            return
        yield current
        current = current.parent


def _elements(tree: LexborHTMLParser) -> Iterator[tuple[LexborNode, Hidden]]:
    kinds: dict[int, HiddenKind] = {}
    nodes: dict[int, LexborNode] = {}
    for selector, kind in _BY_TAG.items():
        for node in tree.css(selector):
            kinds[node.mem_id], nodes[node.mem_id] = kind, node
    computed = _computed(tree)
    for identity, node in computed.nodes.items():
        if style_kind := computed.kind_of(node):
            kinds[identity], nodes[identity] = style_kind, node
    for identity, node in nodes.items():
        if not _inside_another(node, kinds) and (text := _text(node)):
            yield node, Hidden(kinds[identity], text)


def _inside_another(node: LexborNode, kinds: dict[int, HiddenKind]) -> bool:
    ancestors = islice(_with_ancestors(node), 1, None)
    return any(
        kinds.get(ancestor.mem_id, HiddenKind.ARIA_HIDDEN) is not HiddenKind.ARIA_HIDDEN for ancestor in ancestors
    )


def _text(node: LexborNode) -> str:
    text = node.text(separator=" ")
    if not text and node.tag in ("template", "noscript"):
        text = re.sub(r"<[^>]{0,10000}>", " ", node.html or "")
    text = " ".join(text.split())
    return text if _HAS_LETTER.search(text) else ""


def _computed(tree: LexborHTMLParser) -> _Computed:
    computed = _Computed()
    sheets = "\n".join(node.text() for node in tree.css("style"))
    for selector, style in islice(style_rules(sheets), _MAX_RULES):
        for node in _selected(tree, selector):
            computed.add(node, style)
    for node in tree.css("[style],[bgcolor],font[color]"):
        computed.add(node, _inline(node))
    return computed


def _selected(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    if ":" in selector:
        return []  # a state (:hover) or a generated box (::before): not what the page shows at rest
    try:
        return tree.css(selector)
    except Exception:  # noqa: BLE001 - selectolax raises its own and built-in errors for selectors it does not know
        return []


def _inline(node: LexborNode) -> dict[str, str]:
    attributes = node.attributes
    style = declarations(attributes.get("style") or "")
    if background := attributes.get("bgcolor"):
        style.setdefault("background-color", background.lower())
    if node.tag == "font" and (colour := attributes.get("color")):
        style.setdefault("color", colour.lower())
    return style


def _attributes(tree: LexborHTMLParser) -> Iterator[Hidden]:
    for node in tree.css("meta[content]"):
        name = (node.attributes.get("name") or node.attributes.get("property") or "").lower()
        if name and name not in _TECHNICAL_META:
            yield _hidden(HiddenKind.METADATA, node.attributes["content"] or "")
    for name in ("alt", "title"):
        for node in tree.css(f"[{name}]"):
            if text := node.attributes[name]:
                yield _hidden(HiddenKind.ATTRIBUTE, text)
