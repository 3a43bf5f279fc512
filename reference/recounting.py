"""Clocks that a calendar may still move: counted anew when it changes, with a line that says so (许可法 82; facts 11).

A service names the documents whose clocks run, how one is counted, and the event that tells of it; the rest is the
same for all: waiting for the service's own copy, one save a document, and what was saved meanwhile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from kit.actor import service_actor
from kit.call import Call
from kit.consumer import Delivery, Subscription
from kit.errors import NotReady, Stale
from kit.events import DomainEvent, event_type
from kit.store.port import AlreadyApplied, Mark
from kit.store.repository import Entity, Repository
from kit.workdays import Calendar, local_text
from reference.lookups import Reference
from reference.protos import plain
from reference.updates import TOPIC
from tongban.catalog.v1 import events_pb2

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True)
class Recounting(Generic[E]):
    """How one kind of document follows its center's calendar.

    ``running`` gives a center's documents whose clock runs; ``count`` is one with its dates by a calendar, unchanged
    where they are the same; ``due_at`` is the date that people are told; ``moved`` makes the event of (before, after,
    reason).
    """

    service: str
    reference: Reference
    repository: Repository[E]
    center_of: Callable[[E], str]
    running: Callable[[str], Iterable[E]]
    count: Callable[[E, Calendar], E]
    due_at: Callable[[E], datetime | None]
    moved: Callable[[E, E, str], DomainEvent]

    def subscription(self) -> Subscription:
        """The subscription ``<service>.calendar``."""
        return subscription_of(self)

    def recount_center(self, call: Call, center_id: str, calendar_version: int, mark: Callable[[str], Mark]) -> int:
        """Counts a center's running clocks anew, one save for each that moved; returns how many did.

        Waits (``NotReady``, so that the event is tried again) until this service's own copy of the calendar is as
        new as the event: from then on what begins is counted by it as well, and none is missed.
        """
        if self.reference.calendar(center_id).version < calendar_version:
            raise NotReady("reference_not_ready", "基础数据正在同步，请稍后重试。", center=center_id)
        moved = 0
        for entity in self.running(center_id):
            with contextlib.suppress(AlreadyApplied):
                moved += self.recount(call, entity.id, mark(entity.id))
        return moved

    def recount(self, call: Call, id: str, mark: Mark | None = None) -> bool:
        """Counts one by the calendar as it is now; whether a date moved, or became certain."""
        while True:
            before = self.repository.get(id)
            calendar = self.reference.calendar(self.center_of(before))
            after = self.count(before, calendar)
            if after == before:
                return False
            try:
                self.repository.save(
                    after, [self.moved(before, after, self._reason(before, after, calendar))], call, mark=mark
                )
            except Stale:
                continue  # somebody worked on it in between: count what they saved
            return True

    def by_the_present(self, call: Call, saved: E, counted_by: Calendar) -> E:
        """What was just saved, counted anew if the calendar changed after it was read for that save.

        Whoever recounted the center meanwhile saw this one as it was before, or not at all.
        """
        if self.reference.calendar(self.center_of(saved)).version == counted_by.version:
            return saved
        self.recount(call.by(service_actor(self.service)), saved.id)
        return self.repository.get(saved.id)

    def _reason(self, before: E, after: E, calendar: Calendar) -> str:
        version = f"工作日历更新为第 {calendar.version} 版"
        old, new = self.due_at(before), self.due_at(after)
        if old is None or new is None or old == new:
            return f"{version}，期限不变"
        return f"{version}，期限由 {local_text(old)} 调整为 {local_text(new)}"


def subscription_of(first: Recounting[Any], *others: Recounting[Any]) -> Subscription:
    """The subscription ``<service>.calendar`` of a service that has several kinds of documents with clocks."""

    def calendar_changed(delivery: Delivery) -> None:
        calendar = delivery.read(events_pb2.CalendarChanged).calendar
        version = Calendar.from_data(plain(calendar.data)).version
        for each in (first, *others):
            each.recount_center(delivery.call, calendar.center_id, version, delivery.mark)

    return Subscription(
        f"{first.service}.calendar", [TOPIC], {event_type("catalog", "CalendarChanged"): calendar_changed}
    )
