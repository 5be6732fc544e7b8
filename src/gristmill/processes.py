"""What the processes that Gristmill starts have in common: they end with the one that started them."""

from __future__ import annotations

import ctypes
import signal
import sys

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_ADOPT = 36  # PR_SET_CHILD_SUBREAPER


def end_with_parent(by: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel end this process, by a signal, when the thread that started it ends, even by a kill."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, by)


def adopt_orphans() -> None:
    """Become the parent of what descends from this process, when its own parent ends before it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT, 1)
