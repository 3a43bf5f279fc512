"""The cut: all stores and the bus at one instant, while the site goes on.

Embedded, everybody waits for some milliseconds: every store and then the bus is locked for writing, a read transaction
is begun in each, and the locks are let go. Where an adapter can't lock, the bus says afterwards whether anything was
published meanwhile; then the cut is made anew. Why that is enough stands in
docs/decisions/0011-a-backup-is-one-instant.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cli.refusal import Refusal
from kit.snapshot import BusSnapshot, BusSource, StoreSnapshot, StoreSource

#: How often a disturbed cut is made anew, and the pause in between, in seconds.
ATTEMPTS: Final = 100
_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Cut:
    """A site at one instant."""

    taken_at: datetime
    stores: Mapping[str, StoreSnapshot]
    bus: BusSnapshot


@contextmanager
def cut(stores: Mapping[str, StoreSource], bus: BusSource) -> Iterator[Cut]:
    """The site as it is now, for as long as it is read. Raises ``Refusal`` when it never comes to rest."""
    for _ in range(ATTEMPTS):
        with ExitStack() as kept:
            with ExitStack() as held:
                for store in stores.values():
                    held.enter_context(store.hold())
                held.enter_context(
                    bus.hold()
                )  # last, and before any snapshot: what is on the bus then was saved before
                taken_at = datetime.now(UTC)
                snapshots = {name: kept.enter_context(store.snapshot()) for name, store in stores.items()}
                events = kept.enter_context(bus.snapshot())
                disturbed = bus.disturbed()
            if not disturbed:
                yield Cut(taken_at, snapshots, events)
                return
        time.sleep(_PAUSE)
    raise Refusal(
        f"events were published during each of {ATTEMPTS} attempts to see the whole site at one instant; "
        "nothing was written. Try again at a quieter time."
    )
