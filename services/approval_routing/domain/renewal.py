"""A case that renews a licence: decided before its end, or the renewal counts as granted (许可法 50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kit.workdays import local_instant


@dataclass(frozen=True, slots=True)
class Renewal:
    """Which licence, until when it is valid, and whether it was applied for in time."""

    licence_id: str
    number: str
    valid_until: date
    applied_at: datetime
    in_time: bool
    #: When it was found that it counts as granted.
    deemed_at: datetime | None = None

    @property
    def decide_by(self) -> datetime:
        """The last instant of the licence."""
        return ends_at(self.valid_until)

    def deemed(self, now: datetime) -> bool:
        """Whether it counts as granted while nothing is decided."""
        return self.deemed_at is not None or (self.in_time and now > self.decide_by)


def ends_at(valid_until: date) -> datetime:
    """The last instant of a last day."""
    return local_instant(valid_until, 1440) - timedelta(milliseconds=1)
