"""Real parsing processes: what hangs, crashes or eats memory costs its own document and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse_reply import Limits
from gristmill.corpus.workers import Job, Worker, parse_all
from gristmill.errors import SourceError
from tests.processes import children, is_alive, wait_until

LIMITS = Limits(memory_mb=1024, max_characters=1_000_000, ocr=False, ocr_languages=("eng",))


def job(key: str, data: bytes = b"text", before: Callable[[], object] = lambda: None) -> Job:
    def read() -> bytes:
        before()
        return data

    return Job(key, "text/plain", read)


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(LIMITS, seconds=60)
    yield worker
    worker.stop()


def worker_process() -> int:
    """Return the one parsing process that this process has."""
    (found,) = [pid for pid in children(os.getpid()) if "parse_worker" in Path(f"/proc/{pid}/cmdline").read_text()]
    return found


def test_a_worker_reads_one_document_after_another_in_one_process(worker: Worker) -> None:
    assert worker.parse(job("a", b"one")).text == "one"
    first = worker_process()
    assert worker.parse(job("b", b"two")).text == "two"
    assert worker_process() == first


def test_a_document_that_hangs_is_given_up_and_the_next_is_read() -> None:
    worker = Worker(LIMITS, seconds=3)
    worker.parse(job("first"))
    hung = worker_process()
    reply = worker.parse(job("hangs", before=lambda: os.kill(hung, signal.SIGSTOP)))
    assert (reply.outcome, reply.reason) == (Outcome.TIMED_OUT, "It took longer than 3 s to read.")
    assert not is_alive(hung)
    assert worker.parse(job("next", b"next")).text == "next"
    worker.stop()


def test_a_large_document_for_a_worker_that_hangs_is_given_up_too() -> None:
    worker = Worker(LIMITS, seconds=3)
    worker.parse(job("first"))
    hung = worker_process()
    larger_than_a_pipe = b"x" * 1_000_000
    reply = worker.parse(job("hangs", larger_than_a_pipe, before=lambda: os.kill(hung, signal.SIGSTOP)))
    assert reply.outcome == Outcome.TIMED_OUT
    assert worker.parse(job("next", b"next")).text == "next"
    worker.stop()


def test_a_document_that_crashes_its_parser_is_a_reply_with_the_signal_and_the_next_is_read(worker: Worker) -> None:
    worker.parse(job("first"))
    process = worker_process()

    def crash_soon() -> None:
        os.kill(process, signal.SIGSTOP)  # so that it is at this document when it dies
        threading.Timer(0.3, os.kill, (process, signal.SIGKILL)).start()

    reply = worker.parse(job("crashes", before=crash_soon))
    assert reply.outcome == Outcome.CRASHED
    assert "signal 9" in reply.reason
    assert worker.parse(job("next", b"next")).text == "next"


def test_a_worker_killed_between_documents_costs_nothing(worker: Worker) -> None:
    worker.parse(job("first"))
    process = worker_process()
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: not is_alive(process))
    assert worker.parse(job("next", b"next")).text == "next"


def test_a_document_that_eats_memory_is_a_reply_and_the_next_is_read() -> None:
    worker = Worker(Limits(128, 1_000_000_000, ocr=False, ocr_languages=()), seconds=60)
    reply = worker.parse(job("eats", b"x" * 120_000_000))
    assert reply.outcome in {Outcome.TOO_LARGE, Outcome.CRASHED}
    assert reply.reason
    assert worker.parse(job("next", b"next")).text == "next"
    worker.stop()


def test_a_document_that_cannot_be_read_from_its_source_is_a_reply(worker: Worker) -> None:
    def gone() -> None:
        raise SourceError("a.md is gone.")

    reply = worker.parse(job("gone", before=gone))
    assert (reply.outcome, reply.reason) == (Outcome.UNREADABLE, "a.md is gone.")


def test_a_file_system_that_raises_its_own_error_costs_one_document(worker: Worker) -> None:
    def refuse() -> None:
        raise RuntimeError("the bucket says no")

    reply = worker.parse(job("refused", before=refuse))
    assert reply.outcome == Outcome.UNREADABLE
    assert "the bucket says no" in reply.reason


def test_a_stopped_worker_leaves_no_process(worker: Worker) -> None:
    worker.parse(job("first"))
    process = worker_process()
    worker.stop()
    assert not is_alive(process)


def test_every_job_has_one_reply_whatever_happens_to_the_workers() -> None:
    def kill_all() -> None:
        for pid in children(os.getpid()):
            with suppress(OSError):  # another job may have killed it just now
                if "parse_worker" in Path(f"/proc/{pid}/cmdline").read_text():
                    os.kill(pid, signal.SIGKILL)

    jobs = [job(str(n), str(n).encode(), kill_all if n % 7 == 3 else lambda: None) for n in range(40)]
    replies = [(one.key, reply) for one, reply in parse_all(jobs, LIMITS, seconds=60, workers=2)]
    assert sorted(key for key, _ in replies) == sorted(one.key for one in jobs)
    assert all(reply.text == key for key, reply in replies if reply.outcome == Outcome.PARSED)
    assert {reply.outcome for _, reply in replies} <= {Outcome.PARSED, Outcome.CRASHED}


def test_no_process_is_left_when_all_is_parsed() -> None:
    before = children(os.getpid())
    assert len(list(parse_all([job("a"), job("b"), job("c")], LIMITS, seconds=60, workers=2))) == 3
    assert children(os.getpid()) <= before


def test_no_process_is_left_when_the_rest_is_not_wanted() -> None:
    before = children(os.getpid())
    taken: list[str] = []
    jobs = [job(str(n), before=lambda: taken.append("")) for n in range(500)]
    replies = parse_all(jobs, LIMITS, seconds=60, workers=2)
    next(iter(replies))
    wait_until(lambda: len(taken) >= 66)  # by now replies wait to be taken
    replies.close()  # type: ignore[attr-defined]
    assert children(os.getpid()) <= before


@pytest.mark.parametrize("hung", [False, True])
def test_a_killed_run_leaves_no_parsing_process(hung: bool) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from gristmill.corpus.parse_reply import Limits
from gristmill.corpus.workers import Job, parse_all
for _, reply in parse_all([Job("a", "text/plain", lambda: b"a")] * 10**6, Limits(1024, 99, False, ()), 600, 1):
    print(reply.text, flush=True)
"""
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline() == "a\n"
    workers = children(run.pid)
    assert workers
    if hung:
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
    run.kill()
    run.communicate()
    wait_until(lambda: not any(is_alive(worker) for worker in workers))


def test_jobs_are_read_as_they_are_needed_and_not_all_at_once() -> None:
    taken = []

    def jobs() -> Iterator[Job]:
        for number in range(1_000):
            taken.append(number)
            yield job(str(number))

    replies = parse_all(jobs(), LIMITS, seconds=60, workers=2)
    next(iter(replies))
    assert len(taken) < 200
    replies.close()  # type: ignore[attr-defined]
