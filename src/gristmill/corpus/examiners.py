"""A few examining processes, or none for a little work: the same rows either way.

A process that ends early costs its documents one examination here, and nothing else.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from gristmill.corpus.examined import document_of, examined_row
from gristmill.corpus.judging import examine
from gristmill.corpus.policies import SourcePolicy

__all__ = ["Examiners", "examiners"]

# A process is ready after half a second, in which this one would have examined about as much.
_LEAST_BYTES = 4_000_000
_SENT = ("examined_key", "source", "text", "title", "language", "pages", "hidden")


class Examiners:
    """Examines rows of `parsed_documents`, each with its `examined_key` and `source`."""

    def __init__(self, policies: Mapping[str, SourcePolicy], key: bytes, processes: int) -> None:
        self._policies, self._key = policies, key
        self._free: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        self._started = [self._start() for _ in range(processes)]
        self._threads = ThreadPoolExecutor(max(1, processes))

    def rows(self, parsed: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows of `examined_texts`, in the order of `parsed`, of which all are held in memory."""
        return self._threads.map(self._away, parsed) if self._started else map(self._here, parsed)

    def stop(self) -> None:
        """End the processes."""
        self._threads.shutdown(cancel_futures=True)
        for process in self._started:
            process.kill()
            process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "gristmill.corpus.examine_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        policies = {name: policy.as_fields() for name, policy in self._policies.items()}
        process.stdin.write(json.dumps({"policies": policies, "key": self._key.hex()}).encode() + b"\n")
        self._free.put(process)
        return process

    def _here(self, row: dict[str, Any]) -> dict[str, Any]:
        return examined_row(row["examined_key"], examine(document_of(row), self._policies[row["source"]], self._key))

    def _away(self, row: dict[str, Any]) -> dict[str, Any]:
        process = self._free.get()
        try:
            answer = _asked(process, row)
        except (OSError, ValueError):
            process.kill()
            return self._here(row)
        finally:
            self._free.put(process)
        return answer | {"signature": b64decode(answer["signature"])}


def _asked(process: subprocess.Popen[bytes], row: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({name: row[name] for name in _SENT}).encode() + b"\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line.endswith(b"\n"):
        raise OSError("the pipe ended")
    answer: dict[str, Any] = json.loads(line)
    return answer


@contextmanager
def examiners(policies: Mapping[str, SourcePolicy], key: bytes, *, size: int, processes: int) -> Iterator[Examiners]:
    """Examiners for files of so many bytes; a little work, or work for one, is done in this process."""
    crew = Examiners(policies, key, processes if size >= _LEAST_BYTES and processes > 1 else 0)
    try:
        yield crew
    finally:
        crew.stop()
