"""Threads that work for an event loop, for short pieces of work that come by the thousand.

What ``run_in_executor`` does for each piece (two futures, a wake-up of the loop) costs as much as a quiet line's whole
turn. Here what was done since the loop last looked is given back to it together. And pieces that write, of which many
wait, are carried out by one thread in rounds, with one write for all: what it costs to make something durable, and to
let other threads in meanwhile, is then paid once for many.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from kit.store.port import Store
from kit.store.steps import Steps, alone, finish, together
from services.relay.transports.pacing import ROUND, Pacing

T = TypeVar("T")


class _Round:
    """Stands for the pieces that wait for a round."""


@dataclass
class Workers:
    """A few threads, begun by the first piece of work. ``run`` is the loop's, the rest anybody's."""

    loop: asyncio.AbstractEventLoop
    threads: int
    #: Where pieces write.
    store: Store
    name: str = "workers"
    #: Threads that may be at work on rounds at the same time.
    rounds: int = 1
    #: Pieces that wait for a round.
    _steps: deque[tuple[asyncio.Future[Any], Steps[Any]]] = field(default_factory=deque)
    _in_rounds: int = 0
    _pacing: Pacing = field(default_factory=Pacing)
    _waiting: deque[tuple[asyncio.Future[Any], Callable[[], Any]]] = field(default_factory=deque)
    #: What was done, and not given back yet: the future with its result or what was raised.
    _done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = field(default_factory=deque)
    #: That the loop will look at what was done.
    _is_called: bool = False
    _stopped: bool = False
    _idle: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _threads: list[threading.Thread] = field(default_factory=list)

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Does a piece of work; what it returns or raises. One that is cancelled before its turn isn't done."""
        future: asyncio.Future[T] = self.loop.create_future()
        with self._changed:
            self._take(self._waiting, (future, partial(work, *args)))
        return await future

    async def carry(self, steps: Steps[T], *, together: bool) -> T:
        """Carries out a piece that writes to the store; ``together``: with others that wait, as it takes no time."""
        if not together:
            return await self.run(alone, self.store, steps)
        future: asyncio.Future[T] = self.loop.create_future()
        with self._changed:
            self._take(self._steps, (future, steps))
        return await future

    def _take(self, queue: deque[Any], item: tuple[asyncio.Future[Any], Any]) -> None:
        if self._stopped:
            raise RuntimeError("no more work is taken")
        queue.append(item)
        if queue is self._steps and self._in_rounds >= self.rounds:
            return  # whoever is at work on a round looks for the next one
        if self._idle:
            self._changed.notify()
        elif len(self._threads) < self.threads:
            thread = threading.Thread(target=self._work, name=f"{self.name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Ends after what waits."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (item := self._next()) is not None:
            if isinstance(item, _Round):
                self._round()
                continue
            future, work = item
            if future.cancelled():
                continue
            result, error = None, None
            try:
                result = work()
            except BaseException as raised:
                error = raised
            self._give_back(future, result, error)

    def _round(self) -> None:
        self._pacing.wait()
        with self._changed:
            items = [self._steps.popleft() for _ in range(min(len(self._steps), ROUND))]
            self._pacing.took(len(items))
        items = [item for item in items if not item[0].cancelled()]
        pieces = [steps for _, steps in items]

        def done(number: int, result: Any, error: BaseException | None) -> None:
            self._give_back(items[number][0], result, error)

        try:
            later = together(self.store, pieces, done)
        finally:
            with self._changed:
                self._in_rounds -= 1
                if self._steps:
                    self._changed.notify()
        for number in later:
            finish(self.store, number, pieces[number], done)

    def _next(self) -> tuple[asyncio.Future[Any], Callable[[], Any]] | _Round | None:
        with self._changed:
            while True:
                if self._steps and self._in_rounds < self.rounds:
                    self._in_rounds += 1
                    if self._waiting and self._idle:
                        self._changed.notify()
                    return _Round()
                if self._waiting:
                    return self._waiting.popleft()
                if self._stopped:  # whoever is at work on a round sees to those that wait for the next
                    return None
                self._idle += 1
                self._changed.wait()
                self._idle -= 1

    def _give_back(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        with self._changed:
            self._done.append((future, result, error))
            if self._is_called:
                return
            self._is_called = True
        try:
            self.loop.call_soon_threadsafe(self._settle)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    def _settle(self) -> None:
        with self._changed:
            self._is_called = False
            done, self._done = self._done, deque()
        for future, result, error in done:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
