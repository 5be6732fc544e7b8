"""Runs the project's checks, all of them, and sums up which failed. Run by `make lint` and `make test`.

A check that passes prints its heading and seconds; its output is shown when it fails. The tests print as they run.
What a check looks at and by which rules is in pyproject.toml.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

# A quarter of the time goes into waiting for processes, so one worker more than there are cores; each may hold the
# models, so there are few. A file stays with one worker, since its tests share what they set up; in the order of their
# names, the long ones come early.
PARALLEL = ["-n", str(min(4, (os.cpu_count() or 2) + 1)), "--dist", "loadfile", "--no-loadscope-reorder"]

CHECKS: dict[str, list[str]] = {
    "style": ["ruff", "check", "--quiet", "."],
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "types": ["mypy"],
    "imports": ["lint-imports", "--no-logo"],
    "tests": ["pytest", "-q", "--durations=20", *PARALLEL],
}
SHOWN_WHILE_RUNNING = {"tests"}


def main(names: list[str]) -> int:
    """Run the named checks; 1 if any failed."""
    unknown = sorted(set(names) - set(CHECKS))
    if unknown or not names:
        print(f"usage: check.py {' '.join(CHECKS)}: any of these, not {' '.join(unknown) or 'none'}", file=sys.stderr)
        return 2
    failed = [name for name in names if not passes(name)]
    print(f"\nFAILED: {', '.join(failed)}" if failed else f"\nAll passed: {', '.join(names)}")
    return 1 if failed else 0


def passes(name: str) -> bool:
    """Run one check and print its outcome."""
    program, *arguments = CHECKS[name]
    shown = name in SHOWN_WHILE_RUNNING
    print(f"==> {name}: {' '.join(CHECKS[name])}", end="\n" if shown else " ... ", flush=True)
    started = time.monotonic()
    done = subprocess.run([BIN / program, *arguments], cwd=ROOT, text=True, capture_output=not shown)
    if not shown:
        print(f"{'passed' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s", flush=True)
        if done.returncode:
            print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
