"""Work that takes a processor for a while: a few threads, and a bounded queue before them.

Work comes in parts. The first part of what is new goes before the rest of what has begun, so passages, and answers that
were kept, come at once while others wait for their words. What has begun is finished in the order of its coming.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from queue import Empty, PriorityQueue
from typing import Any, TypeVar

from gristmill.service import metrics
from gristmill.service.problems import ProblemError
from gristmill.settings import LimitSettings

T = TypeVar("T")
_BUSY_SECONDS = 5


@dataclass(order=True)
class _Job:
    """One piece of work: compared by whether it has begun, then by when it came."""

    begun: bool
    number: int
    work: Callable[[], Iterator[Any]] = field(compare=False)
    put: Callable[[object], None] = field(compare=False)
    end: Callable[[BaseException | None], None] = field(compare=False)
    pauses: Callable[[Any], bool] = field(compare=False)
    parts: Iterator[Any] | None = field(default=None, compare=False)

    def go_on(self) -> bool:
        """Do what comes up to the next pause, and say whether there may be more."""
        try:
            if self.parts is None:
                self.parts = self.work()
            for part in self.parts:
                self.put(part)
                if self.pauses(part):
                    self.begun = True
                    return True
            self.end(None)
        except BaseException as error:  # noqa: BLE001 - it is raised again where somebody waits for it
            self.end(error)
        return False


class Turns:
    """Who is at work, and who waits."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="answering")
        self._jobs: PriorityQueue[_Job] = PriorityQueue()
        self._numbers = count()
        self._stopping = False
        self.taken = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, when its turn has come.

        Raises:
            ProblemError: too many wait, or it took too long.
        """
        # To its end, which nobody else goes before: only then is its place free for the next one.
        results = [result async for result in self.stream(lambda: iter([work()]), lambda _: False)]
        return results[0]

    async def stream(
        self, work: Callable[[], Iterator[T]], pauses: Callable[[T], bool] = lambda _: True
    ) -> AsyncIterator[T]:
        """Yield what `work` yields, as soon as it does.

        Args:
            work: makes its parts.
            pauses: says whether others may go first after a part; by default after each.

        Raises:
            ProblemError: too many wait, or it took too long.
        """
        self._enter()
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Any] = asyncio.Queue()

        def put(item: object) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, item)

        def end(error: BaseException | None) -> None:
            loop.call_soon_threadsafe(self._leave)
            put(error)

        self._jobs.put(_Job(False, next(self._numbers), work, put, end, pauses))
        self._threads.submit(self._turn)
        deadline = loop.time() + self._limits.seconds
        while True:
            try:
                item = await asyncio.wait_for(queue.get(), deadline - loop.time())
            except TimeoutError:
                raise ProblemError(
                    HTTPStatus.GATEWAY_TIMEOUT, f"No answer within {self._limits.seconds:.0f} s.", "Ask again."
                ) from None
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def stop(self) -> None:
        """Let what has begun finish, send away what has not, and take in no more."""
        self._stopping = True
        self._threads.shutdown(wait=True)

    def _turn(self) -> None:
        """Do a part of what is first in the queue; each of these calls stands for one that waits there."""
        try:
            job = self._jobs.get_nowait()
        except Empty:  # taken by one that finished what was left
            return
        if self._stopping and not job.begun:
            job.end(ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "The service is stopping.", "Ask again in a moment."))
            return
        while job.go_on():
            if not self._stopping:
                self._jobs.put(job)
                try:
                    self._threads.submit(self._turn)
                except RuntimeError:  # the threads take in no more: this one does what is left
                    self._stopping = True
                    self._finish()
                return

    def _finish(self) -> None:
        """Do what is left in the queue, to its end."""
        while not self._jobs.empty():
            self._turn()

    def _enter(self) -> None:
        if self.taken >= self._limits.at_once + self._limits.waiting:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{self.taken} questions are waiting already.",
                "Try again in a moment.",
                {"Retry-After": str(_BUSY_SECONDS)},
            )
        self._count(1)

    def _leave(self) -> None:
        self._count(-1)

    def _count(self, more: int) -> None:
        self.taken += more
        metrics.taken(self.taken)
