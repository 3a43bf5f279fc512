"""Taking a number (取号): rules A01, A02, A05, A06; ZZ28."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.workdays import local_date
from reference import Center, Lane, Policy
from services.queuing.domain import appointment as appointments
from services.queuing.domain import hours
from services.queuing.domain.appointment import Appointment
from services.queuing.domain.events import TicketTaken
from services.queuing.domain.holder import Holder, priority_of
from services.queuing.domain.ticket import Priority, Ticket, printed_number, rank_at
from services.queuing.handlers.days import running_day
from services.queuing.handlers.hall import Hall, appointment_by_code, create_ticket
from services.queuing.handlers.identity import identify
from services.queuing.handlers.kinds import holder_item_key
from services.queuing.handlers.policies import appointment_rules, own_ticket_hours


def take_ticket(
    *,
    hall: Hall,
    call: Call,
    center_id: str,
    item_id: str,
    id_number: str = "",
    holder_name: str = "",
    disabled: bool = False,
    appointment_code: str = "",
    prechecked: bool = False,
) -> Ticket:
    """Takes a number for an item of a center; the visit's journey begins here unless an appointment began it.

    Raises ``NotFound`` (``center_unknown``, ``item_unknown``, ``appointment_not_found``), ``Invalid``
    (``id_number_invalid``, ``id_number_required``) and ``Conflict`` (``item_not_published``, ``center_closed``,
    ``day_closed``, ``precheck_required``, ``ticket_already_active``, ``appointment_…``).
    """
    before = hall.tickets.created_before(call)
    if before is not None:
        return before
    center = hall.reference.center(center_id)
    item = hall.reference.published_item(center_id, item_id)
    policy, calendar = hall.reference.policy(center_id), hall.reference.calendar(center_id)
    hours.require_open(calendar, own_ticket_hours(policy), call.now)
    if policy.flag("ticket_requires_precheck") and not prechecked:
        raise Conflict("precheck_required", "本中心须先填表备齐材料再取号，请到填单台或咨询窗口办理。")
    lane = _lane(center, item.lane)
    booked = _appointment(hall, call, policy, appointment_code, center_id, item_id)
    today = local_date(call.now)
    holder = _holder(hall, policy, id_number, holder_name, booked, today)
    day = running_day(hall, call, center_id, today)
    one_per_item = policy.flag("ticket_one_per_item")
    if one_per_item:
        _require_none_active(hall, center_id, day.day, item_id, holder)
    series_number = hall.store.next_number(f"ticket:{center_id}:{day.day}:{lane.prefix}")
    ticket = Ticket(
        id=hall.ids.new_id(call.now),
        center_id=center_id,
        number=printed_number(lane.prefix, series_number),
        day=day.day,
        lane=lane.key,
        item_id=item_id,
        item_version=item.item_version,
        item_name=item.name,
        department_key=item.department_key,
        priority=_priority(holder, today, disabled, booked, policy),
        taken_at=call.now,
        rank=rank_at(call.now, series_number),
        code=hall.ids.new_code(),
        journey=booked.journey if booked is not None else hall.ids.new_id(call.now),
        holder_masked=holder.name_masked,
        id_number_masked=holder.id_number_masked,
        person=holder.person,
        one_per_item=one_per_item,
        appointment_id=booked.id if booked is not None else "",
    )
    return create_ticket(hall, ticket, [TicketTaken(ticket)], call)


def _lane(center: Center, key: str) -> Lane:
    lane = center.lane(key)
    if lane is None:
        raise Conflict("item_without_lane", "该事项尚未安排排队队列，请到咨询窗口办理。", lane=key)
    return lane


def _holder(hall: Hall, policy: Policy, id_number: str, name: str, booked: Appointment | None, today: date) -> Holder:
    holder = identify(id_number, name, hall.site_secret, today)
    if booked is not None:
        if holder.person and holder.person != booked.person:
            raise Conflict("appointment_of_other_person", "该预约由他人办理，请核对身份证件或直接取号。")
        return replace(
            holder,
            name_masked=holder.name_masked or booked.holder_masked,
            id_number_masked=booked.id_number_masked,
            person=booked.person,
        )
    if policy.flag("ticket_id_number_required") and not holder.person:
        raise Invalid("id_number_required", "本中心取号须出示身份证，请刷身份证或输入号码。", field="id_number")
    return holder


def _appointment(hall: Hall, call: Call, policy: Policy, code: str, center_id: str, item_id: str) -> Appointment | None:
    if not code:
        return None
    booked = appointment_by_code(hall, code)
    if hall.tickets.find_unique("by_appointment", booked.id) is not None:
        raise Conflict("appointment_used", "该预约已取过号，每个预约只能取号一次。")
    rules = appointment_rules(policy)
    appointments.require_usable(booked, rules, center_id=center_id, item_id=item_id, now=call.now)
    return booked


def _require_none_active(hall: Hall, center_id: str, day: str, item_id: str, holder: Holder) -> None:
    """Answers before a number is used up; two that come at once are told apart by the unique key."""
    if not holder.person:
        return
    active = hall.tickets.find_unique("by_holder_item", holder_item_key(center_id, day, item_id, holder.person))
    if active is not None:
        raise Conflict(
            "ticket_already_active", f"您已持有该事项的有效号票 {active.number}，请勿重复取号。", number=active.number
        )


def _priority(holder: Holder, today: date, disabled: bool, booked: Appointment | None, policy: Policy) -> Priority:
    return priority_of(
        holder, on=today, disabled=disabled, appointed=booked is not None, senior_age=policy.integer("senior_age")
    )
