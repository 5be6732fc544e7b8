"""All that is known of one document, gathered from the tables for a curator, and a curator's decision on it.

This is the one place outside the gate that shows what parsing found hidden in a file; it is for people who manage
documents, never for answers.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from gristmill.conflicting import kept_conflicts
from gristmill.corpus.examining import parsed_files, with_examined_keys
from gristmill.corpus.overruling import Decision, Overrule, forget_tries, history, known_document, overrule
from gristmill.corpus.parse import with_parse_keys
from gristmill.corpus.policies import policy_of
from gristmill.mill import working
from gristmill.storage.tables import DOCUMENTS, EXAMINED, PARSED, SOURCE_FILES, TEXTS
from gristmill.workspace import Workspace


def dossier(workspace: Workspace, document: str) -> dict[str, Any]:
    """Return everything about a document, ready for JSON.

    Raises:
        SettingsError: there is no such document.
    """
    lake = workspace.lake
    row = known_document(lake, document)
    file = _file(workspace, document)
    parsed = lake.read(PARSED, ["hidden", "seconds"], pl.col("parse_key").eq_missing(pl.lit(file.get("parse_key"))))
    examined = lake.read(EXAMINED, ["masked"], pl.col("examined_key").eq_missing(pl.lit(file.get("examined_key"))))
    return {
        **row,
        "boilerplate": _with_texts(workspace, row),
        "hidden": [] if parsed.is_empty() else parsed["hidden"].to_list()[0] or [],
        "masked": [] if examined.is_empty() else examined["masked"].to_list()[0] or [],
        "family_members": _family(workspace, row["family"]),
        "conflicts": [
            one for one in kept_conflicts(workspace)
            if one["settled"] is None and document in {side["document"] for side in one["statements"]}
        ],
        "decisions": [
            {"decision": str(made.decision), "reason": made.reason, "who": made.who, "at": made.at,
             "holds": made.version == row["version"]}
            for made in history(lake, document)
        ],
    }  # fmt: skip


def decide(workspace: Workspace, document: str, decision: Decision, reason: str, who: str) -> Overrule:
    """Record a decision, and forget how the document was parsed when it is to be tried again.

    Raises:
        SettingsError: there is no such document, or nothing to decide about it.
        BusyError: a run is at work, which may be parsing it now.
    """
    if decision is not Decision.RETRY:
        return overrule(workspace.lake, document, decision, reason, who)
    with working(workspace, "retry"):
        made = overrule(workspace.lake, document, decision, reason, who)
        forget_tries(workspace.lake, _file(workspace, document).get("parse_key"))
    return made


def _file(workspace: Workspace, document: str) -> dict[str, Any]:
    files = workspace.lake.read(SOURCE_FILES, where=pl.col("document") == document)
    if files.is_empty():
        return {}
    policies = {source: policy_of(workspace.settings, source) for source in files["source"]}
    joined = parsed_files(workspace.lake, with_parse_keys(files, workspace.settings.parser))
    return with_examined_keys(joined, policies, workspace.pseudonym_key).row(0, named=True)


def _with_texts(workspace: Workspace, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The marked spans of a document, each with what stands there."""
    spans = row["boilerplate"] or []
    if not spans:
        return []
    texts = workspace.lake.read(TEXTS, ["text"], pl.col("text_hash") == row["text_hash"])
    text = "" if texts.is_empty() else texts["text"][0]
    return [{**span, "text": text[span["start"] : span["end"]]} for span in spans]


def _family(workspace: Workspace, family: str | None) -> list[str]:
    if family is None:
        return []
    return workspace.lake.read(DOCUMENTS, ["document"], pl.col("family") == family)["document"].sort().to_list()
