"""Files follow what other services tell of their cases (rules J01)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kit.call import Call
from kit.errors import NotReady, Stale
from kit.events import DomainEvent, Event
from kit.store.port import Duplicate, Mark
from kit.workdays import Calendar
from reference import Policy
from services.archive.domain import case_file as files
from services.archive.domain.case_file import Asked, CaseFile, FileState, Retention, Term, Told
from services.archive.domain.completeness import Ending
from services.archive.domain.events import CaseFileClosed, CaseFileCompleted, CaseFileSupplemented
from services.archive.handlers.calendar import counted, recounting
from services.archive.handlers.room import ArchiveRoom


@dataclass(frozen=True, slots=True)
class Head:
    """What says which case it is."""

    id: str
    number: str
    center_id: str
    item_id: str
    item_version: int
    item_name: str
    department_key: str
    journey: str
    opened_at: datetime
    immediate: bool


def follow_case(*, room: ArchiveRoom, call: Call, event: Event, head: Head, told: Told, mark: Mark) -> None:
    """Writes what an event says into the case's file, which begins with the first of them.

    Raises ``AlreadyApplied``, ``Stale`` when another wrote it meanwhile, ``Unavailable``.
    """
    before = room.files.find_by_id(head.id)
    if before is not None:
        _write(room, call, before, told, event, mark)
        return
    fresh = CaseFile(
        id=head.id,
        number=head.number,
        center_id=head.center_id,
        item_id=head.item_id,
        item_version=head.item_version,
        item_name=head.item_name,
        department_key=head.department_key,
        journey=head.journey,
        state=FileState.OPEN,
        opened_at=head.opened_at,
        immediate=head.immediate,
    )
    after, events, counted_by = _after(room, fresh, told, event)
    try:
        saved = room.files.create(after, events, call, mark=mark)
    except Duplicate as error:
        raise Stale("file_overtaken", "案卷已被更新，请重试。", id=head.id) from error
    _by_the_present(room, call, saved, counted_by)


def follow_known(*, room: ArchiveRoom, call: Call, event: Event, case_id: str, told: Told, mark: Mark) -> None:
    """The same for a case that is this site's, whose own events may still be on their way.

    Raises ``NotReady`` until the file is there, and as ``follow_case``.
    """
    before = room.files.find_by_id(case_id)
    if before is None:
        raise NotReady("case_file_not_ready", "案卷正在建立，请稍后重试。", id=case_id)
    _write(room, call, before, told, event, mark)


def files_of_visit(*, room: ArchiveRoom, journey: str) -> Iterable[CaseFile]:
    """The files of the cases of one visit."""
    return list(room.files.each("by_journey", journey=journey)) if journey else []


def _write(room: ArchiveRoom, call: Call, before: CaseFile, told: Told, event: Event, mark: Mark) -> None:
    after, events, counted_by = _after(room, before, told, event)
    if after == before and not events:
        return  # nothing new; heard again, it says nothing new either
    _by_the_present(room, call, room.files.save(after, events, call, mark=mark), counted_by)


def _by_the_present(room: ArchiveRoom, call: Call, saved: CaseFile, counted_by: Calendar | None) -> None:
    if counted_by is not None:
        recounting(room).by_the_present(call, saved, counted_by)


def _after(
    room: ArchiveRoom, before: CaseFile, told: Told, event: Event
) -> tuple[CaseFile, list[DomainEvent], Calendar | None]:
    """The file after an event, what that tells, and the calendar that its times were counted by, if they were."""
    after = files.follow(before, told, event_id=event.id, event_type=event.type)
    if after.state is FileState.OPEN:
        if after.ending is Ending.NONE:
            return after, [], None
        calendar = room.reference.calendar(after.center_id)
        after = _closed(room, after, event.at, calendar)
        return after, [CaseFileClosed(after)], calendar
    if after.state is FileState.CLOSED:
        policy = room.reference.policy(after.center_id)
        after = files.looked_over(after, scans_wanted=policy.flag("archive_scans_required"))
        return after, [CaseFileCompleted(after)] if before.gaps and not after.gaps else [], None
    return after, [CaseFileSupplemented(after)] if len(after.entries) > len(before.entries) else [], None


def _closed(room: ArchiveRoom, file: CaseFile, at: datetime, calendar: Calendar) -> CaseFile:
    """Closed at the case's end, its times counted by the center's calendar. Raises ``Unavailable``."""
    policy = room.reference.policy(file.center_id)
    gaps_clock = counted(at, policy.integer("archive_gap_days"), calendar)
    return files.close(
        file,
        at,
        scans_wanted=policy.flag("archive_scans_required"),
        asked=Asked(file.responsible_id, file.responsible_name, gaps_clock.due_at),
        clock=counted(at, policy.integer("archive_hand_over_days"), calendar),
        retention=_retention(room, policy, file),
    )


def _retention(room: ArchiveRoom, policy: Policy, file: CaseFile) -> Retention:
    """By the item, else by its type, else what the center has for all."""
    item = room.reference.item(file.item_id, file.item_version)
    named = {each["item"]: each["term"] for each in policy.data("archive_retention_terms")}
    for key, source in ((file.item_id, "中心设定：按事项"), (item.type_code, "中心设定：按事项类型")):
        if key in named:
            return Retention(Term(named[key]), source)
    return Retention(Term(policy.text("archive_retention_default")), "中心设定：通用")
