"""Contacts of links, written down as often as they say something: for operators, and to know what waits."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from kit.call import Call
from kit.errors import Conflict
from kit.store.port import Duplicate, Kind
from kit.store.repository import Repository
from services.relay.domain.contact import Contact

CONTACTS: Final = Kind("contact")
_REMEMBERED: Final = 4096


@dataclass
class Contacts:
    """The contacts of this process's links; what another replica notes meets them at the next write."""

    records: Repository[Contact]
    _last: dict[str, Contact] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, link: str) -> Contact | None:
        """The contact of a link; ``None``: its neighbour was never heard."""
        return self.records.find_by_id(link)

    def heard(
        self, call: Call, link: str, via: str, *, acknowledged: int | None = None, skew_ms: int | None = None
    ) -> None:
        """Notes that a link's neighbour was heard. Raises ``Unavailable``."""
        with self._lock:
            before = self._last.get(link)
        if before is not None:
            heard = before.heard(call.now, via, acknowledged, skew_ms)
            if not heard.is_worth_writing(before):
                return
        kept = self._write(call, link, via, acknowledged, skew_ms)
        with self._lock:
            if len(self._last) >= _REMEMBERED:
                self._last.clear()
            self._last[link] = kept

    def _write(self, call: Call, link: str, via: str, acknowledged: int | None, skew_ms: int | None) -> Contact:
        while True:
            there = self.records.find_by_id(link)
            heard = (there or Contact(link, call.now, via)).heard(call.now, via, acknowledged, skew_ms)
            # A replica that was faster is read again: what it noted is only ever added to.
            with suppress(Conflict, Duplicate):
                return self.records.save(heard, (), call) if there else self.records.create(heard, (), call)
