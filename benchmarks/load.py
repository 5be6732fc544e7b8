"""How the service does under load: clients that ask the sample's questions, one after another, as long as is said.

    python -m benchmarks.load [--clients 8] [--minutes 10]

Run it in a home with the sample documents. The service is started on a free port of this machine, with its limits out
of the way, and asked over HTTP, streamed: first come the passages, then the whole answer. The first time that a
question is asked it is answered anew, later from the cache. One client tells how long an answer takes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles

import httpx

from benchmarks.questions import questions

_LIMITS = {
    "GRISTMILL_SERVICE__LIMITS__PER_MINUTE": "10000000",
    "GRISTMILL_SERVICE__LIMITS__QUESTIONS_PER_DAY": "10000000",
}


class Log:
    """What the clients saw."""

    def __init__(self) -> None:
        self.failed: Counter[str] = Counter()
        self.passages: list[float] = []  # seconds until the passages of an answer that was not kept
        self.whole: dict[str, list[float]] = defaultdict(list)  # seconds of answers, by their way

    def show(self) -> None:
        """Print."""
        for name, seconds in {"passages of new": self.passages, **self.whole}.items():
            if len(seconds) > 1:
                within = quantiles(seconds, n=20)[-1]
                print(f"{name}: {len(seconds)}, median {median(seconds):.3f} s, 95% within {within:.3f} s")
        print(f"{sum(map(len, self.whole.values()))} answers, {sum(self.failed.values())} failed {dict(self.failed)}")


def main() -> None:
    """Serve, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=10.0)
    arguments = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gristmill.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=os.environ | _LIMITS, stdout=subprocess.DEVNULL) as service:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address, service)
            log, until = Log(), time.monotonic() + 60 * arguments.minutes
            with ThreadPoolExecutor(arguments.clients) as threads:
                asking = [threads.submit(ask_until, address, until, n, log) for n in range(arguments.clients)]
            for done in asking:
                done.result()
            log.show()
        finally:
            service.send_signal(signal.SIGTERM)


def wait_until_ready(address: str, service: subprocess.Popen[bytes]) -> None:
    """Wait until the service answers."""
    while service.poll() is None:
        try:
            if httpx.get(f"{address}/readyz").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise SystemExit("The service ended; see 'gristmill serve'.")


def ask_until(address: str, until: float, number: int, log: Log) -> None:
    """Ask one question after another; each client begins at another place."""
    known = [question.text for split in ("tune", "gate") for question in questions(split)]
    with httpx.Client(base_url=address, timeout=60) as client:
        for question in itertools.islice(itertools.cycle(known), number * 37, None):
            if time.monotonic() >= until:
                return
            try:
                ask(client, question, log)
            except (httpx.HTTPError, ValueError, KeyError) as error:
                log.failed[type(error).__name__] += 1


def ask(client: httpx.Client, question: str, log: Log) -> None:
    """Ask once, streamed, and note how long it took."""
    began, first, answer = time.perf_counter(), 0.0, None
    with client.stream("POST", "/api/ask", json={"question": question, "stream": True}) as response:
        response.raise_for_status()
        event = ""
        for line in response.iter_lines():
            if line.startswith("event:"):
                event = line.removeprefix("event:").strip()
            elif line.startswith("data:") and event == "passages":
                first = time.perf_counter() - began
            elif line.startswith("data:") and event == "done":
                answer = json.loads(line.removeprefix("data:"))
    if answer is None:
        raise ValueError("the stream ended without an answer")
    way = "kept" if answer["cached"] else "refused" if answer["refused"] else "new"
    log.whole[way].append(time.perf_counter() - began)
    if way != "kept":
        log.passages.append(first)


if __name__ == "__main__":
    main()
