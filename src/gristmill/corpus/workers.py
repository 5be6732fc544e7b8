"""A few parsing processes, each watched by a thread: limits their time, restarts them, passes documents and replies.

A worker that is killed, crashes or hangs costs its document one try and nothing else.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass

from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse_reply import Limits, Reply, reply_of
from gristmill.errors import SourceError

_WAITING_REPLIES = 64
# A process whose pipe has ended is about to end; how it ended is worth this wait.
_GRACE_SECONDS = 2.0


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
        except Exception as error:  # noqa: BLE001 - a file system of others may raise anything; it is a reason
            return Reply(Outcome.UNREADABLE, f"It cannot be read: {type(error).__name__}: {str(error)[:200]}.")
        process = self._running()
        # Killing is what ends a write into a worker that no longer reads as well as a wait for its answer.
        late = threading.Event()
        watch = threading.Timer(self._seconds, _give_up, (process, late))
        watch.start()
        try:
            return _ask(process, job, data)
        except (OSError, ValueError) as error:
            last_words = self._last_words(error)
        finally:
            watch.cancel()
        if late.is_set():
            return Reply(Outcome.TIMED_OUT, f"It took longer than {self._seconds:g} s to read.", seconds=self._seconds)
        return Reply(Outcome.CRASHED, f"The parser ended while reading it ({last_words}).")

    def kill(self) -> None:
        """Kill the process, from whatever thread; a document it is at has crashed."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """Kill the process and wait for its end; the next document starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._process

    def _last_words(self, error: Exception) -> str:
        """Return how the process ended; one that lives and answers nonsense is killed."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_SECONDS)
        self._process.kill()
        code = self._process.wait()
        self._process = None
        return f"signal {-code}" if code < 0 else f"{type(error).__name__}, exit code {code}"


def _ask(process: subprocess.Popen[bytes], job: Job, data: bytes) -> Reply:
    assert process.stdin is not None
    assert process.stdout is not None
    request = {"media_type": job.media_type, "bytes": len(data)}
    process.stdin.write(json.dumps(request).encode() + b"\n" + data)
    process.stdin.flush()
    line = process.stdout.readline()
    if not line.endswith(b"\n"):
        raise OSError("the pipe ended")
    fields = json.loads(line)
    return reply_of(fields)


def _give_up(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


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
        for worker in crew:
            worker.kill()
        while any(thread.is_alive() for thread in threads):  # some may be waiting to hand over a reply
            with suppress(queue.Empty):
                replies.get(timeout=0.01)
