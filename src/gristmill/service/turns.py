"""Work that takes a processor for a while: a few threads, and a bounded queue before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

from gristmill.service import metrics
from gristmill.service.problems import ProblemError
from gristmill.settings import LimitSettings

T = TypeVar("T")
_BUSY_SECONDS = 5


class Turns:
    """Who is at work, and who waits."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="answering")
        self.taken = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, when its turn has come.

        Raises:
            ProblemError: too many wait, or it took too long.
        """
        async for result in self.stream(lambda: iter([work()])):
            return result
        raise AssertionError("one result comes")

    async def stream(self, work: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
        """Yield what `work` yields, as soon as it does.

        Raises:
            ProblemError: too many wait, or it took too long.
        """
        self._enter()
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[T | BaseException | None] = asyncio.Queue()

        def put(item: T | BaseException | None) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, item)

        def do() -> None:
            end: BaseException | None = None
            try:
                for item in work():
                    put(item)
            except BaseException as error:  # noqa: BLE001 - it is raised again where somebody waits for it
                end = error
            loop.call_soon_threadsafe(self._leave)
            put(end)

        self._threads.submit(do)
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
        """Let those at work finish, and take in no more."""
        self._threads.shutdown(wait=True, cancel_futures=True)

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
