"""Peak memory of building and auditing an index of 10,000 and of 100,000 chunks.

    python -m benchmarks.memory [--home .gristmill] [--sizes 10000 100000]

For each of the processes: the most resident memory it ever had, as the kernel counts it. Chunks are made up.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.made_up import ENCODER, real_vectors, write_lake

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
    parser.add_argument("--chroma", action="store_true", help="With a Chroma collection.")
    arguments = parser.parse_args()
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


if __name__ == "__main__":
    main()
