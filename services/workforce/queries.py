"""Reads: staff, who sits where, and what the gateway needs to let somebody act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kit.call import Call
from kit.errors import Invalid
from kit.store.port import Range
from kit.store.repository import Found
from kit.workdays import local_date
from services.workforce.domain import sign_in as rules
from services.workforce.domain.covers import Cover, CoverKind
from services.workforce.domain.staff import Staff, StaffState
from services.workforce.domain.windows import WindowAssignment
from services.workforce.handlers.covers import unfinished
from services.workforce.handlers.sign_in import Opened
from services.workforce.handlers.windows import iso_day, today
from services.workforce.handlers.workforce import Workforce

#: The most that a page of staff holds.
PAGE = 200


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who is signed in, and the borders of what they may do."""

    staff: Staff
    centers: tuple[str, ...]
    window_id: str
    session_id: str
    session_expires_at: datetime
    must_change_password: bool
    #: On leave now, and who stands in; empty: nobody does.
    away: bool = False
    stand_in_name: str = ""


def principal(*, workforce: Workforce, call: Call, opened: Opened) -> Principal:
    """Whose session it is. Overseers reach the centers below their own (convention 12)."""
    staff, session = opened.staff, opened.session
    centers = workforce.reference.descendants(staff.center_id) if staff.oversees else frozenset({staff.center_id})
    leave = leave_of([cover for cover in unfinished(workforce, call, staff.id) if cover.holds(call.now)], staff.id)
    return Principal(
        staff=staff,
        centers=tuple(sorted(centers)),
        window_id=window_today(workforce=workforce, call=call, staff_id=staff.id),
        session_id=session.id,
        session_expires_at=rules.expires_at(session, workforce.session_rule(staff.center_id)),
        must_change_password=rules.must_change_password(
            staff, workforce.password_rule(staff.center_id), workforce.real.now()
        ),
        away=leave is not None,
        stand_in_name="" if leave is None else leave.substitute_name,
    )


def window_today(*, workforce: Workforce, call: Call, staff_id: str) -> str:
    """Where somebody sits today; empty: nowhere."""
    assignment = workforce.assignments.find_unique("by_staff_day", staff_id, today(call))
    return assignment.window_id if assignment else ""


def get_staff(*, workforce: Workforce, call: Call, staff_id: str) -> Staff:
    """A member of staff of a center that the caller works for. Raises ``NotFound``, ``Forbidden``."""
    staff = workforce.staff.get(staff_id)
    call.actor.require_center(staff.center_id)
    return staff


def list_staff(
    *, workforce: Workforce, call: Call, center_id: str, limit: int, cursor: str
) -> tuple[Found[Staff], Mapping[str, str]]:
    """A page of a center's staff by username, and where each sits today. Raises ``Forbidden``, ``Invalid``."""
    call.actor.require_center(center_id)
    found = workforce.staff.find("by_center", center_id=center_id, limit=min(max(limit, 0) or 50, PAGE), cursor=cursor)
    seats = workforce.assignments.each("by_center_day", center_id=center_id, day=today(call))
    return found, {seat.staff_id: seat.window_id for seat in seats if seat.staff_id}


