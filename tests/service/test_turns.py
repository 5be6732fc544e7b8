"""Whose turn it is: what is new shows its passages first, what has begun is finished in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from gristmill.service.problems import ProblemError
from gristmill.service.turns import Turns
from gristmill.settings import LimitSettings


def one_at_a_time() -> Turns:
    return Turns(LimitSettings(at_once=1, waiting=8, seconds=20))


def parts(
    name: str, done: list[str], first: Event | None = None, last: Event | None = None
) -> Callable[[], Iterator[str]]:
    """Return work of three parts, which writes down each; the first and the last may have to wait."""

    def work() -> Iterator[str]:
        for number, wait in enumerate((first, None, last), start=1):
            if wait is not None:
                assert wait.wait(10)
            done.append(f"{name}{number}")
            yield f"{name}{number}"

    return work


async def all_of(turns: Turns, work: Callable[[], Iterator[str]]) -> list[str]:
    return [part async for part in turns.stream(work)]


def test_the_first_part_of_what_is_new_goes_before_the_rest_of_what_has_begun() -> None:
    async def scene() -> None:
        turns, done, go = one_at_a_time(), list[str](), Event()
        asked = [asyncio.create_task(all_of(turns, parts(name, done, go if name == "a" else None))) for name in "abc"]
        while turns.taken < 3:
            await asyncio.sleep(0.01)
        go.set()
        assert await asyncio.gather(*asked) == [[f"{name}{n}" for n in (1, 2, 3)] for name in "abc"]
        assert done == ["a1", "b1", "c1", "a2", "a3", "b2", "b3", "c2", "c3"]
        assert turns.taken == 0
        turns.stop()

    asyncio.run(scene())


def test_what_has_no_pause_is_done_in_one_go() -> None:
    async def scene() -> None:
        turns, done, go = one_at_a_time(), list[str](), Event()

        async def without_pauses(work: Callable[[], Iterator[str]]) -> list[str]:
            return [part async for part in turns.stream(work, lambda part: part == "a1")]

        asked = [asyncio.create_task(without_pauses(parts(name, done, go if name == "a" else None))) for name in "ab"]
        while turns.taken < 2:
            await asyncio.sleep(0.01)
        go.set()
        await asyncio.gather(*asked)
        assert done == ["a1", "b1", "b2", "b3", "a2", "a3"]
        turns.stop()

    asyncio.run(scene())


def test_an_error_in_a_later_part_comes_to_whoever_waits_and_frees_the_place() -> None:
    def work() -> Iterator[str]:
        yield "passages"
        raise KeyError("lost")

    async def scene() -> None:
        turns = one_at_a_time()
        found = turns.stream(work)
        assert await anext(found) == "passages"
        with pytest.raises(KeyError):
            await anext(found)
        assert await turns.run(lambda: 7) == 7
        assert turns.taken == 0
        turns.stop()

    asyncio.run(scene())


def test_a_place_is_free_when_its_result_is_there() -> None:
    async def scene() -> None:
        for _ in range(50):
            turns = one_at_a_time()
            assert await turns.run(lambda: 7) == 7
            assert turns.taken == 0
            turns.stop()

    asyncio.run(scene())


def test_stopping_finishes_what_has_begun_and_sends_away_what_has_not() -> None:
    async def scene() -> None:
        turns, done, started, go = one_at_a_time(), list[str](), Event(), Event()

        def begun() -> Iterator[str]:
            yield "a1"
            started.set()
            assert go.wait(10)
            yield "a2"
            yield "a3"

        first = asyncio.create_task(all_of(turns, begun))
        await asyncio.to_thread(started.wait, 10)
        second = asyncio.create_task(all_of(turns, parts("b", done)))
        while turns.taken < 2:
            await asyncio.sleep(0.01)
        stopping = asyncio.create_task(asyncio.to_thread(turns.stop))
        while not turns._stopping:
            await asyncio.sleep(0.01)
        go.set()
        assert await first == ["a1", "a2", "a3"]
        with pytest.raises(ProblemError, match="stopping"):
            await second
        await stopping
        assert done == []

    asyncio.run(scene())


def test_what_is_left_when_the_threads_take_in_no_more_is_done_and_what_is_new_is_sent_away() -> None:
    async def scene() -> None:
        turns, done, go = one_at_a_time(), list[str](), Event()
        first = asyncio.create_task(all_of(turns, parts("a", done, go)))
        second = asyncio.create_task(all_of(turns, parts("b", done)))
        while turns.taken < 2:
            await asyncio.sleep(0.01)
        # Just before a part asks for the next turn: nobody has said yet that it stops.
        turns._threads.shutdown(wait=False)
        go.set()
        assert await first == ["a1", "a2", "a3"]
        with pytest.raises(ProblemError, match="stopping"):
            await second
        assert done == ["a1", "a2", "a3"]

    asyncio.run(scene())
