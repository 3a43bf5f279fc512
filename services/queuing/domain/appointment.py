"""A booked time (预约): rules A06; the ways of booking come from practice (facts 8) and are a center's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict, Invalid
from kit.workdays import Calendar, local_date, local_instant


class AppointmentState(StrEnum):
    """Life of an appointment."""

    BOOKED = "booked"
    USED = "used"
    CANCELLED = "cancelled"
    MISSED = "missed"


class AppointmentAct(StrEnum):
    """What ends an appointment: a ticket, its holder, or its time."""

    USE = "use"
    CANCEL = "cancel"
    SETTLE = "settle"


#: In which states it may be done; in any other it raises and changes nothing.
ALLOWED: Final[Mapping[AppointmentAct, frozenset[AppointmentState]]] = MappingProxyType(
    dict.fromkeys(AppointmentAct, frozenset({AppointmentState.BOOKED}))
)


@dataclass(frozen=True, slots=True)
class AppointmentRules:
    """A center's settings; minutes and days as their names say."""

    days_ahead: int
    from_days: int
    lead_min: int
    slot_min: int
    slot_capacity: int
    per_person_day: int
    cancel_min: int
    early_min: int
    grace_min: int


@dataclass(frozen=True, slots=True)
class Appointment:
    """A seat in a slot of a lane. ``day`` is an ISO date, ``slot`` the local start as HH:MM.

    ``seat`` numbers the places of a slot, ``person_seat`` a person's appointments of a day: unique keys over them
    keep the capacity, whoever books at the same time. ``due_at``: when an unused one has been missed.
    """

    id: str
    center_id: str
    item_id: str
    item_name: str
    lane: str
    day: str
    slot: str
    starts_at: datetime
    ends_at: datetime
    holder_masked: str
    id_number_masked: str
    person: str
    code: str
    journey: str
    seat: int = 1
    person_seat: int = 1
    state: AppointmentState = AppointmentState.BOOKED
    due_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a day that may be booked."""

    day: str
    start: str
    starts_at: datetime
    ends_at: datetime


def slots_of(calendar: Calendar, on: date, slot_min: int) -> tuple[Slot, ...]:
    """The slots of a day, within the center's hours."""
    return tuple(
        Slot(on.isoformat(), f"{minute // 60:02d}:{minute % 60:02d}", local_instant(on, minute),
             local_instant(on, minute + slot_min))
        for hours in calendar.opening_intervals(on)
        for minute in range(hours.start, hours.end - slot_min + 1, slot_min)
    )  # fmt: skip


def bookable_slot(calendar: Calendar, rules: AppointmentRules, *, day: str, slot: str, now: datetime) -> Slot:
    """The slot of this day and start (facts 8).

    Raises ``Invalid`` (``appointment_day_invalid``, ``appointment_slot_invalid``) or ``Conflict``
    (``appointment_day_not_bookable``, ``appointment_too_late``).
    """
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise Invalid("appointment_day_invalid", "预约日期格式有误，请写成 2026-11-23 的形式。", field="day") from None
    today = local_date(now)
    first, last = today + timedelta(days=rules.from_days), calendar.next_working_day(today, rules.days_ahead)
    if not first <= on <= last:
        raise Conflict(
            "appointment_day_not_bookable",
            f"该日期不可预约，可预约 {first} 至 {last}，请重新选择。",
            first=first,
            last=last,
        )
    slots = slots_of(calendar, on, rules.slot_min)
    if not slots:
        raise Conflict("appointment_day_not_bookable", "该日中心不对外服务，请选择其他日期。", first=first, last=last)
    found = next((one for one in slots if one.start == slot), None)
    if found is None:
        open_slots = "、".join(one.start for one in slots)
        raise Invalid("appointment_slot_invalid", f"没有该预约时段，可选时段为 {open_slots}。", field="slot")
    if found.starts_at - timedelta(minutes=rules.lead_min) < now:
        raise Conflict("appointment_too_late", "该时段即将开始或已过，请选择其他时段。")
    return found


def missed_at(ends_at: datetime, rules: AppointmentRules) -> datetime:
    """When an unused appointment has been missed: a minute after the last moment at which it could be used."""
    return ends_at + timedelta(minutes=rules.grace_min + 1)


def require_usable(
    appointment: Appointment, rules: AppointmentRules, *, center_id: str, item_id: str, now: datetime
) -> None:
    """Raises ``Conflict`` unless a ticket for this item of this center may be taken with it now."""
    if appointment.state is AppointmentState.CANCELLED:
        raise Conflict("appointment_cancelled", "该预约已取消，请直接取号或重新预约。")
    if appointment.state is AppointmentState.USED:
        raise Conflict("appointment_used", "该预约已取过号，每个预约只能取号一次。")
    if (appointment.center_id, appointment.item_id) != (center_id, item_id):
        raise Conflict("appointment_for_other_item", f"该预约的事项是“{appointment.item_name}”，请选择该事项取号。")
    opens = appointment.starts_at - timedelta(minutes=rules.early_min)
    closes = appointment.ends_at + timedelta(minutes=rules.grace_min)
    when = f"{appointment.day} {appointment.slot}"
    if now < opens:
        raise Conflict("appointment_too_early", f"预约时段为 {when}，请于开始前 {rules.early_min} 分钟内取号。")
    if appointment.state not in ALLOWED[AppointmentAct.USE] or now >= closes:
        raise Conflict("appointment_missed", f"预约时段为 {when}，已过时限，请直接取号或重新预约。")


def cancel(appointment: Appointment, rules: AppointmentRules, now: datetime) -> Appointment:
    """Gives it up, in time (facts 8). Raises ``Conflict``."""
    if appointment.state not in ALLOWED[AppointmentAct.CANCEL]:
        raise Conflict("appointment_ended", "该预约已使用、取消或过期，无需再取消。", state=appointment.state.value)
    if now > appointment.starts_at - timedelta(minutes=rules.cancel_min):
        raise Conflict("appointment_cancel_too_late", f"取消预约须提前 {rules.cancel_min} 分钟，现已不能取消。")
    return replace(appointment, state=AppointmentState.CANCELLED, due_at=None)


def settle(appointment: Appointment, *, used: bool) -> Appointment:
    """Says, once its time has passed, whether a ticket was taken with it."""
    if appointment.state not in ALLOWED[AppointmentAct.SETTLE]:
        raise Conflict("appointment_ended", "该预约已结束。", state=appointment.state.value)
    return replace(appointment, state=AppointmentState.USED if used else AppointmentState.MISSED, due_at=None)
