"""Contact (往来): when a link's neighbour was last heard, over which line, and how far it has what we sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

#: A contact is written down again after it, while nothing else in it changes. Our own choice.
EVERY: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Contact:
    """One a link. ``id`` is the link's."""

    id: str
    #: When the neighbour last said anything that it signed.
    at: datetime
    #: ``line``, ``partner`` or ``bundle``.
    via: str
    #: The last of our envelopes that it has, durably.
    acknowledged: int = 0
    #: When that last grew.
    acknowledged_at: datetime | None = None
    #: How far its clock was ahead of ours, in milliseconds; ``None``: it never said.
    skew_ms: int | None = None
    version: int = 0

    def heard(self, at: datetime, via: str, acknowledged: int | None = None, skew_ms: int | None = None) -> Contact:
        """With something that was heard; what an older message says of the acknowledgement takes nothing back."""
        heard = replace(self, at=max(self.at, at), via=via, skew_ms=self.skew_ms if skew_ms is None else skew_ms)
        if acknowledged is not None and acknowledged > self.acknowledged:
            heard = replace(heard, acknowledged=acknowledged, acknowledged_at=at)
        return heard

    def is_worth_writing(self, before: Contact) -> bool:
        """Whether it says more than what stands there, or the same much later."""
        if before.version == 0 or (self.via, self.acknowledged) != (before.via, before.acknowledged):
            return True
        return self.at - before.at >= EVERY
