"""What the use cases work with: repositories, reference data, ids, and what is kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Forbidden, NotFound
from kit.events import DomainEvent
from kit.ids import Ids
from kit.store.port import Duplicate, Store
from kit.store.repository import Repository, check_version
from reference import Reference
from services.queuing.domain.appointment import Appointment
from services.queuing.domain.board import Board
from services.queuing.domain.hall_day import HallDay
from services.queuing.domain.ticket import Ticket
from services.queuing.domain.window import HallWindow
from services.queuing.handlers.claims import Claims
from services.queuing.handlers.kept import Kept

#: How old, in seconds, what is kept in memory may be when another process has written meanwhile.
_SECONDS: Final = 0.25
#: How old the estimate of service times may be.
_ESTIMATE_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Hall:
    """Plain wiring, built in main.py."""

    store: Store
    tickets: Repository[Ticket]
    windows: Repository[HallWindow]
    days: Repository[HallDay]
    appointments: Repository[Appointment]
    reference: Reference
    ids: Ids
    #: What ID numbers are keyed with, so that none has to be kept.
    site_secret: bytes = field(repr=False)
    claims: Claims = field(default_factory=Claims)
    boards: Kept[Board] = field(default_factory=lambda: Kept(_SECONDS))
    floors: Kept[tuple[HallWindow, ...]] = field(default_factory=lambda: Kept(_SECONDS))
    means: Kept[dict[str, float]] = field(default_factory=lambda: Kept(_ESTIMATE_SECONDS))

    def floor(self, center_id: str) -> tuple[HallWindow, ...]:
        """The windows of a center that were opened some time."""
        return self.floors.get(center_id, lambda: tuple(self.windows.each("by_center", center_id=center_id)))


def create_ticket(hall: Hall, ticket: Ticket, events: Sequence[DomainEvent], call: Call) -> Ticket:
    """Writes a new ticket. Raises ``Conflict`` where a unique key says that there is one already."""
    try:
        created = hall.tickets.create(ticket, events, call)
    except Duplicate as duplicate:
        raise refused(duplicate) from duplicate
    hall.boards.forget(ticket.center_id)
    return created


def save_ticket(hall: Hall, ticket: Ticket, events: Sequence[DomainEvent], call: Call) -> Ticket:
    """Writes a changed ticket. Raises ``Stale``, or ``Conflict`` where a unique key stands against it."""
    try:
        saved = hall.tickets.save(ticket, events, call)
    except Duplicate as duplicate:
        raise refused(duplicate) from duplicate
    hall.boards.forget(ticket.center_id)
    return saved


def save_window(hall: Hall, window: HallWindow, events: Sequence[DomainEvent], call: Call) -> HallWindow:
    """Writes a new or changed window. Raises ``Stale``, or ``Conflict`` when its holder has another window."""
    try:
        saved = hall.windows.save(window, events, call) if window.version else hall.windows.create(window, events, call)
    except Duplicate as duplicate:
        raise refused(duplicate) from duplicate
    hall.floors.forget(window.center_id)
    hall.boards.forget(window.center_id)
    return saved


_REFUSALS: Final = {
    "at_window": ("window_has_ticket", "窗口还有未完成的号票，请先办结、转号或标记过号。"),
    "by_holder_item": ("ticket_already_active", "您已持有该事项的有效号票，请勿重复取号。"),
    "by_appointment": ("appointment_used", "该预约已取过号，每个预约只能取号一次。"),
    "by_holder": ("staff_holds_window", "您已开放另一个窗口，请先关闭后再开放本窗口。"),
    "id": ("window_taken", "该窗口刚被其他人员开放，请刷新后重试。"),
}


def refused(duplicate: Duplicate) -> Conflict:
    """What the refusal of a unique key means."""
    refusal = _REFUSALS.get(duplicate.index)
    return Conflict(*refusal) if refusal is not None else duplicate


def ticket_at_window(hall: Hall, window_id: str) -> Ticket | None:
    """The ticket that is being called or served at a window."""
    return hall.tickets.find_unique("at_window", window_id)


def ticket_by_code(hall: Hall, code: str) -> Ticket:
    """The ticket whose holder shows this code. Raises ``NotFound``, the same for every wrong code."""
    ticket = hall.tickets.find_unique("by_code", code) if code else None
    if ticket is None:
        raise NotFound("ticket_not_found", "没有找到该号票，请核对号票上的二维码或编码。")
    return ticket


def appointment_by_code(hall: Hall, code: str) -> Appointment:
    """The appointment of this code, which may be typed in capitals. Raises ``NotFound``."""
    code = code.strip().lower()
    appointment = hall.appointments.find_unique("by_code", code) if code else None
    if appointment is None:
        raise NotFound("appointment_not_found", "没有找到该预约，请核对预约码。")
    return appointment


def ticket_of_center(hall: Hall, call: Call, ticket_id: str) -> Ticket:
    """A ticket of a center that the actor works for. Raises ``NotFound``, ``Forbidden``."""
    ticket = hall.tickets.get(ticket_id)
    call.actor.require_center(ticket.center_id)
    return ticket


def ticket_in_hand(hall: Hall, call: Call, ticket_id: str, expected_version: int) -> Ticket:
    """A ticket that the actor may work on: nobody else has it in hand.

    Raises ``NotFound``, ``Forbidden`` (``ticket_not_yours``), ``Stale``. A ticket that is in nobody's hand is refused
    by its state.
    """
    ticket = ticket_of_center(hall, call, ticket_id)
    if ticket.staff_id and ticket.staff_id != call.actor.id:
        raise Forbidden("ticket_not_yours", f"号票 {ticket.number} 由其他窗口办理，请在自己的窗口操作。")
    check_version(ticket, expected_version)
    return ticket
