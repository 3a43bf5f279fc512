"""A lease: which of a site's replicas dials a link. Kept as one document, taken by compare-and-set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Lease:
    """``id`` is the link's."""

    id: str
    #: Who dials it: one run of one process.
    holder: str
    until: datetime
    version: int = 0

    def is_free(self, holder: str, now: datetime) -> bool:
        """Whether this one may take or renew it."""
        return self.holder in ("", holder) or now >= self.until

    def held_by(self, holder: str, now: datetime, length: timedelta) -> Lease:
        """Taken or renewed."""
        return replace(self, holder=holder, until=now + length)

    def released(self) -> Lease:
        """Let go of."""
        return replace(self, holder="")
