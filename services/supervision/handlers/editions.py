"""Editions of rules at hand: every event and every alarm asks for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from kit.store.repository import Repository
from services.supervision.domain.rules import RuleEdition

#: How long, in seconds of real time, an edition that another replica has set may be missed.
FRESH_SECONDS: Final = 1.0
#: Editions of a center that may still matter: the one in force, and what is set behind it.
_NEWEST: Final = 20


class Editions:
    """The newest editions of centers' rules. Safe for threads."""

    def __init__(self, repository: Repository[RuleEdition], now: Callable[[], float] = time.monotonic) -> None:
        self._repository = repository
        self._now = now
        self._kept: dict[str, tuple[tuple[RuleEdition, ...], float]] = {}
        self._lock = threading.Lock()

    def of(self, center_id: str) -> tuple[RuleEdition, ...]:
        """A center's editions, newest first; none before any was set."""
        kept = self._kept.get(center_id)
        now = self._now()
        if kept is not None and now < kept[1]:
            return kept[0]
        found = self._repository.find("by_center", center_id=center_id, descending=True, limit=_NEWEST).items
        with self._lock:
            self._kept[center_id] = (found, now + FRESH_SECONDS)
        return found

    def forget(self, center_id: str) -> None:
        """Looks again at the next question."""
        with self._lock:
            self._kept.pop(center_id, None)
