"""Gristmill in `benchmarks.ingest`: the command of an ingest, and the comparison of what is published with the pages.

    python -m benchmarks.ingest_program audit|encode FOLDER STATE - TOKENS

`encode`, after an ingest, tells the encoder's own time on the same chunks, without anything else.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

_SETTINGS_VARIABLE = "GRISTMILL_SETTINGS"


def main() -> None:
    """Audit or encode, and tell the result as JSON."""
    mode, folder, state, _, tokens = sys.argv[1:6]
    os.environ |= put_in_force(Path(folder), Path(state), int(tokens))
    {"audit": _audit, "encode": _encode}[mode]()


def put_in_force(folder: Path, state: Path, tokens: int) -> dict[str, str]:
    """Write the settings as a user would; return the environment in which they are in force."""
    file = state / "gristmill.toml"
    # Every page is to be indexed, as the others do.
    wanted = f"""
home = "home"
search.bridge = false
chunker.tokens = {tokens}
corpus.max_bad_share = 1.0
corpus.leave_out_duplicates = false

[[sources]]
location = "{folder}"
"""
    if not file.exists() or file.read_text() != wanted:
        file.write_text(wanted)
    return {_SETTINGS_VARIABLE: str(file)}


def ingesting() -> list[str]:
    """Return the command that a user would run."""
    return [str(Path(sys.executable).with_name("gristmill")), "ingest", "--json"]


def embedded(told: dict[str, Any]) -> int:
    """Return how many texts an ingest encoded, by what the command told."""
    numbers = {stage["stage"]: stage["numbers"] for stage in told["stages"]}
    return int(numbers["embeddings"].get("embedded", 0))


def _encode() -> None:
    """Encode the stored chunks, and nothing else."""
    import time

    from gristmill.search.rows import with_context
    from gristmill.storage.tables import CHUNKS
    from gristmill.workspace import Workspace

    workspace = Workspace()
    rows = workspace.lake.read(CHUNKS, ["context", "text"]).unique(maintain_order=True)
    texts = [with_context(context, text) for context, text in rows.iter_rows()]
    workspace.encoder.encode(texts[:8])
    began = time.perf_counter()
    workspace.encoder.encode(texts)
    print(json.dumps({"texts": len(texts), "seconds": round(time.perf_counter() - began, 2)}))


def _audit() -> None:
    """Compare what is published with the pages as they are."""
    from gristmill.corpus.ledger import accepted
    from gristmill.search.chunkers import Chunker
    from gristmill.search.index import open_current
    from gristmill.storage.tables import TEXTS
    from gristmill.workspace import Workspace

    workspace = Workspace()
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
    counts = {
        "vectors": sum(held.values()),
        "stale": sum(count for chunk, count in held.items() if chunk not in wanted),
        "doubled": sum(max(0, count - wanted[chunk]) for chunk, count in held.items() if chunk in wanted),
        "missing": sum(max(0, count - held[chunk]) for chunk, count in wanted.items()),
    }
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
