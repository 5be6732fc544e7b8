"""The two processes of a publication: one builds a staged version and ends, another one audits it.

They are processes of their own because a damaged Chroma store can crash whatever opens it, and because an audit in the
process that built would look at what is in memory, not at what is on disk. Progress goes to standard output, a line of
JSON each.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from gristmill.processes import end_with_parent
from gristmill.search.audit import audit
from gristmill.search.chunking import with_context
from gristmill.search.dense import BRIDGE, VECTORS, ChromaIndex, write_matrix
from gristmill.search.lexical import LexicalIndex
from gristmill.search.rows import content_hash, embeddings_for, index_rows
from gristmill.search.version import ROWS_FILE, Manifest, hash_files, write_manifest
from gristmill.storage.lake import Lake

_CHROMA_STEP = 5_000


def build(folder: Path, lake: Lake, encoders: Sequence[str]) -> None:
    """Write a complete version into `folder`; a chunk without its vectors is left out, and the audit will say so."""
    rows = index_rows(lake)
    vectors = pl.DataFrame([embeddings_for(lake, rows, encoder).alias(encoder) for encoder in encoders])
    complete = vectors.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
    rows, vectors = rows.filter(complete), vectors.filter(complete)
    rows.write_ipc(folder / ROWS_FILE, compression="uncompressed")
    matrix = write_matrix(folder / VECTORS, vectors[encoders[0]])
    for bridge in encoders[1:]:
        write_matrix(folder / BRIDGE, vectors[bridge])
    _say("lexical", rows.height)
    LexicalIndex.create(
        folder,
        (
            (chunk, with_context(context, text), language, audience)
            for chunk, context, text, language, audience in rows.select(
                "chunk", "context", "text", "language", "audience"
            ).iter_rows()
        ),
    )
    _build_chroma(folder, rows, matrix)
    languages = tuple(sorted(set(rows["language"]) - {""}))
    documents = rows["document"].n_unique()
    content = content_hash(rows, encoders)
    write_manifest(folder, Manifest(content, tuple(encoders), rows.height, documents, languages, _immutable(folder)))


def _build_chroma(folder: Path, rows: pl.DataFrame, matrix: Any) -> None:
    index = ChromaIndex.create(folder)
    for at in range(0, rows.height, _CHROMA_STEP):
        step = rows.slice(at, _CHROMA_STEP)
        index.add(step["chunk"].to_list(), matrix[at : at + step.height], step["audience"].to_list())
        _say("chroma", at + step.height)


def _immutable(folder: Path) -> dict[str, str]:
    """Return hashes of the files that nobody changes by opening them; Chroma's SQLite is not one of these."""
    return {
        name: sha for name, sha in hash_files(folder).items() if not name.startswith("chroma/") and ".lock" not in name
    }


def _say(stage: str, done: int) -> None:
    print(json.dumps({"stage": stage, "done": done}), flush=True)  # noqa: T201 - this process speaks by its output


def main() -> None:
    """Run `build` or `audit` as the first argument says; the second is JSON with the rest."""
    end_with_parent()
    task = json.loads(sys.argv[2])
    folder, lake = Path(task["folder"]), Lake(task["lake"])
    if sys.argv[1] == "build":
        build(folder, lake, task["encoders"])
    else:
        # Audited is a copy: opening Chroma writes to its files, and what is published was never opened again.
        copy = folder.with_name(f"{folder.name}-audit")
        shutil.copytree(folder, copy)
        findings = audit(copy, set(index_rows(lake)["chunk"]), task["budget"])
        shutil.rmtree(copy)
        print(json.dumps({"findings": [[f.check, f.message] for f in findings]}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
