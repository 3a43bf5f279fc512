"""Passing on, for all links: what came is told to the site or put into the next lane, in threads of its own.

The links that wait are passed on together, with one write for all of each kind; what is long goes by itself, behind them.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from kit.errors import TongbanError, Unavailable
from kit.store.port import Store
from kit.store.steps import Steps, finish, together
from services.relay.transports.pacing import ROUND, Pacing

log = logging.getLogger(__name__)

T = TypeVar("T")

#: How often every link is looked at that nobody spoke of, in seconds: what another replica left behind, or a crash.
LOOK_ROUND: Final = 10.0
#: After how long a link is tried again that couldn't be passed on, in seconds.
_REST: Final = 1.0


@dataclass
class Carrying:
    """Passes on. ``passing`` takes a link's id, and whether only little is to be passed on, and says whether more may go
    at once."""

    passing: Callable[[str, bool], Steps[bool]]
    links: Callable[[], Iterable[str]]
    #: Where it writes.
    store: Store
    threads: int = 2
    _waiting: OrderedDict[str, None] = field(default_factory=OrderedDict)
    #: Links that rest, until when.
    _resting: dict[str, float] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    #: Whether one of the threads passes on what waits; the other may be at something long.
    _in_round: bool = False
    _pacing: Pacing = field(default_factory=Pacing)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _stopped: bool = False
    _looked: float = float("-inf")
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begins, with every link once."""
        for number in range(self.threads):
            self._threads.append(threading.Thread(target=self._work, name=f"carrying-{number}", daemon=True))
            self._threads[-1].start()

    def stop(self) -> None:
        """Ends after what is at hand."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def nudge(self, link: str) -> None:
        """Something came over a link, or a file that a letter waits for."""
        with self._changed:
            self._waiting[link] = None
            if not self._in_round and link not in self._busy:  # else who is at work looks for the next one
                self._changed.notify()

    def beside(self, link: str, steps: Steps[T]) -> Steps[T]:
        """Carries out steps that bring letters over a link, and passes on what came, if it is little: what is answered
        to it then leaves in the same turn. What isn't, or can't be passed on now, is left to the threads."""
        with self._changed:
            is_free = link not in self._busy
            self._busy.add(link)
        if not is_free:
            return (yield from steps)
        more = False
        try:
            result = yield from steps
            with self._changed:
                more = link in self._waiting
                self._waiting.pop(link, None)
            if more:
                with suppress(Exception):  # whoever tries again says what is wrong
                    more = yield from self.passing(link, True)
            return result
        finally:
            with self._changed:
                self._busy.discard(link)
                if more:
                    self._waiting[link] = None
                if link in self._waiting and not self._in_round:
                    self._changed.notify()

    def _work(self) -> None:
        while self._waits():
            self._pacing.wait()
            links = self._taken()
            pieces, done = [self.passing(link, False) for link in links], partial(self._done, links)
            later = together(self.store, pieces, done)
            with self._changed:
                self._in_round = False
                if later and self._waiting:
                    self._changed.notify()
            for number in later:
                finish(self.store, number, pieces[number], done)

    def _done(self, links: Sequence[str], number: int, more: bool | None, error: BaseException | None) -> None:
        link, rests = links[number], False
        if isinstance(error, Unavailable):
            log.warning("link %s waits: %s", link, error.code)
            rests = True
        elif isinstance(error, TongbanError):
            log.info("link %s isn't passed on: %s", link, error.code)
        elif error is not None:
            log.error("link %s can't be passed on", link, exc_info=error)
            rests = True
        with self._changed:
            self._busy.discard(link)
            if more:
                self._waiting[link] = None
            if rests:
                self._resting[link] = time.monotonic() + _REST
            if (rests or link in self._waiting) and not self._in_round:
                self._changed.notify()

    def _waits(self) -> bool:
        """Whether it is this thread's turn to pass on what waits, once there is something; if not, it is over."""
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                if now >= self._looked + LOOK_ROUND:
                    self._looked = now
                    self._look_round()
                for link in [link for link, until in self._resting.items() if until <= now]:
                    del self._resting[link]
                    self._waiting[link] = None
                if not self._in_round and any(link not in self._busy for link in self._waiting):
                    self._in_round = True
                    return True
                self._changed.wait(_REST if self._resting else LOOK_ROUND)
        return False

    def _taken(self) -> list[str]:
        with self._changed:
            links = list(itertools.islice((link for link in self._waiting if link not in self._busy), ROUND))
            for link in links:
                del self._waiting[link]
            self._busy.update(links)
            self._pacing.took(len(links))
            return links

    def _look_round(self) -> None:
        try:
            self._waiting.update(dict.fromkeys(self.links()))
        except Exception:
            log.exception("can't tell which links there are")
