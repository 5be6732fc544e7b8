"""A real corpus through Gristmill and through other libraries: cold, unchanged, edited, deleted, re-cut, killed.

    apt-get install postgresql-doc-15
    python -m benchmarks.ingest /usr/share/doc/postgresql-doc-15/html --environment FOLDER [--pages 150]

The peers get an environment of their own in FOLDER (made when it is not there), the same encoder and as nearly the same
chunk size as each can set; all run as processes of their own, one after the other. Gristmill runs without its second
encoder. For each scenario: seconds, most memory of one process, texts encoded; then vectors that are stale, doubled or
missing, compared with the program's own cutting of the pages as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import ingest_program
from gristmill.models.catalog import encoder_weights
from gristmill.settings import EncoderSettings

PEERS = ("llamaindex", "haystack", "cocoindex")
PACKAGES = (
    "torch>=2.13,<2.14", "sentence-transformers", "llama-index-core", "llama-index-embeddings-huggingface",
    "llama-index-vector-stores-chroma", "haystack-ai<3", "chroma-haystack<5", "cocoindex", "chromadb==1.5.9",
    "beautifulsoup4", "lxml",
)  # fmt: skip
TOKENS, OTHER_TOKENS = 190, 120
_EDITED_SHARE = 0.01


@dataclass(frozen=True)
class Program:
    """One way of ingesting: how it is started."""

    name: str
    command: Sequence[str]  # followed by mode, folder, state, encoder and tokens
    is_own: bool = False


@dataclass(frozen=True)
class Result:
    """What one program did in one scenario."""

    program: str
    scenario: str
    seconds: float
    peak_mb: int
    embedded: int
    vectors: int
    stale: int
    doubled: int
    missing: int


def main() -> None:
    """Run all scenarios with all programs and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--environment", type=Path, help="Folder of the peers' environment; without: Gristmill alone.")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--pages", type=int, default=150)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    programs = [Program("gristmill", [sys.executable, "-m", "benchmarks.ingest_program"], is_own=True)]
    if arguments.environment is not None:
        python = peers_python(arguments.environment)
        scripts = Path(__file__).parent / "peers"
        programs += [Program(name, [str(python), str(scripts / f"{name}_program.py")]) for name in arguments.peers]
    results = []
    for program in programs:
        with TemporaryDirectory() as scratch:
            try:
                for result in scenarios(program, arguments.corpus, arguments.pages, Path(scratch)):
                    results.append(result)
                    if not arguments.json:
                        show(result)
            except RuntimeError as error:
                # One that cannot be run must not cost the figures of the others.
                print(f"{program.name}: {error}", file=sys.stderr)
    if arguments.json:
        print(json.dumps([asdict(result) for result in results], indent=2))


def peers_python(folder: Path) -> Path:
    """Return the interpreter of the peers' environment, making it first when it is not there."""
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def scenarios(program: Program, corpus: Path, count: int, scratch: Path) -> Iterator[Result]:
    """Run every scenario of one program, on a copy of the first pages."""
    folder, state, killed = scratch / "pages", scratch / "state", scratch / "killed"
    for made in (folder, state, killed):
        made.mkdir()
    every = sorted(corpus.glob("*.html"))
    # Spread over the alphabet: pages that lie together are alike.
    for page in every[:: max(1, len(every) // count)][:count]:
        shutil.copy2(page, folder)  # with its age: a corpus was not written this very second
    names = sorted(path.name for path in folder.iterdir())

    def edit() -> None:
        for name in names[:: max(1, int(1 / _EDITED_SHARE))][: max(1, round(len(names) * _EDITED_SHARE))]:
            page = folder / name
            page.write_text(page.read_text().replace("</body>", "<p>A sentence that was not there before.</p></body>"))

    def delete_and_touch() -> None:
        (folder / names[1]).unlink()
        (folder / names[2]).touch()

    steps: list[tuple[str, Callable[[], object], int]] = [
        ("cold", lambda: None, TOKENS),
        ("unchanged", lambda: None, TOKENS),
        ("1% edited", edit, TOKENS),
        ("one deleted, one touched", delete_and_touch, TOKENS),
        ("chunk size changed", lambda: None, OTHER_TOKENS),
    ]
    half = 0.0
    for name, change, tokens in steps:
        change()
        result = run(program, name, folder, state, tokens)
        half = half or result.seconds / 2
        yield result
    run_until(program, folder, killed, half)
    yield run(program, "killed after half, run again", folder, killed, TOKENS)


def run(program: Program, scenario: str, folder: Path, state: Path, tokens: int) -> Result:
    """Ingest once, measure it, and compare the store with the pages."""
    began = time.perf_counter()
    process = start(program, "ingest", folder, state, tokens)
    output, peak = ended(process)
    seconds = time.perf_counter() - began
    said = answer(process, output)
    encoded = ingest_program.embedded(said) if program.is_own else said["embedded"]
    audited = start(program, "audit", folder, state, tokens)
    found = answer(audited, audited.communicate()[0])
    return Result(program.name, scenario, round(seconds, 2), peak, encoded, **found)


def run_until(program: Program, folder: Path, state: Path, seconds: float) -> None:
    """Start an ingest and kill all its processes after so long."""
    process = start(program, "ingest", folder, state, TOKENS)
    time.sleep(seconds)
    for pid in family(process.pid):
        os.kill(pid, 9)
    process.communicate()


def start(program: Program, mode: str, folder: Path, state: Path, tokens: int) -> subprocess.Popen[str]:
    """Start a program."""
    encoder = _encoder_folder()
    quiet = {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False", "HAYSTACK_TELEMETRY_ENABLED": "False",
             "COCOINDEX_DISABLE_USAGE_TRACKING": "1", "TOKENIZERS_PARALLELISM": "false"}  # fmt: skip
    command = [*program.command, mode, str(folder), str(state), encoder, str(tokens)]
    if program.is_own and mode == "ingest":
        command, quiet = ingest_program.ingesting(), quiet | ingest_program.put_in_force(folder, state, tokens)
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | quiet
    )


@cache
def _encoder_folder() -> str:
    return str(encoder_weights(EncoderSettings()).file.parent)


def answer(process: subprocess.Popen[str], output: str) -> dict[str, Any]:
    """Return what a program told that has ended: in its last line, or in all of them."""
    if process.returncode != 0:
        raise RuntimeError(f"{process.args!r} ended with code {process.returncode}")
    told: dict[str, Any] = json.loads(output if output.startswith("{") else output.splitlines()[-1])
    return told


def ended(process: subprocess.Popen[str]) -> tuple[str, int]:
    """Wait for a program; return what it told and the most memory that it or a descendant had at once, in MB.

    The kernel tells the memory when it is over: whoever looks meanwhile takes time from it.
    """
    assert process.stdout is not None
    output = process.stdout.read()
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return output, used.ru_maxrss // 1024


def family(parent: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [parent]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children") if Path(f"/proc/{pid}").exists() else ():
            found += [int(child) for child in _text(task).split()]
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # the process has ended
        return ""


def show(result: Result) -> None:
    """Print one result."""
    print(f"{result.program:<11} {result.scenario:<29} {result.seconds:>8.2f} s {result.peak_mb:>6} MB "
          f"{result.embedded:>6} embedded {result.vectors:>6} vectors, {result.stale} stale, {result.doubled} doubled, "
          f"{result.missing} missing", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
