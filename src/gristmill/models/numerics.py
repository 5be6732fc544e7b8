"""What a vector depends on beside weights and text: the libraries that compute it, and the processor.

Read without loading any of them. Nothing here decides what follows from a change.
"""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gristmill.fingerprint import fingerprint

_PROCESSOR = Path("/proc/cpuinfo")


def numerics_of(weights: Path, *packages: str) -> str:
    """Return the hash of a weights file's state, of packages' versions and of the processor."""
    try:
        state = weights.stat()
    except OSError:
        return ""
    return fingerprint(state.st_size, state.st_mtime_ns, [_version(package) for package in packages], _processor())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


@cache
def _processor() -> str:
    """Return what the processor can do: kernels are chosen by it."""
    try:
        lines = _PROCESSOR.read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())
