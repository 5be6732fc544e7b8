"""Peak memory of building and auditing an index of 10,000 and of 100,000 chunks, or of the whole ingest of as many.

    python -m benchmarks.memory [--home .gristmill] [--sizes 10000 100000]
    python -m benchmarks.memory --ingest [--sizes 10000 100000]

For each of the processes: the most resident memory it ever had, as the kernel counts it. Chunks are made up; those of
an ingest are single sentences, so that encoding them ends in minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.ingest import family
from benchmarks.made_up import ENCODER, real_vectors, write_documents, write_lake

_LOOK_SECONDS = 0.1
_NEARLY = 0.25  # share by which the chunks may miss what was wanted

_ONE = """
import json, sys, time
from pathlib import Path
from gristmill.storage.lake import Lake
kind, folder, lake = sys.argv[1:4]
began = time.perf_counter()
if kind == "build":
    from gristmill.search.building import BuildOptions, build
    build(Path(folder), Lake(lake), [sys.argv[4]], BuildOptions(approximate=sys.argv[5] == "chroma"))
elif kind == "audit":
    from gristmill.search.audit import audit
    from gristmill.search.rows import index_keys
    found = audit(Path(folder), set(index_keys(Lake(lake))["chunk"]), 20_000, Lake(lake))
    assert not found, found
else:
    from gristmill.search.rows import content_hash, index_keys
    content_hash(index_keys(Lake(lake)), [sys.argv[4]])
# Not getrusage: its figure begins with that of the process that started this one.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
print(json.dumps({"mb": round(peak), "seconds": round(time.perf_counter() - began, 2)}))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(".gristmill"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--ingest", action="store_true", help="Everything from files to a published index.")
    parser.add_argument("--chroma", action="store_true", help="With a Chroma collection.")
    arguments = parser.parse_args()
    if arguments.ingest:
        most = []
        for size in arguments.sizes:
            seconds, held = _ingested(size)
            most.append(max(held.values()))
            parts = ", ".join(f"{name} {mb} MB" for name, mb in sorted(held.items(), key=lambda each: -each[1]))
            print(f"{size:>9,} chunks  {seconds:>7.1f} s  {parts}", flush=True)
        print(f"the largest process: {most[-1] / most[0]:.2f} times")
        return
    like = real_vectors(arguments.home)
    peaks: dict[str, list[int]] = {}
    for size in arguments.sizes:
        with TemporaryDirectory() as scratch:
            lake, folder = f"{scratch}/lake", Path(scratch, "version")
            folder.mkdir()
            write_lake(lake, size, like)
            for kind in ("compare", "build", "audit"):
                found = _measure(kind, folder, lake, "chroma" if arguments.chroma else "exact")
                peaks.setdefault(kind, []).append(found["mb"])
                print(f"{size:>9,} chunks  {kind:<8} {found['mb']:>6} MB {found['seconds']:>8.1f} s", flush=True)
    for kind, (least, *_, most) in ((k, v) for k, v in peaks.items() if len(v) > 1):
        print(f"{kind}: {most / least:.2f} times")


def _measure(kind: str, folder: Path, lake: str, chroma: str) -> dict[str, int]:
    command = [sys.executable, "-c", _ONE, kind, str(folder), lake, ENCODER, chroma]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _ingested(size: int) -> tuple[float, dict[str, int]]:
    """Ingest so many chunks; return the seconds, and the most that a process of each kind ever held, in MB."""
    quiet = {"GRISTMILL_SEARCH__BRIDGE": "false", "GRISTMILL_CHUNKER__TOKENS": "16",
             "GRISTMILL_CHUNKER__CONTEXT_TOKENS": "0", "GRISTMILL_CORPUS__MAX_BAD_SHARE": "1"}  # fmt: skip
    with TemporaryDirectory() as scratch:
        write_documents(Path(scratch, "documents"), size)
        home = {"GRISTMILL_HOME": f"{scratch}/home", "GRISTMILL_SETTINGS": f"{scratch}/none.toml"}
        Path(scratch, "none.toml").write_text("")
        command = [sys.executable, "-m", "gristmill.cli", "ingest", f"{scratch}/documents", "--json"]
        began = time.perf_counter()
        with Path(scratch, "said").open("w") as said:
            process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=os.environ | quiet | home)
            held: dict[str, int] = {}
            while process.poll() is None:
                for pid in family(process.pid):
                    name = "ingest" if pid == process.pid else _kind(pid)
                    held[name] = max(held.get(name, 0), _memory(pid))
                time.sleep(_LOOK_SECONDS)
        if process.returncode:
            raise SystemExit(Path(scratch, "said").read_text()[-2_000:])
        stages = {s["stage"]: s["numbers"] for s in json.loads(Path(scratch, "said").read_text())["stages"]}
        assert abs(stages["search_index"]["chunks"] / size - 1) < _NEARLY, stages
        return time.perf_counter() - began, held


def _memory(pid: int) -> int:
    """Return the most memory that a process ever had, in MB; 0 where it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return 0


def _kind(pid: int) -> str:
    """Return what a process of ours was started for: the last words of its command."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:  # it has ended
        return "ended"
    return " ".join(word.rsplit(".", 1)[-1] for word in words[-3:] if word and not word.startswith(("-", "/", "{")))


if __name__ == "__main__":
    main()
