"""Answering a receipt's question again, to see whether the same answer comes, and if not, which one factor changed it.

A factor is one part of what made the answer: index, search, answering, prompt, generator. Each part that differs now is
put back alone, as far as it can still be had; a part whose return brings the old answer back is the cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gristmill.answering.answer import Answer
from gristmill.answering.draft import Tools
from gristmill.answering.pipeline import answer
from gristmill.answering.receipts import Receipt, made_by
from gristmill.identity import Asker
from gristmill.settings import AnsweringSettings, SearchSettings

FACTORS = ("index", "search", "answering", "prompt", "generator", "encoders", "learned", "remote")


@dataclass(frozen=True)
class Replay:
    """What came of asking again."""

    receipt: str
    same: bool
    changed: tuple[str, ...]  # the factors that differ now
    cause: str  # the one that changed the answer; empty when it is the same, or when none did it alone
    said: str
    before: str
    now: Answer

    def as_json(self) -> dict[str, Any]:
        """Return the parts that the command line prints."""
        return {
            "receipt": self.receipt,
            "same": self.same,
            "changed": list(self.changed),
            "cause": self.cause,
            "said": self.said,
            "before": self.before,
            "now": self.now.text,
        }


# Returns the tools with one factor as the receipt has it, or None when that can no longer be had.
Restore = Callable[[Tools], Tools | None]


def replay(receipt: Receipt, tools: Tools, restorers: Mapping[str, Restore] | None = None) -> Replay:
    """Ask the question of a receipt again, without the cache and without asking a remote engine.

    Args:
        receipt: with its details.
        tools: of the release in force, or of the one that the receipt names.
        restorers: how to put back what settings alone cannot: an index version, a prompt, a generator.
    """
    then, asker = receipt.details.get("made_by", {}), Asker(tuple(receipt.row.groups), receipt.row.asker)
    alone = replace(tools, cache=None, router=None)
    now = answer(receipt.row.question, asker, alone)
    present = made_by(tools)
    changed = tuple(name for name in FACTORS if name in then and then[name] != present[name])
    same = _same(receipt, now)
    cause = "" if same else _cause(receipt, asker, alone, changed, {**_settings(then), **(restorers or {})})
    return Replay(
        receipt.row.receipt, same, changed, cause, _said(receipt, same, changed, cause), receipt.row.answer, now
    )


def _same(receipt: Receipt, now: Answer) -> bool:
    cited = [(c["document"], c["start"], c["end"], c["quote"]) for c in receipt.row.citations]
    return receipt.row.answer == now.text and cited == [(c.document, c.start, c.end, c.quote) for c in now.citations]


def _cause(
    receipt: Receipt, asker: Asker, tools: Tools, changed: tuple[str, ...], restorers: Mapping[str, Restore]
) -> str:
    """Return the factor that changed the answer: the only one that differs, or the one whose return undoes it."""
    if len(changed) == 1:
        return changed[0]
    for name in changed:
        restored = restorers[name](tools) if name in restorers else None
        if restored is not None and _same(receipt, answer(receipt.row.question, asker, restored)):
            return name
    return ""


def _settings(then: Mapping[str, Any]) -> dict[str, Restore]:
    made: dict[str, Restore] = {}
    if "search" in then:
        made["search"] = lambda tools: replace(tools, search=SearchSettings(**then["search"]))
    if "answering" in then:
        made["answering"] = lambda tools: replace(tools, answering=AnsweringSettings(**then["answering"]))
    return made


def _said(receipt: Receipt, same: bool, changed: tuple[str, ...], cause: str) -> str:
    if same:
        return "The same answer." if not changed else f"The same answer, although other now: {', '.join(changed)}."
    if cause:
        return f"Another answer: {cause} changed it."
    if changed:
        return f"Another answer: {', '.join(changed)} differ now, and none of them alone explains it."
    if receipt.details.get("engine") == "remote":
        return "Another answer: a remote engine worded it, and it is not asked again."
    if not receipt.details:
        return "Another answer; the receipt is too old to say what made it."
    return "Another answer, although nothing that it is made of changed: the code itself did."
