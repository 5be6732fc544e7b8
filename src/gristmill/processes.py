"""What the processes that Gristmill starts have in common: they end with the one that started them."""

from __future__ import annotations

import ctypes
import signal
import sys

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def end_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends, even by a kill."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
