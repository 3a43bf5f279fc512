"""What a process asks of the bus before it serves."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from kit.bus.port import Bus
from kit.errors import Unavailable

log = logging.getLogger(__name__)


def require_topics(bus: Bus, topics: Iterable[str], who: str) -> None:
    """Lets nobody start on other topics than declared; without a bus one starts, as what is saved waits in the outbox.

    Raises ``SettingsError``.
    """
    try:
        bus.require(sorted(set(topics)))
    except Unavailable as error:
        log.warning("%s starts without a bus: %s", who, error)
