"""Threads that work for an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import pytest

from kit.store.port import Append, Document, Duplicate, Kind, Write
from kit.store.steps import ALONE, Steps
from services.relay.transports.workers import Workers
from tests.contract.memory_store import MemoryStore

T = TypeVar("T")


class Counting(MemoryStore):
    """Says how many writes came together."""

    def __init__(self) -> None:
        super().__init__((Kind("thing"),))
        self.rounds: list[int] = []

    def write_all(self, writes: Sequence[Write]) -> Sequence[Document | Exception | None]:
        self.rounds.append(len(writes))
        return super().write_all(writes)


def _in_loop(threads: int, work: Callable[[Workers], Awaitable[T]], *, rounds: int = 1) -> T:
    async def main() -> T:
        workers = Workers(asyncio.get_running_loop(), threads, Counting(), rounds=rounds)
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


# ── Rounds ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _writing(id: str, meanwhile: Callable[[], object] = lambda: None) -> Steps[str]:
    meanwhile()
    yield Append("thing", [(id, {})])
    return id


def test_what_waits_meanwhile_is_written_together() -> None:
    async def many(workers: Workers) -> tuple[list[str], list[int]]:
        begun, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            begun.set()
            go_on.wait(20)

        first = asyncio.create_task(workers.carry(_writing("first", hold), together=True))
        await asyncio.to_thread(begun.wait, 20)
        others = [asyncio.create_task(workers.carry(_writing(str(each)), together=True)) for each in range(5)]
        await asyncio.sleep(0)
        go_on.set()
        told = await asyncio.gather(first, *others)
        assert isinstance(workers.store, Counting)
        return told, workers.store.rounds

    told, rounds = _in_loop(4, many)
    assert told == ["first", "0", "1", "2", "3", "4"]
    assert rounds == [5], "one write for those that came while the first was at work"


def test_of_a_round_each_is_refused_by_itself() -> None:
    async def twice(workers: Workers) -> list[str | BaseException]:
        same = [workers.carry(_writing(id), together=True) for id in ("a", "a", "b")]
        return await asyncio.gather(*same, return_exceptions=True)

    one, again, other = _in_loop(1, twice)
    assert (one, other) == ("a", "b")
    assert isinstance(again, Duplicate)


def test_what_takes_long_lets_those_of_its_round_go_before() -> None:
    async def slow(workers: Workers) -> list[str]:
        begun, go_on, told = threading.Event(), threading.Event(), list[str]()

        def hold() -> None:
            begun.set()
            go_on.wait(20)

        def long() -> Steps[None]:
            yield ALONE
            told.append("long")
            yield Append("thing", [("long", {})])

        def short(id: str) -> Steps[None]:
            yield Append("thing", [(id, {})])
            told.append(id)

        first = asyncio.create_task(workers.carry(_writing("first", hold), together=True))
        await asyncio.to_thread(begun.wait, 20)
        pieces = (long(), short("a"), short("b"))
        others = [asyncio.create_task(workers.carry(each, together=True)) for each in pieces]
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(first, *others)
        return told

    assert _in_loop(1, slow) == ["a", "b", "long"]


def test_work_for_one_line_goes_on_beside_a_round() -> None:
    async def beside(workers: Workers) -> None:
        go_on = threading.Event()
        round_ = asyncio.create_task(workers.carry(_writing("a", lambda: go_on.wait(20)), together=True))
        assert await workers.carry(_writing("b"), together=False) == "b"
        go_on.set()
        assert await round_ == "a"

    _in_loop(2, beside)


def test_those_who_wait_for_a_round_have_theirs_though_the_threads_are_told_to_stop() -> None:
    async def stopping(workers: Workers) -> list[str]:
        begun, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            begun.set()
            go_on.wait(20)

        first = asyncio.create_task(workers.carry(_writing("a", hold), together=True))
        await asyncio.to_thread(begun.wait, 20)
        second = asyncio.create_task(workers.carry(_writing("b"), together=True))
        await asyncio.sleep(0)
        stopped = asyncio.create_task(asyncio.to_thread(workers.stop))
        go_on.set()
        told = await asyncio.gather(first, second)
        await stopped
        return list(told)

    assert _in_loop(3, stopping) == ["a", "b"]
