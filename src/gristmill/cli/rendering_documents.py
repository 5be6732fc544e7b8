"""How the command line draws one document: its row, what was found in it, and what people decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from gristmill.cli.rendering import pairs

_FACTS = ("status", "reason", "title", "language", "media_type", "bytes", "characters", "audience", "source", "version",
          "family", "duplicate_of", "superseded_by", "modified", "first_seen", "changed")  # fmt: skip
_MARKS = {"error": "[red]✗[/]", "warn": "[yellow]![/]"}
_MOST_HIDDEN = 20
_MOST_CHARACTERS = 300


def dossier(found: Mapping[str, Any]) -> RenderableType:
    """Return all that is known of one document."""
    facts = {name.replace("_", " "): _said(found[name]) for name in _FACTS if found[name] not in (None, "", [])}
    parts: list[RenderableType] = [Text(found["document"], style="bold"), pairs(facts)]
    for title, lines in (
        ("Found", _findings(found)),
        ("Headers, footers and navigation, which no answer quotes", _spans(found["boilerplate"])),
        ("Languages", _spans(found["languages"])),
        ("Hidden in the file", _hidden(found)),
        ("Masked", [f"{one['count']} × {one['kind'].replace('_', ' ').lower()}" for one in found["masked"]]),
        ("Says otherwise than", _otherwise(found)),
        ("Family", [escape(name) for name in found["family_members"]]),
        ("Decided", _decisions(found)),
    ):
        if shown := list(lines):
            parts += [Text(), Text(title, style="bold"), *(Text.from_markup(f"  {line}") for line in shown)]
    return Group(*parts)


def conflicts(listed: Sequence[Mapping[str, Any]], most: int) -> Iterator[RenderableType]:
    """Yield the conflicts, each two documents once, with what they say against each other."""
    of_two: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for one in listed:
        of_two.setdefault(tuple(sorted(side["document"] for side in one["statements"])), []).append(one)
    for held in list(of_two.values())[:most]:
        yield Text(" – ".join(_dated(side) for side in held[0]["statements"]), style="bold")
        for one in held:
            for mark, side in zip((one["conflict"][:8], ""), one["statements"], strict=True):
                name = PurePosixPath(side["document"]).name
                yield Text.assemble(
                    (f"  {mark:8}  ", "bright_black"), (f"{name}: ", "cyan"), _shortened(" ".join(side["text"].split()))
                )
            if one["settled"]:
                told = one["settled"]
                yield Text(
                    f"            settled by {told['who']}, {told['at']:%Y-%m-%d}: {told['reason']}", style="green"
                )
    rest = len(of_two) - most
    yield Text(
        (f"and {rest:,} more pairs of documents: -n {len(of_two)}. " if rest > 0 else "")
        + ("'gristmill documents settle ID --reason TEXT' takes off the list what is none." if of_two else
           "No two documents in force say the same with different figures, as far as can be told."),
        style="bright_black",
    )  # fmt: skip


def _dated(side: Mapping[str, Any]) -> str:
    return f"{side['document']} ({side['stated'][:10]})" if side["stated"] else str(side["document"])


def _findings(found: Mapping[str, Any]) -> Iterator[str]:
    for one in found["findings"] or ():
        yield f"{_MARKS.get(one['severity'], '·')} {escape(one['reason'])}"
        yield f"  → {escape(one['recovery'])}"


def _hidden(found: Mapping[str, Any]) -> Iterator[str]:
    for one in found["hidden"][:_MOST_HIDDEN]:
        leaked = ", and in the parsed text" if one["leaked"] else ""
        yield f"[bright_black]{one['kind'].replace('_', ' ')}{leaked}:[/] {escape(_shortened(one['text']))}"
    if (rest := len(found["hidden"]) - _MOST_HIDDEN) > 0:
        yield f"[bright_black]and {rest:,} more; --json shows all[/]"


def _otherwise(found: Mapping[str, Any]) -> Iterator[str]:
    for one in found["conflicts"]:
        ours, theirs = sorted(one["statements"], key=lambda side: side["document"] != found["document"])
        yield f"{escape(theirs['document'])}: {escape(_shortened(theirs['text']))}"
        yield f"  [bright_black]here:[/] {escape(_shortened(ours['text']))}"


def _spans(spans: Sequence[Mapping[str, Any]] | None) -> Iterator[str]:
    for span in spans or ():
        name = f"{span['language']}: " if "language" in span else ""
        yield f"{name}characters {span['start']:,} to {span['end']:,}{_quoted(span)}"


def _quoted(span: Mapping[str, Any]) -> str:
    return f" [bright_black]{escape(_shortened(span['text']))}[/]" if span.get("text") else ""


def _decisions(found: Mapping[str, Any]) -> Iterator[str]:
    for made in found["decisions"]:
        holds = "" if made["holds"] else " [bright_black](an earlier version)[/]"
        who, reason = escape(made["who"]), escape(made["reason"])
        yield f"{made['decision']} by {who}, {made['at']:%Y-%m-%d %H:%M}: {reason}{holds}"


def _said(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _shortened(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= _MOST_CHARACTERS else f"{folded[:_MOST_CHARACTERS]}…"