def list_assignments(*, workforce: Workforce, call: Call, center_id: str, day: str) -> tuple[WindowAssignment, ...]:
    """Who sits where on a day (ISO; empty: today), by window. Raises ``Forbidden``, ``Invalid``."""
    call.actor.require_center(center_id)
    day = iso_day(day) if day else today(call)
    seats = workforce.assignments.each("by_center_day", center_id=center_id, day=day)
    return tuple(seat for seat in seats if seat.staff_id)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody as colleagues may know them; ``covers``: in which they stand in now."""

    staff: Staff
    away: bool = False
    covers: tuple[Cover, ...] = ()
    stand_in_name: str = ""

    @property
    def active(self) -> bool:
        """Neither suspended nor gone."""
        return self.staff.state is StaffState.ACTIVE


def get_colleague(*, workforce: Workforce, call: Call, staff_id: str) -> Colleague:
    """Somebody of a center that the caller works for, and whether they are here now. Raises ``NotFound``, ``Forbidden``."""
    staff = get_staff(workforce=workforce, call=call, staff_id=staff_id)
    now = [cover for cover in unfinished(workforce, call, staff.id) if cover.holds(call.now)]
    leave = leave_of(now, staff.id)
    covers = tuple(cover for cover in now if cover.substitute_id == staff.id)
    return Colleague(staff, leave is not None, covers, "" if leave is None else leave.substitute_name)


def leave_of(held: Iterable[Cover], staff_id: str) -> Cover | None:
    """Of what is in force now, the leave that somebody is on."""
    return next((cover for cover in held if cover.staff_id == staff_id and cover.kind is CoverKind.LEAVE), None)


def list_colleagues(
    *, workforce: Workforce, call: Call, center_id: str, department_key: str, limit: int, cursor: str
) -> tuple[list[Colleague], str]:
    """Those who work at a center now; a page may be shorter than ``limit`` and go on. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    found = workforce.staff.find(
        "by_center", center_id=center_id, limit=min(max(limit, 0) or PAGE, PAGE), cursor=cursor
    )
    shown = [one for one in map(Colleague, found.items) if one.active]
    return [one for one in shown if department_key in ("", one.staff.department_key)], found.cursor


def list_covers(
    *, workforce: Workforce, call: Call, center_id: str, mine: bool, limit: int, cursor: str
) -> tuple[tuple[Cover, ...], str]:
    """The caller's own covers that aren't over; or a center's, the latest first: to its chiefs those of their department.

    Who oversees nobody sees their own.

    Raises ``Forbidden``.
    """
    actor = call.actor
    actor.require_center(center_id)
    if mine or not actor.has("chief", "supervisor", "manager"):
        own = sorted(unfinished(workforce, call, actor.id), key=lambda cover: (cover.first_day, cover.id))
        return tuple(own[:PAGE]), ""
    page = min(max(limit, 0) or 50, PAGE)
    found = workforce.covers.find("by_center", center_id=center_id, descending=True, limit=page, cursor=cursor)
    if actor.has("supervisor", "manager"):
        return found.items, found.cursor
    return tuple(one for one in found.items if one.department_key == actor.department), found.cursor


@dataclass(frozen=True, slots=True)
class StandIns:
    """How often and how long somebody stood in during a year, and what the center said."""

    staff_id: str
    name: str
    department_key: str
    covers: tuple[Cover, ...]


def list_stand_ins(*, workforce: Workforce, call: Call, center_id: str, year: int) -> tuple[int, tuple[StandIns, ...]]:
    """Who stood in for leave that ended in a year (0: this one); a chief sees those of the own department (rules V07).

    Raises ``Forbidden``, ``Invalid`` (``year_invalid``).
    """
    call.actor.require_center(center_id)
    year = year or int(today(call)[:4])
    if not 2000 <= year <= 9999:
        raise Invalid("year_invalid", "年份不正确，应为四位数字。", field="year")
    found: dict[str, list[Cover]] = {}
    within = Range(least=f"{year}-01-01", below=f"{year + 1}-01-01")
    for cover in workforce.covers.each("by_center", range=within, center_id=center_id):
        theirs = call.actor.has("supervisor", "manager") or cover.department_key == call.actor.department
        begun = cover.first_day <= local_date(cover.ended_at or call.now).isoformat()
        if cover.kind is CoverKind.LEAVE and cover.substitute_id and theirs and begun:
            found.setdefault(cover.substitute_id, []).append(cover)
    rows = (
        StandIns(staff_id, covers[-1].substitute_name, covers[-1].department_key, tuple(covers))
        for staff_id, covers in found.items()
    )
    return year, tuple(sorted(rows, key=lambda row: (row.department_key, row.name, row.staff_id)))
