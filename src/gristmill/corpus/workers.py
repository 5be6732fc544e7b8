"""A few parsing processes, each watched by a thread: limits their time, restarts them, passes documents and replies.

A worker that is killed, crashes or hangs costs its document one try and nothing else.
"""

from __future__ import annotations

import json
import queue
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import IO

from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse_worker import Limits, Reply, reply_of
from gristmill.errors import SourceError

_WAITING_REPLIES = 64


@dataclass(frozen=True)
class Job:
    """One document to parse; its bytes are read when its turn comes."""

    key: str
    media_type: str
    read: Callable[[], bytes]


class Worker:
    """One parsing process, started when first needed."""

    def __init__(self, limits: Limits, seconds: float) -> None:
        self._command = [sys.executable, "-m", "gristmill.corpus.parse_worker", json.dumps(asdict(limits))]
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def parse(self, job: Job) -> Reply:
        """Return what became of one document; never raises for anything the document does."""
        try:
            data = job.read()
        except SourceError as error:
            return Reply(Outcome.UNREADABLE, error.message)
        try:
            return self._ask(job, data)
        except TimeoutError:
            self.stop()
            return Reply(Outcome.TIMED_OUT, f"It took longer than {self._seconds:g} s to read.", seconds=self._seconds)
        except (OSError, ValueError) as error:
            return Reply(Outcome.CRASHED, f"The parser ended while reading it ({self._last_words(error)}).")

    def stop(self) -> None:
        """Kill the process; the next document starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, job: Job, data: bytes) -> Reply:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = time.monotonic() + self._seconds
        request = {"media_type": job.media_type, "bytes": len(data)}
        process.stdin.write(json.dumps(request).encode() + b"\n" + data)
        process.stdin.flush()
        fields = json.loads(_read_line(process.stdout, deadline))
        return reply_of(fields)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._process

    def _last_words(self, error: Exception) -> str:
        code = None if self._process is None else self._process.wait()
        self._process = None
        return f"signal {-code}" if code is not None and code < 0 else f"{type(error).__name__}, exit code {code}"


def parse_all(jobs: Iterable[Job], limits: Limits, seconds: float, workers: int) -> Iterator[tuple[Job, Reply]]:
    """Yield each job with its reply, in the order they are done, holding only a few in memory."""
    waiting = iter(jobs)
    lock = threading.Lock()
    replies: queue.Queue[tuple[Job, Reply] | None] = queue.Queue(_WAITING_REPLIES)
    stopped = threading.Event()

    def work(worker: Worker) -> None:
        try:
            while not stopped.is_set():
                with lock:
                    job = next(waiting, None)
                if job is None:
                    break
                replies.put((job, worker.parse(job)))
        finally:
            worker.stop()
            replies.put(None)

    crew = [Worker(limits, seconds) for _ in range(workers)]
    threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in crew]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            yield from iter(replies.get, None)
    finally:
        stopped.set()


def _read_line(stream: IO[bytes], deadline: float) -> bytes:
    """Read one line from a pipe, piece by piece, giving up at `deadline`."""
    pieces: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not pieces or not pieces[-1].endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            piece = stream.read1(1 << 20)  # type: ignore[attr-defined]
            if not piece:
                raise OSError("the pipe ended")
            pieces.append(piece)
    return b"".join(pieces)
