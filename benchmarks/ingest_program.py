"""Gristmill as a program of `benchmarks.ingest`: one ingest, or the comparison of what is published with the pages."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any


def main() -> None:
    """Ingest or audit, and tell the result as JSON."""
    mode, folder, state, _, tokens = sys.argv[1:6]
    print(json.dumps((_ingest if mode == "ingest" else _audit)(_workspace(Path(folder), Path(state), int(tokens)))))


def _workspace(folder: Path, state: Path, tokens: int) -> Any:
    from gristmill.settings import Settings, SourceSettings
    from gristmill.workspace import Workspace

    settings = Settings.model_validate(
        {
            "root": state,
            "home": state / "home",
            "sources": (SourceSettings(location=str(folder)),),
            "search": {"bridge": False},
            "chunker": {"tokens": tokens},
            # Every page is to be indexed, as the others do.
            "corpus": {"max_bad_share": 1.0, "leave_out_duplicates": False},
            # Not those of the checkout, whose settings are read too.
            "evaluation": {"questions": None},
        }
    )
    return Workspace(settings)


def _ingest(workspace: Any) -> dict[str, int]:
    from gristmill.mill import Run, grind

    reports = {report.stage: report for report in grind(Run(workspace, workspace.sources()))}
    return {"embedded": int(reports["embeddings"].numbers["embedded"])}


def _audit(workspace: Any) -> dict[str, int]:
    from gristmill.corpus.ledger import accepted
    from gristmill.search.chunking import Chunker
    from gristmill.search.index import open_current
    from gristmill.storage.tables import TEXTS

    encoder = workspace.encoder
    chunker = Chunker(workspace.settings.chunker, encoder.tokenizer, encoder.window)
    documents = accepted(workspace.lake).join(workspace.lake.read(TEXTS), on="text_hash")
    wanted = Counter(
        (name, text[span.start : span.end])
        for name, title, text in documents.select("document", "title", "text").iter_rows()
        for span in chunker.spans(text, title)
    )
    version = open_current(workspace.index_store)
    held = Counter(version.rows.select("document", "text").iter_rows())
    assert len(version.matrix) == version.rows.height == version.lexical.size
    return {
        "vectors": sum(held.values()),
        "stale": sum(count for chunk, count in held.items() if chunk not in wanted),
        "doubled": sum(max(0, count - wanted[chunk]) for chunk, count in held.items() if chunk in wanted),
        "missing": sum(max(0, count - held[chunk]) for chunk, count in wanted.items()),
    }


if __name__ == "__main__":
    main()
