"""Quotas: what a peer may still send. Files, and letters that come by requests, are counted in the store: a restart
doesn't give the day anew, and replicas count together.

Letters on a line are held back by each conversation's own bucket (``services.relay.domain.quota.Bucket``): a restart costs
at most one more minute's worth.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from kit.call import Call
from kit.errors import Stale, Unavailable
from kit.store.port import Duplicate, Kind
from kit.store.repository import Repository
from kit.workdays import local_date
from services.relay.domain.link import Link
from services.relay.domain.quota import Bucket, DailyUse, Pace
from services.relay.handlers.registry import Registry

PACES: Final = Kind("pace")
_RACES: Final = 20


def count_file(registry: Registry, call: Call, link_id: str, size: int) -> None:
    """Counts a file that is about to be asked for. Raises ``QuotaExhausted`` (``daily_bytes_exhausted``), ``Unavailable``."""
    limits = registry.link(link_id).limits
    if not limits.attachment_bytes_per_day:
        return
    for _ in range(_RACES):
        use = registry.uses.find_by_id(link_id)
        counted = (use or DailyUse(link_id, local_date(call.now))).with_attachment(size, limits, call.now)
        with suppress(Stale, Duplicate):
            if use is None:
                registry.uses.create(counted, [], call)
            else:
                registry.uses.save(counted, [], call)
            return
    raise Unavailable("quota_contended", "链路繁忙，请稍后重试。", link=link_id)


def used_today(registry: Registry, call: Call, link_id: str) -> int:
    """How many bytes of files came over a link today; nothing is counted where there is no limit."""
    use = registry.uses.find_by_id(link_id)
    return use.attachment_bytes if use is not None and use.day == local_date(call.now) else 0


def count_letters(paces: Repository[Pace], call: Call, link: Link, count: int) -> None:
    """Counts letters that a request brings. Raises ``QuotaExhausted`` (``letter_rate_exceeded``), ``Unavailable``."""
    if not link.limits.letters_per_minute or not count:
        return
    for _ in range(_RACES):
        there = paces.find_by_id(link.id)
        pace = there or Pace(link.id, Bucket.full(link.limits, call.now))
        counted = pace.with_letters(count, link.limits, call.now)
        with suppress(Stale, Duplicate):
            if there is None:
                paces.create(counted, [], call)
            else:
                paces.save(counted, [], call)
            return
    raise Unavailable("quota_contended", "链路繁忙，请稍后重试。", link=link.id)
