"""Passing on, for all links: what came is told to the site or put into the next lane, link by link, in threads of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from kit.errors import TongbanError, Unavailable

log = logging.getLogger(__name__)

#: How often every link is looked at that nobody spoke of, in seconds: what another replica left behind, or a crash.
LOOK_ROUND: Final = 10.0
#: After how long a link is tried again that couldn't be passed on, in seconds.
_REST: Final = 1.0


@dataclass
class Carrying:
    """Passes on. ``pass_on`` takes a link's id and says whether more may go at once."""

    pass_on: Callable[[str], bool]
    links: Callable[[], Iterable[str]]
    threads: int = 2
    _waiting: OrderedDict[str, None] = field(default_factory=OrderedDict)
    #: Links that rest, until when.
    _resting: dict[str, float] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
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
            self._changed.notify()

    def _work(self) -> None:
        while (link := self._next()) is not None:
            rests = False
            try:
                while self.pass_on(link) and not self._stopped:
                    continue
            except Unavailable as error:
                log.warning("link %s waits: %s", link, error.code)
                rests = True
            except TongbanError as error:
                log.info("link %s isn't passed on: %s", link, error.code)
            except Exception:
                log.exception("link %s can't be passed on", link)
                rests = True
            with self._changed:
                self._busy.discard(link)
                if rests:
                    self._resting[link] = time.monotonic() + _REST
                self._changed.notify()

    def _next(self) -> str | None:
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                if now >= self._looked + LOOK_ROUND:
                    self._looked = now
                    self._look_round()
                for link in [link for link, until in self._resting.items() if until <= now]:
                    del self._resting[link]
                    self._waiting[link] = None
                for link in self._waiting:
                    if link not in self._busy:
                        del self._waiting[link]
                        self._busy.add(link)
                        return link
                self._changed.wait(_REST if self._resting else LOOK_ROUND)
        return None

    def _look_round(self) -> None:
        try:
            self._waiting.update(dict.fromkeys(self.links()))
        except Exception:
            log.exception("can't tell which links there are")
