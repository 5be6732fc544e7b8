"""Writes the lock files: what is resolved, for which Pythons, and what stays out of them. Run by `make lock`.

Nothing here installs anything; that is setup.py.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# setup.py chooses the build of torch by the machine, and a CUDA build brings these with it.
CHOSEN_BY_SETUP = re.compile(r"^(torch|triton|nvidia-.*|cuda-.*)$")
# The marker by which pyproject.toml's overrides leave a dependency out.
LEFT_OUT = "sys_platform == 'never'"


def main() -> int:
    """Write requirements.lock, then requirements-dev.lock on top of it."""
    write_lock("requirements.lock", ["pyproject.toml", "--group", "build"])
    write_lock("requirements-dev.lock", ["--group", "dev", "--constraints", "requirements.lock"])
    return 0


def write_lock(name: str, sources: list[str]) -> None:
    """Resolve `sources` for every supported Python on Linux and macOS and write them, pinned and hashed, as `name`.

    Raises:
        subprocess.CalledProcessError: uv found no solution, and said why.
    """
    # uv keeps the pins of an existing output file, unless this script is called with --upgrade.
    options = ["--output-file", name, "--quiet", "--universal", "--python-version", lowest_python(), *sys.argv[1:]]
    looks = ["--generate-hashes", "--no-emit-index-url", "--custom-compile-command", "make lock"]
    subprocess.run([sys.executable, "-m", "uv", "pip", "compile", *sources, *options, *looks], cwd=ROOT, check=True)
    lock = ROOT / name
    kept = [entry for entry in entries(lock.read_text("utf-8")) if is_kept(entry)]
    lock.write_text("".join(kept), "utf-8")
    print(f"{name}: {sum('==' in entry for entry in kept)} packages")


def lowest_python() -> str:
    """The oldest Python that pyproject.toml supports, such as `3.11`."""
    found = re.search(r'requires-python = ">=([\d.]+)', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert found, 'pyproject.toml must have requires-python = ">=..."'
    return found[1]


def entries(lock: str) -> Iterator[str]:
    """The parts of a lock file: its opening comment, then a package each with its hashes and reasons."""
    entry = ""
    for line in lock.splitlines(keepends=True):
        if line[0].isalnum() and entry:
            yield entry
            entry = ""
        entry += line
    yield entry


def is_kept(entry: str) -> bool:
    """Whether this part of a lock file is for `pip install --no-deps`."""
    requirement = entry.partition("\n")[0]
    return LEFT_OUT not in requirement and not CHOSEN_BY_SETUP.match(requirement.partition("==")[0])


if __name__ == "__main__":
    sys.exit(main())
