"""Threads that work for an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from services.relay.transports.workers import Workers

T = TypeVar("T")


def _in_loop(threads: int, work: Callable[[Workers], Awaitable[T]]) -> T:
    async def main() -> T:
        workers = Workers(asyncio.get_running_loop(), threads)
        try:
            return await work(workers)
        finally:
            await asyncio.to_thread(workers.stop)

    return asyncio.run(main())


def test_each_gets_what_its_own_work_came_to() -> None:
    async def many(workers: Workers) -> list[int]:
        return await asyncio.gather(*(workers.run(pow, each, 2) for each in range(500)))

    assert _in_loop(3, many) == [each * each for each in range(500)]


def test_what_is_raised_is_raised_there() -> None:
    async def one(workers: Workers) -> None:
        with pytest.raises(ZeroDivisionError):
            await workers.run(lambda: 1 // 0)
        assert await workers.run(lambda: 1) == 1

    _in_loop(1, one)


def test_so_many_work_at_once_and_no_more() -> None:
    async def together(workers: Workers) -> set[str]:
        meeting = threading.Barrier(3, timeout=20)

        def meet() -> str:
            meeting.wait()
            return threading.current_thread().name

        return set(await asyncio.gather(*(workers.run(meet) for _ in range(6))))

    assert len(_in_loop(3, together)) == 3


def test_work_that_is_given_up_before_its_turn_is_not_done() -> None:
    async def given_up(workers: Workers) -> list[str]:
        begun, go_on, done = threading.Event(), threading.Event(), list[str]()

        def work() -> None:
            begun.set()
            go_on.wait(20)
            done.append("first")

        first = asyncio.create_task(workers.run(work))
        await asyncio.to_thread(begun.wait, 20)
        second = asyncio.create_task(workers.run(done.append, "second"))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        go_on.set()
        await first
        await workers.run(lambda: None)
        return done

    assert _in_loop(1, given_up) == ["first"]


def test_nothing_is_taken_once_they_have_stopped() -> None:
    async def late(workers: Workers) -> None:
        await workers.run(lambda: None)
        await asyncio.to_thread(workers.stop)
        with pytest.raises(RuntimeError):
            await workers.run(lambda: None)

    _in_loop(2, late)
