"""Threads that work for an event loop, for short pieces of work that come by the thousand.

What ``run_in_executor`` does for each piece (two futures, a wake-up of the loop) costs as much as a quiet line's whole
turn. Here what was done since the loop last looked is given back to it together.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass
class Workers:
    """A few threads, begun by the first piece of work. ``run`` is the loop's, the rest anybody's."""

    loop: asyncio.AbstractEventLoop
    threads: int
    name: str = "workers"
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
            if self._stopped:
                raise RuntimeError("no more work is taken")
            self._waiting.append((future, partial(work, *args)))
            if self._idle:
                self._changed.notify()
            elif len(self._threads) < self.threads:
                thread = threading.Thread(target=self._work, name=f"{self.name}-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        return await future

    def stop(self) -> None:
        """Ends after what waits."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (item := self._next()) is not None:
            future, work = item
            if future.cancelled():
                continue
            result, error = None, None
            try:
                result = work()
            except BaseException as raised:
                error = raised
            self._give_back(future, result, error)

    def _next(self) -> tuple[asyncio.Future[Any], Callable[[], Any]] | None:
        with self._changed:
            while not self._waiting:
                if self._stopped:
                    return None
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            return self._waiting.popleft()

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
