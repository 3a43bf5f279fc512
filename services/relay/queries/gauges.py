"""The figures of all links together, for whoever watches the site."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from kit import telemetry
from services.relay.handlers.attachments import Files
from services.relay.handlers.contacts import Contacts
from services.relay.handlers.desk import Desk
from services.relay.queries.operating import Traffic, count_aside, list_traffic

#: How long one look at all links serves, in seconds: a hub with a thousand of them is looked at twice a minute.
_SERVES: Final = 30.0
#: Bundles come when somebody carries them: nobody waits for their next word.
_BY_HAND: Final = "bundle"


class Gauges:
    """Reads the links at most so often, for all figures together."""

    def __init__(
        self,
        desk: Desk,
        files: Files,
        contacts: Contacts,
        unanswered: Callable[[], frozenset[str]],
        now: Callable[[], datetime],
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk, self._files, self._contacts = desk, files, contacts
        self._unanswered = unanswered
        self._now, self._real = now, real
        self._read: tuple[float, Sequence[Traffic]] | None = None
        self._lock = threading.Lock()
        self._sampler: telemetry.Sampler | None = None

    def start(self) -> None:
        """Begins to read, where somebody collects."""
        if not telemetry.is_on():
            return
        sampler, of = telemetry.Sampler(every=_SERVES, keeps=4 * _SERVES), telemetry.catalogue
        for metric, read in (
            (of.RELAY_BACKLOG, self.backlog),
            (of.RELAY_BACKLOG_AGE, self.backlog_age),
            (of.RELAY_UNPASSED, self.unpassed),
            (of.RELAY_FILES_WANTED, self.files_wanted),
            (of.RELAY_STOPPED, self.stopped),
            (of.RELAY_SILENCE, self.silence),
            (of.RELAY_UNANSWERED, self.unanswered),
            (of.RELAY_ASIDE, lambda: float(count_aside(desk=self._desk))),
        ):
            sampler.observe(metric, read, {})
        sampler.start()
        self._sampler = sampler

    def stop(self) -> None:
        """Ends it."""
        if self._sampler is not None:
            self._sampler.stop()

    def backlog(self) -> float:
        """Letters that peers don't have yet."""
        return float(sum(each.backlog for each in self._traffic()))

    def backlog_age(self) -> float:
        """How long the oldest of them has waited, in seconds."""
        now = self._now()
        return max((each.age(now) for each in self._traffic()), default=0.0)

    def unpassed(self) -> float:
        """Letters that came and weren't passed on."""
        return float(sum(each.received.sequence - each.passed + each.waiting for each in self._traffic()))

    def files_wanted(self) -> float:
        """Files that letters wait for."""
        return float(sum(each.files_wanted for each in self._traffic()))

    def stopped(self) -> float:
        """Directions that stand still."""
        return float(sum(len(each.stops) for each in self._traffic()))

    def silence(self) -> float:
        """How long ago the peer was heard that was heard longest ago, in seconds."""
        now = self._now()
        heard = [
            each.contact.at
            for each in self._traffic()
            if each.link.is_live and each.contact is not None and each.contact.via != _BY_HAND
        ]
        return max(0.0, (now - min(heard)).total_seconds()) if heard else 0.0

    def unanswered(self) -> float:
        """Working links whose other end didn't answer when it was last asked to compare; bundles answer nothing."""
        silent = self._unanswered()
        by_hand = {
            each.link.id for each in self._traffic() if each.contact is not None and each.contact.via == _BY_HAND
        }
        return float(sum(each.link.is_live for each in self._traffic() if each.link.id in silent - by_hand))

    def _traffic(self) -> Sequence[Traffic]:
        with self._lock:
            if self._read is None or self._real() - self._read[0] >= _SERVES / 2:
                found = list_traffic(desk=self._desk, files=self._files, contacts=self._contacts)
                self._read = (self._real(), found)
            return self._read[1]
