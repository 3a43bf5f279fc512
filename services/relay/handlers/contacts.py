"""Contacts of links, written down as often as they say something: for operators, and to know what waits.

An acknowledgement on a line is a hint, as the next line finds it anew. It comes with every letter, so it is written down
a little later, and what was acknowledged meanwhile with it.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from kit.call import Call
from kit.errors import Conflict
from kit.store.port import Duplicate, Kind
from kit.store.repository import Repository
from services.relay.domain.contact import Contact

CONTACTS: Final = Kind("contact")
_REMEMBERED: Final = 4096
#: How long an acknowledgement may wait to be written down. Our own choice.
LATER: Final = timedelta(seconds=2)
#: Where links are many, so much for each of them: twenty-five a second are written down then. Our own choice.
_EACH: Final = timedelta(milliseconds=40)


@dataclass
class Contacts:
    """The contacts of this process's links; what another replica notes meets them at the next write."""

    records: Repository[Contact]
    _last: dict[str, Contact] = field(default_factory=dict)
    #: What was heard of a link and isn't written down yet.
    _owed: dict[str, Contact] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, link: str) -> Contact | None:
        """The contact of a link; ``None``: its neighbour was never heard."""
        return self.records.find_by_id(link)

    def heard(
        self,
        call: Call,
        link: str,
        via: str,
        *,
        acknowledged: int | None = None,
        skew_ms: int | None = None,
        later: bool = False,
    ) -> None:
        """Notes that a link's neighbour was heard; ``later``: an acknowledgement may wait for ``settle``.

        Raises ``Unavailable``.
        """
        with self._lock:
            before = self._last.get(link)
            if before is not None:
                heard = self._owed.get(link, before).heard(call.now, via, acknowledged, skew_ms)
                if not heard.is_worth_writing(before):
                    return
                if later and via == before.via and call.now - before.at < self._later():
                    self._owed[link] = heard
                    return
        kept = self._write(call, link, via, acknowledged, skew_ms)
        self._remember(link, kept)

    def settle(self, call: Call, link: str, *, at_once: bool = False) -> None:
        """Writes down what waited long enough; ``at_once``: whatever waits, as the line is gone. Raises ``Unavailable``."""
        owed = self._owed.get(link)
        before = self._last.get(link)
        if owed is None or (before is not None and call.now - before.at < self._later() and not at_once):
            return
        kept = self._write(call, link, owed.via, owed.acknowledged, owed.skew_ms)
        self._remember(link, kept)

    def _later(self) -> timedelta:
        return max(LATER, len(self._last) * _EACH)

    def _remember(self, link: str, kept: Contact) -> None:
        with self._lock:
            if len(self._last) >= _REMEMBERED:
                self._last.clear()
            self._last[link] = kept
            owed = self._owed.get(link)
            if owed is not None and owed.acknowledged <= kept.acknowledged:
                del self._owed[link]

    def _write(self, call: Call, link: str, via: str, acknowledged: int | None, skew_ms: int | None) -> Contact:
        with self._lock:
            before = self._last.get(link)
        if before is not None:
            heard = before.heard(call.now, via, acknowledged, skew_ms)
            with suppress(Conflict, Duplicate):
                return self.records.save(heard, (), call, durable=False)
        while True:
            there = self.records.find_by_id(link)
            heard = (there or Contact(link, call.now, via)).heard(call.now, via, acknowledged, skew_ms)
            # A replica that was faster is read again: what it noted is only ever added to.
            with suppress(Conflict, Duplicate):
                if there is None:
                    self.records.append([heard], durable=False)
                    return replace(heard, version=1)
                return self.records.save(heard, (), call)
