"""Replaying the receipts of an installation: what is left of the older release is put back, one part at a time."""

from __future__ import annotations

from dataclasses import replace

from gristmill.answering.draft import Tools
from gristmill.answering.prompts.store import PromptStore
from gristmill.answering.receipts import Receipt, read_receipt
from gristmill.answering.replay import Replay, Restore, replay
from gristmill.asking import Answerer
from gristmill.errors import GristmillError
from gristmill.search.version import IndexVersion
from gristmill.workspace import Workspace


def replay_receipt(workspace: Workspace, receipt: str) -> Replay:
    """Ask a receipt's question again and say whether the answer is the same, and what changed it if not.

    Raises:
        GristmillError: there is no such receipt.
    """
    stored = read_receipt(workspace.database, receipt)
    restorers: dict[str, Restore] = {
        "index": lambda tools: _with_index(workspace, stored, tools),
        "prompt": lambda tools: _with_prompt(workspace, stored, tools),
    }
    return replay(stored, Answerer(workspace).tools, restorers)


def _with_index(workspace: Workspace, receipt: Receipt, tools: Tools) -> Tools | None:
    """Put back the version of the index that the receipt names, if it is still kept and is the same."""
    made_by = receipt.details["made_by"]
    folder = tools.index.folder.parent / made_by["index_version"]
    try:
        index = IndexVersion(folder)
    except GristmillError:
        return None
    return replace(tools, index=index) if index.manifest.content == made_by["index"] else None


def _with_prompt(workspace: Workspace, receipt: Receipt, tools: Tools) -> Tools | None:
    named = receipt.details["made_by"]["prompt"]
    try:
        kept = PromptStore(workspace.home).with_sha(named["sha"], named["name"])
    except GristmillError:
        return None
    return replace(tools, prompt=kept.prompt)
