"""Appointments (预约): book, cancel, and what becomes of one when its time has passed (rules A06; facts 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Invalid, Unavailable
from kit.store.port import Duplicate
from kit.workdays import local_date
from services.queuing.domain import appointment as appointments
from services.queuing.domain.appointment import Appointment, AppointmentRules, Slot
from services.queuing.domain.events import AppointmentBooked, AppointmentEnded
from services.queuing.domain.holder import Holder
from services.queuing.handlers.hall import Hall, appointment_by_code
from services.queuing.handlers.identity import identify
from services.queuing.handlers.kinds import person_day_key, slot_key
from services.queuing.handlers.policies import appointment_rules

#: How often another seat is tried when somebody took the one that was free a moment ago.
_ATTEMPTS: Final = 200


def book_appointment(
    *,
    hall: Hall,
    call: Call,
    center_id: str,
    item_id: str,
    day: str,
    slot: str,
    id_number: str,
    holder_name: str = "",
) -> Appointment:
    """Books a time under the holder's ID number; the visit's journey begins here.

    Raises ``NotFound`` (``center_unknown``, ``item_unknown``), ``Invalid`` (``id_number_…``, ``appointment_…``),
    ``Conflict`` (``item_not_published``, ``slot_full``, ``appointment_limit_reached``, ``appointment_…``).
    """
    before = hall.appointments.created_before(call)
    if before is not None:
        return before
    hall.reference.center(center_id)
    item = hall.reference.published_item(center_id, item_id)
    rules = appointment_rules(hall.reference.policy(center_id))
    chosen = appointments.bookable_slot(hall.reference.calendar(center_id), rules, day=day, slot=slot, now=call.now)
    holder = identify(id_number, holder_name, hall.site_secret, local_date(call.now))
    if not holder.person:
        raise Invalid("id_number_required", "预约须实名，请填写身份证号码。", field="id_number")
    for _ in range(_ATTEMPTS):
        seat, person_seat = _free_seats(hall, rules, center_id, item.lane, chosen, holder)
        booked = Appointment(
            id=hall.ids.new_id(call.now),
            center_id=center_id,
            item_id=item_id,
            item_name=item.name,
            lane=item.lane,
            day=chosen.day,
            slot=chosen.start,
            starts_at=chosen.starts_at,
            ends_at=chosen.ends_at,
            holder_masked=holder.name_masked,
            id_number_masked=holder.id_number_masked,
            person=holder.person,
            code=hall.ids.new_code(),
            journey=hall.ids.new_id(call.now),
            seat=seat,
            person_seat=person_seat,
            due_at=appointments.missed_at(chosen.ends_at, rules),
        )
        try:
            return hall.appointments.create(booked, [AppointmentBooked(booked)], call)
        except Duplicate as duplicate:
            if duplicate.index not in ("by_seat", "by_person"):
                raise
    raise Unavailable("slot_busy", "预约的人较多，请稍后重试。")


def cancel_appointment(*, hall: Hall, call: Call, code: str) -> Appointment:
    """Its holder gives a booked time up. Raises ``NotFound``, ``Conflict`` (``appointment_…``)."""
    booked = appointment_by_code(hall, code)
    if hall.tickets.find_unique("by_appointment", booked.id) is not None:
        raise Conflict("appointment_used", "该预约已取过号，不能取消；如不再办理，请取消号票。")
    rules = appointment_rules(hall.reference.policy(booked.center_id))
    cancelled = appointments.cancel(booked, rules, call.now)
    return hall.appointments.save(cancelled, [AppointmentEnded(cancelled)], call)


def settle_appointment(hall: Hall, call: Call, booked: Appointment) -> None:
    """What the alarm of an appointment does: says whether a ticket was taken with it."""
    used = hall.tickets.find_unique("by_appointment", booked.id) is not None
    settled = appointments.settle(booked, used=used)
    hall.appointments.save(settled, [] if used else [AppointmentEnded(settled)], call)


def _free_seats(
    hall: Hall, rules: AppointmentRules, center_id: str, lane: str, slot: Slot, holder: Holder
) -> tuple[int, int]:
    """A free seat of the slot, and of the person's day. Raises ``Conflict`` where there is none."""
    slot_of_lane = slot_key(center_id, lane, slot.day, slot.start)
    taken = hall.appointments.find("by_seat", slot_key=slot_of_lane, limit=rules.slot_capacity).items
    seat = _first_free((one.seat for one in taken), rules.slot_capacity)
    if seat is None:
        raise Conflict("slot_full", "该时段已约满，请选择其他时段。")
    theirs = person_day_key(center_id, slot.day, holder.person)
    booked = hall.appointments.find("by_person", person_day=theirs, limit=rules.per_person_day).items
    person_seat = _first_free((one.person_seat for one in booked), rules.per_person_day)
    if person_seat is None:
        raise Conflict("appointment_limit_reached", f"同一人每日最多预约 {rules.per_person_day} 次，请选择其他日期。")
    return seat, person_seat


def _first_free(taken: Iterable[int], seats: int) -> int | None:
    numbers = set(taken)
    return next((seat for seat in range(1, seats + 1) if seat not in numbers), None)
