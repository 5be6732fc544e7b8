"""Folders brought through the gate: discovered, parsed and judged, without an encoder and without an index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gristmill.corpus.acceptance import accept_documents
from gristmill.corpus.discover import StampCache, discover
from gristmill.corpus.parse import parse_documents
from gristmill.corpus.report import Silent, StageReport
from gristmill.gates import judge, pass_or_stop
from gristmill.settings import Settings, SourceSettings
from gristmill.storage.lake import Lake
from gristmill.storage.tables import DOCUMENTS, TABLES, TEXTS
from gristmill.workspace import Workspace

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Gate:
    """One home over one folder, with a clock that stands still unless it is moved."""

    def __init__(self, home: Path, folder: Path, now: Callable[[], datetime] = lambda: NOON, **settings: Any) -> None:
        fields = settings.pop("source", {})
        listed = (SourceSettings(location=str(folder), **fields),)
        defaults: dict[str, Any] = {"parser": {"workers": 2, "ocr": False}}
        self.workspace = Workspace(Settings(root=home.parent, home=home, sources=listed, **(defaults | settings)))
        self.now = now

    @property
    def lake(self) -> Lake:
        return self.workspace.lake

    def run(self) -> StageReport:
        settings, sources = self.workspace.settings, self.workspace.sources()
        cache = StampCache(self.workspace.home / "cache" / "stamps.json")
        discover(self.lake, sources, cache, Silent(), allow_empty=True)
        parse_documents(self.lake, sources, settings.parser, Silent())
        report = accept_documents(self.lake, settings, self.workspace.pseudonym_key, Silent(), self.now)
        judge(self.workspace, "accepted_documents", self.now)
        pass_or_stop(self.workspace, "accepted_documents")
        return report

    def ledger(self) -> dict[str, dict[str, Any]]:
        return {row["document"]: row for row in self.lake.read(DOCUMENTS).iter_rows(named=True)}

    def status(self, document: str) -> str:
        return str(self.ledger()[document]["status"])

    def rules(self, document: str) -> set[str]:
        return {finding["rule"] for finding in self.ledger()[document]["findings"]}

    def text(self, document: str) -> str:
        wanted = self.ledger()[document]["text_hash"]
        return str(dict(self.lake.read(TEXTS, ["text_hash", "text"]).iter_rows())[wanted])

    def versions(self) -> dict[str, int]:
        return {table.name: self.lake.version(table) for table in TABLES}


def put(folder: Path, **files: str) -> Path:
    """Write Markdown files by their names without ending."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text)
    return folder
