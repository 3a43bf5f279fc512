"""Clocks that a calendar may still move: counted anew when it changes, with a line that says so (许可法 82; facts 11).

A service names the documents whose clocks run, how one is counted, and the event that tells of it; the rest is the
same for all: waiting for the service's own copy, one save a document, many of them made durable at once, and what was
saved meanwhile.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from kit.actor import service_actor
from kit.call import Call
from kit.consumer import Delivery, Subscription
from kit.errors import NotReady, Stale
from kit.events import DomainEvent, event_type
from kit.store.port import AlreadyApplied, Mark
from kit.store.repository import Entity, Repository
from kit.store.steps import Steps, alone, together
from kit.workdays import Calendar, local_text
from reference.lookups import Reference
from reference.protos import plain
from reference.updates import TOPIC
from tongban.catalog.v1 import events_pb2

E = TypeVar("E", bound=Entity)
#: Ends by what people call them: as they were told, and as they are now.
Moves = Mapping[str, tuple[datetime | None, datetime | None]]

#: Documents whose saves are made durable together. Whoever else saves waits for one such round at the most.
ROUND: Final = 64


@dataclass(frozen=True, slots=True)
class Recount:
    """Why clocks are counted anew: who changed the calendar (empty: not known here), and the reason in words."""

    at: datetime
    changed_by: str
    reason: str


def _unnoted(before: E, after: E, why: Recount) -> E:
    return after


def _its_limit(entity: Any) -> str:
    return "期限"


def _nothing_further(entity: Any) -> Mapping[str, datetime | None]:
    return {}


def _nothing_beside(entity: Any, calendar: Calendar) -> Moves:
    return {}


@dataclass(frozen=True)
class Recounting(Generic[E]):
    """How one kind of document follows its center's calendar.

    ``running`` gives a center's documents whose clock runs; ``count`` is one with its dates by a calendar, unchanged
    where they are the same; ``due_at`` is the date that people are told; ``moved`` makes the event of (before, after,
    reason). ``noted`` is the document that says itself who moved its date, and why.
    """

    service: str
    reference: Reference
    repository: Repository[E]
    center_of: Callable[[E], str]
    running: Callable[[str], Iterable[E]]
    count: Callable[[E, Calendar], E]
    due_at: Callable[[E], datetime | None]
    moved: Callable[[E, E, str], DomainEvent]
    noted: Callable[[E, E, Recount], E] = _unnoted
    #: What people call that date.
    called: Callable[[E], str] = _its_limit
    #: Further ends by what people call them, such as 法定期限.
    further: Callable[[E], Mapping[str, datetime | None]] = _nothing_further
    #: Ends that moved and that the document doesn't have itself; asked where its own stay, and told of by its event too.
    beside: Callable[[E, Calendar], Moves] = _nothing_beside

    def subscription(self) -> Subscription:
        """The subscription ``<service>.calendar``."""
        return subscription_of(self)

    def recount_center(
        self,
        call: Call,
        center_id: str,
        calendar_version: int,
        mark: Callable[[str], Mark],
        *,
        changed_by: str = "",
        difference: str = "",
    ) -> int:
        """Counts a center's running clocks anew, one save for each that moved; returns how many did.

        Waits (``NotReady``, so that the event is tried again) until this service's own copy of the calendar is as
        new as the event: from then on what begins is counted by it as well, and none is missed. Cut off in the middle,
        it is done again from the start, where what was counted before needs no save.
        """
        if self.reference.calendar(center_id).version < calendar_version:
            raise NotReady("reference_not_ready", "基础数据正在同步，请稍后重试。", center=center_id)

        def counted(entity: E) -> Steps[bool]:
            return self._recounted(call, entity, mark(entity.id), changed_by, difference)

        running, moved = iter(self.running(center_id)), 0
        while batch := list(itertools.islice(running, ROUND)):
            moved += self._round([counted(entity) for entity in batch])
        return moved

    def _round(self, pieces: Sequence[Steps[bool]]) -> int:
        """How many of them moved. Raises the first failure, when all have had their turn."""
        moved: list[bool] = []
        failed: list[BaseException] = []

        def done(_: int, result: bool | None, error: BaseException | None) -> None:
            if error is None:
                moved.append(bool(result))
            elif not isinstance(error, AlreadyApplied):
                failed.append(error)

        together(self.repository.store, pieces, done)
        if failed:
            raise failed[0]
        return sum(moved)

    def recount(self, call: Call, id: str, mark: Mark | None = None) -> bool:
        """Counts one by the calendar as it is now; whether a date moved, or became certain."""
        return alone(self.repository.store, self._recounted(call, self.repository.get(id), mark, "", ""))

    def _recounted(self, call: Call, before: E, mark: Mark | None, changed_by: str, difference: str) -> Steps[bool]:
        """``recount`` as a step among others'."""
        while True:
            calendar = self.reference.calendar(self.center_of(before))
            after = self.count(before, calendar)
            beside: Moves = {}
            if after is before or after == before:
                beside = self.beside(before, calendar)
                if not beside:
                    return False
            why = Recount(call.now, changed_by, self._reason(before, after, calendar, difference, beside))
            after = self.noted(before, after, why)
            try:
                yield from self.repository.saving(after, [self.moved(before, after, why.reason)], call, mark=mark)
            except Stale:
                before = self.repository.get(before.id)  # somebody worked on it in between: count what they saved
                continue
            return True

    def by_the_present(self, call: Call, saved: E, counted_by: Calendar) -> E:
        """What was just saved, counted anew if the calendar changed after it was read for that save.

        Whoever recounted the center meanwhile saw this one as it was before, or not at all.
        """
        if self.reference.calendar(self.center_of(saved)).version == counted_by.version:
            return saved
        self.recount(call.by(service_actor(self.service)), saved.id)
        return self.repository.get(saved.id)

    def _reason(self, before: E, after: E, calendar: Calendar, difference: str, beside: Moves) -> str:
        version = f"工作日历更新为第 {calendar.version} 版{f'（{difference}）' if difference else ''}"
        name = self.called(before)
        old, new = ({name: self.due_at(each), **self.further(each)} for each in (before, after))
        moves = {name: (was, new.get(name)) for name, was in old.items()} | dict(beside)
        moved = [
            f"{name}由 {local_text(was)} 调整为 {local_text(now)}"
            for name, (was, now) in moves.items()
            if was is not None and now is not None and now != was
        ]
        return "，".join([version, *moved] if moved else [version, "期限不变"])


def subscription_of(first: Recounting[Any], *others: Recounting[Any]) -> Subscription:
    """The subscription ``<service>.calendar`` of a service that has several kinds of documents with clocks."""

    def calendar_changed(delivery: Delivery) -> None:
        message = delivery.read(events_pb2.CalendarChanged)
        version = Calendar.from_data(plain(message.calendar.data)).version
        for each in (first, *others):
            each.recount_center(
                delivery.call,
                message.calendar.center_id,
                version,
                delivery.mark,
                changed_by=message.changed_by,
                difference=message.difference,
            )

    return Subscription(
        f"{first.service}.calendar", [TOPIC], {event_type("catalog", "CalendarChanged"): calendar_changed}
    )
