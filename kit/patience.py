"""How long a consumer group has been held up, and by what: so that waiting is seen, and comes to an end where it may.

Two kinds of waiting. The store, the bus or another service is away (``Unavailable``): nothing is wrong with the
event, everybody waits, and it is never given up, as that would give up one event after the other. Or what this one
event needs isn't there (``NotReady``), such as the reference data of its center, and may never come: then one center's
event holds up all centers of its partition. After a long time it goes to the dead letters, from where it can be
replayed without harm once the cause is mended, as its mark makes its effect one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from kit.errors import NotReady, Unavailable

#: What wasn't met for so long, in seconds, is over; while it lasts, it is met every few seconds.
_OVER = 60.0


@dataclass(slots=True)
class _Wait:
    """Since when something is waited for, when it was last met and by which event, and what it is."""

    since: float
    met: float
    event_id: str
    why: str


class Patience:
    """The waits of one group; used by its thread. Times are seconds of real time.

    A wait is told after ``tell_after``. One for what isn't ready is given up after ``give_up_after`` (0: never): at
    once for the next event that needs the same, so that many don't wait one after the other.
    """

    def __init__(self, *, tell_after: float, give_up_after: float, real: Callable[[], float] = time.monotonic) -> None:
        self._tell_after = tell_after
        self._give_up_after = give_up_after
        self._real = real
        self._waits: dict[str, _Wait] = {}

    def refused(self, event_id: str, error: Unavailable) -> bool:
        """Notes that an event has to wait. True: it has waited long enough to be given up."""
        now = self._real()
        ready = not isinstance(error, NotReady)
        details = " ".join(f"{name}={value}" for name, value in sorted(error.details.items()))
        key = event_id if ready else f"{error.code} {details}"
        self._forget(now)
        wait = self._waits.setdefault(key, _Wait(now, now, event_id, ""))
        wait.met, wait.event_id, wait.why = now, event_id, f"{event_id} waits: {error} {details}".rstrip()
        return not ready and 0 < self._give_up_after <= now - wait.since

    def done(self, event_id: str) -> None:
        """The event had its effect, so what it waited for is there."""
        if self._waits:
            self._waits = {key: wait for key, wait in self._waits.items() if wait.event_id != event_id}

    @property
    def trouble(self) -> str:
        """What holds the group up for too long; empty when nothing does."""
        if not self._waits:
            return ""
        now = self._real()
        told = [
            wait for wait in self._waits.values() if now - wait.met < _OVER and now - wait.since >= self._tell_after
        ]
        return "; ".join(wait.why for wait in told)

    def _forget(self, now: float) -> None:
        """Drops what is over; what was given up is remembered, so that the next one needn't wait as long again."""
        kept = max(_OVER, self._give_up_after)
        self._waits = {key: wait for key, wait in self._waits.items() if now - wait.met < kept}
