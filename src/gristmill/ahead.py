"""What an ingest needs later is got ready beside what it does first, on another core.

Tables are read while libraries are loaded, and what only the last stages need is loaded while the first ones wait for
the disk. Nothing depends on it: what is not ready when it is needed is got then.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from gristmill.errors import GristmillError

if TYPE_CHECKING:
    from gristmill.storage.lake import Lake

# Loaded while the first stages run: what looks into the database, and what follows a new index.
_LATER = ("gristmill.release.registry", "gristmill.release.fast_lane", "gristmill.evaluation.question_set")
# Seconds after which one thread lets another go on: each call out of Python would wait ten times as long by default.
_TURN = 0.0005


@contextmanager
def tables_read(lake: Lake) -> Iterator[None]:
    """Read the small tables beside what the block does; at its end they are read."""
    thread = Thread(target=_read, args=(lake,))
    thread.start()
    try:
        yield
    finally:
        thread.join()


@contextmanager
def modules_loaded() -> Iterator[None]:
    """Load what the last stages need beside what the block does."""
    turn = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    thread = Thread(target=_load)
    thread.start()
    try:
        yield
    finally:
        thread.join()
        sys.setswitchinterval(turn)


def _read(lake: Lake) -> None:
    from gristmill.storage import tables

    # In the order in which they are needed.
    for table in (
        tables.SOURCE_FILES, tables.STAGE_GATES, tables.PARSED, tables.EXAMINED, tables.SIMILAR, tables.TEXTS,
        tables.DOCUMENTS, tables.DATA_RUNS, tables.CHUNKS, tables.EMBEDDINGS,
    ):  # fmt: skip
        with suppress(GristmillError):  # whoever needs the table tells what is wrong with it
            lake.hold(table)


def _load() -> None:
    for name in _LATER:
        with suppress(ImportError):
            import_module(name)
