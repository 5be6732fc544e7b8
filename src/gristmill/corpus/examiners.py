"""A few examining processes, or none for a little work: the same rows either way, in the same order.

A process that ends early or hangs costs its documents one more try, each alone in a new process; what fails again has
no row, and the next run tries it again. Documents are handed over in small groups, which are screened together.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from gristmill.corpus.policies import SourcePolicy

__all__ = ["Examiners", "examiners"]

# A process is ready after half a second, in which this one would have examined about as much.
_LEAST_BYTES = 4_000_000
_SENT = ("examined_key", "source", "text", "title", "language", "pages", "hidden")
# More documents in a group cost less each, until their arrays no longer fit into the processor's cache.
_GROUP_DOCUMENTS, _GROUP_CHARACTERS = 16, 100_000

Row = dict[str, Any]


class Examiner:
    """One examining process, started when first needed and after its end."""

    def __init__(self, opening: bytes, seconds: float) -> None:
        self._opening, self._seconds = opening, seconds
        self._process: subprocess.Popen[bytes] | None = None

    def examine(self, rows: Sequence[Row]) -> list[Row] | None:
        """The rows of `examined_texts` for some documents, or None if the process ended or took too long."""
        process = self._running()
        watch = threading.Timer(self._seconds, process.kill)
        watch.start()
        try:
            return _asked(process, rows)
        except (OSError, ValueError):
            self.stop()
            return None
        finally:
            watch.cancel()

    def stop(self) -> None:
        """End the process; the next documents start another."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gristmill.corpus.examine_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            with suppress(OSError):  # it ended already, which the first question will tell
                self._process.stdin.write(self._opening)
                self._process.stdin.flush()
            self._process.stdout.readline()  # that it is ready: its own start is not a document's time
        return self._process


def _asked(process: subprocess.Popen[bytes], rows: Sequence[Row]) -> list[Row]:
    assert process.stdin is not None
    assert process.stdout is not None
    request = [{name: row[name] for name in _SENT} for row in rows]
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line.endswith(b"\n"):
        raise OSError("the pipe ended")
    answers: list[Row] = json.loads(line)
    return [answer | {"signature": b64decode(answer["signature"])} for answer in answers]


class Examiners:
    """Examines rows of `parsed_documents`, each with its `examined_key` and `source`."""

    def __init__(self, policies: Mapping[str, SourcePolicy], key: bytes, processes: int, seconds: float = 60.0) -> None:
        self._policies, self._key = policies, key
        fields = {name: policy.as_fields() for name, policy in policies.items()}
        opening = json.dumps({"policies": fields, "key": key.hex()}).encode() + b"\n"
        self._crew = [Examiner(opening, seconds) for _ in range(processes)]
        self._free: queue.SimpleQueue[Examiner] = queue.SimpleQueue()
        for examiner in self._crew:
            self._free.put(examiner)
        self._threads = ThreadPoolExecutor(max(1, processes))

    def rows(self, parsed: Iterable[Row]) -> Iterator[Row | None]:
        """The rows of `examined_texts`, in the order of `parsed`, of which all are held in memory.

        None stands for a document that no process could examine.
        """
        groups = _groups(parsed)
        examined = self._threads.map(self._away, groups) if self._crew else map(self._here, groups)
        for rows in examined:
            yield from rows

    def stop(self) -> None:
        """End the processes."""
        self._threads.shutdown(cancel_futures=True)
        for examiner in self._crew:
            examiner.stop()

    def _here(self, rows: Sequence[Row]) -> Sequence[Row | None]:
        # Most runs find nothing to examine, and hundreds of patterns would be compiled for it.
        from gristmill.corpus.examined import examined_rows

        return examined_rows(rows, self._policies, self._key)

    def _away(self, rows: Sequence[Row]) -> Sequence[Row | None]:
        examiner = self._free.get()
        try:
            examined = examiner.examine(rows)
            return [_only(examiner.examine([row])) for row in rows] if examined is None else examined
        finally:
            self._free.put(examiner)


def _only(rows: Sequence[Row] | None) -> Row | None:
    return rows[0] if rows else None


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in order, in small groups; a long text is a group of its own."""
    group: list[Row] = []
    characters = 0
    for row in rows:
        size = len(row["text"] or "")
        if group and (len(group) == _GROUP_DOCUMENTS or characters + size > _GROUP_CHARACTERS):
            yield group
            group, characters = [], 0
        group.append(row)
        characters += size
    if group:
        yield group


@contextmanager
def examiners(
    policies: Mapping[str, SourcePolicy], key: bytes, *, size: int, processes: int, seconds: float = 60.0
) -> Iterator[Examiners]:
    """Examiners for files of so many bytes; a little work, or work for one, is done in this process."""
    crew = Examiners(policies, key, processes if size >= _LEAST_BYTES and processes > 1 else 0, seconds)
    try:
        yield crew
    finally:
        crew.stop()
