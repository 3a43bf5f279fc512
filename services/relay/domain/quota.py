"""Quotas (限额): how much a peer has sent lately, against its link's limits.

Letters are held back by a bucket that fills evenly: what is above is taken later, none is refused for good. A line's
bucket is its conversation's; that of a partner, whose requests meet any replica, is kept. Files are counted by the day, in
China's time, and the count is kept: a restart doesn't give the day anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kit.errors import Exhausted
from kit.workdays import local_date, local_instant
from services.relay.domain.limits import Limits


class QuotaExhausted(Exhausted):
    """More came than the link's limits allow; later it may be taken."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many letters may be taken at once; filled at the link's rate up to a minute's worth."""

    level: float
    filled_at: datetime

    @classmethod
    def full(cls, limits: Limits, now: datetime) -> Bucket:
        """A minute's worth."""
        return cls(float(limits.letters_per_minute), now)

    def at(self, limits: Limits, now: datetime) -> Bucket:
        """As it stands at that time; a clock that goes back fills nothing and takes nothing."""
        rate = limits.letters_per_minute
        seconds = max(0.0, (now - self.filled_at).total_seconds())
        return Bucket(min(float(rate), self.level + rate * seconds / 60), max(now, self.filled_at))

    def take(self, limits: Limits, wanted: int, now: datetime) -> tuple[Bucket, int]:
        """What is left, and how many of the wanted letters may be taken now; all of them where there is no rate."""
        if limits.letters_per_minute == 0:
            return replace(self, filled_at=now), wanted
        filled = self.at(limits, now)
        granted = min(wanted, int(filled.level))
        return replace(filled, level=filled.level - granted), granted


@dataclass(frozen=True, slots=True)
class Pace:
    """The bucket of a link whose letters come by requests. ``id`` is the link's."""

    id: str
    bucket: Bucket
    version: int = 0

    def with_letters(self, count: int, limits: Limits, now: datetime) -> Pace:
        """With this many taken. Raises ``QuotaExhausted`` (``letter_rate_exceeded``, with when they would be).

        More than a minute's worth at once is taken from a full bucket, and made up for afterwards.
        """
        rate = limits.letters_per_minute
        filled = self.bucket.at(limits, now)
        missing = min(count, rate) - filled.level
        if missing > 0:
            wait = math.ceil(missing * 60 / rate)
            raise QuotaExhausted(
                "letter_rate_exceeded",
                f"寄函超过链路限额（每分钟 {rate} 封），本次未收下任何函件，请 {wait} 秒后重新提交。",
                limit=rate,
                retry_after=wait,
            )
        return replace(self, bucket=replace(filled, level=filled.level - count))


@dataclass(frozen=True, slots=True)
class DailyUse:
    """How many bytes of files came over a link in a day. ``id`` is the link's."""

    id: str
    day: date
    attachment_bytes: int = 0
    version: int = 0

    def with_attachment(self, size: int, limits: Limits, now: datetime) -> DailyUse:
        """One more file of this size. Raises ``QuotaExhausted`` (``daily_bytes_exhausted``, with when it ends)."""
        today = local_date(now)
        # A clock that went back doesn't open the day before again.
        used = self.attachment_bytes if today <= self.day else 0
        day = max(today, self.day)
        limit = limits.attachment_bytes_per_day
        if limit and used + size > limit:
            tomorrow = local_instant(day + timedelta(days=1))
            raise QuotaExhausted(
                "daily_bytes_exhausted",
                "今日附件流量已达链路上限，次日零时（北京时间）后继续接收。",
                used=used,
                limit=limit,
                wanted=size,
                retry_after_seconds=int((tomorrow - now).total_seconds()) + 1,
            )
        return replace(self, day=day, attachment_bytes=used + size)
