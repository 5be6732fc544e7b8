"""What the gate costs beside parsing: the time of both stages in one run, and memory for a third and for all of a corpus.

    python -m benchmarks.corpus FOLDER... [--only .html] [--rounds 2]

Each round is a process of its own with an empty home: it discovers, parses and accepts the files, and prints seconds.
"Accept" is the whole stage: examination, likeness, relations, and every table written. Rounds of the third and of the
whole take turns. Processor seconds, of a stage's own process and those it started, hold on a busy machine too. Memory is the peak of the process itself and of the largest process that it started.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from gristmill.corpus.acceptance import accept_documents
from gristmill.corpus.discover import StampCache, discover
from gristmill.corpus.parse import parse_documents
from gristmill.corpus.report import Silent
from gristmill.errors import GateError
from gristmill.settings import Settings, SourceSettings
from gristmill.storage.tables import DOCUMENTS
from gristmill.workspace import Workspace


@dataclass(frozen=True)
class Round:
    """Seconds of the two stages by the clock and of the processor, and peaks in MB."""

    documents: int
    characters: int
    parse: float
    accept: float
    parse_work: float
    accept_work: float
    own_mb: int
    worker_mb: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--only", default="", help="Only files with this ending.")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--here", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(asdict(_round(_files(arguments.folders, arguments.only), arguments.here))))
        return
    print("documents  characters    clock: parse  accept  ratio    processor: parse  accept  ratio    MB: own, worker")
    for _ in range(arguments.rounds):
        for share in (3, 1):
            _print(_elsewhere(share))


def _elsewhere(share: int) -> Round:
    command = [sys.executable, "-m", "benchmarks.corpus", *sys.argv[1:], "--here", str(share)]
    return Round(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def _print(one: Round) -> None:
    print(
        f"{one.documents:9,}  {one.characters:10,}  {one.parse:13.1f}  {one.accept:6.1f}  {one.accept / one.parse:5.2f}"
        f"  {one.parse_work:17.1f}  {one.accept_work:6.1f}  {one.accept_work / one.parse_work:5.2f}"
        f"  {one.own_mb:9,}, {one.worker_mb:,}",
        flush=True,
    )


def _files(folders: list[Path], ending: str) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob(f"*{ending}") if path.is_file())


def _round(files: list[Path], share: int) -> Round:
    """One round over each so-manieth file."""
    with tempfile.TemporaryDirectory() as name:
        home, folder = Path(name) / "home", Path(name) / "documents"
        folder.mkdir()
        for number, path in enumerate(files[::share]):
            (folder / f"{number:05}-{path.name}").write_bytes(path.read_bytes())
        settings = Settings(root=home.parent, home=home, sources=(SourceSettings(location=str(folder)),))
        return _measured(Workspace(settings))


def _measured(workspace: Workspace) -> Round:
    lake, settings, sources = workspace.lake, workspace.settings, workspace.sources()
    discover(lake, sources, StampCache(workspace.home / "cache" / "stamps.json"), Silent(), allow_empty=True)
    started, idle = time.perf_counter(), _work()
    parse_documents(lake, sources, settings.parser, Silent())
    parsed, parse_work = time.perf_counter(), _work()
    try:
        accept_documents(lake, settings, workspace.pseudonym_key, Silent())
    except GateError as error:
        print(error, file=sys.stderr)
    accepted, accept_work = time.perf_counter(), _work()
    ledger = lake.read(DOCUMENTS, ["characters"])
    own, workers = (
        resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return Round(
        ledger.height,
        int(ledger["characters"].sum()),
        parsed - started,
        accepted - parsed,
        parse_work - idle,
        accept_work - parse_work,
        own,
        workers,
    )


def _work() -> float:
    """Processor seconds so far, with those of ended children."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


if __name__ == "__main__":
    main()
