"""A small search index with many audiences, built in this process from documents that are made up here."""

from __future__ import annotations

import random
from pathlib import Path

from gristmill.search.building import build
from gristmill.search.version import IndexVersion
from tests.workspaces import grind, source, workspace_at, write

GROUPS = ("everyone", "hr", "hr-board", "board", "h", "service", "it", "it.desk")
AUDIENCES = ((), ("everyone",), ("hr",), ("hr-board",), ("board", "hr"), ("h",), ("it", "service"), ("it.desk",))
WORDS = ("wheel", "sluice", "bearing", "oil", "weir", "pay", "leave", "torque", "spring", "river", "stone", "flour")
DOCUMENTS_PER_AUDIENCE = 6


def build_index(root: Path) -> IndexVersion:
    """Write, ingest and index documents for each audience; those of audience 3 lie in the folder `3/`."""
    draw = random.Random(7)
    files: dict[str, str | bytes] = {
        f"{audience}/{number}.md": " ".join(draw.choices(WORDS, k=draw.randint(20, 400)))
        for audience in range(len(AUDIENCES))
        for number in range(DOCUMENTS_PER_AUDIENCE)
    }
    rules = tuple({"pattern": f"{n}/**", "groups": groups} for n, groups in enumerate(AUDIENCES))
    folder = write(root / "documents", files)
    workspace = workspace_at(root / "home", source(folder, audience=rules))
    grind(workspace)
    version = root / "version"
    version.mkdir()
    build(version, workspace.lake, [workspace.encoder.fingerprint])
    return IndexVersion(version)
