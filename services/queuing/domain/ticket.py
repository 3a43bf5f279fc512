"""A ticket (号票) and what may become of it.

``ALLOWED`` is the whole state machine: an action on a ticket in any other state raises and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict


class TicketState(StrEnum):
    """Life of a ticket."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    HELD = "held"
    FINISHED = "finished"
    MISSED = "missed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Priority(StrEnum):
    """Why a ticket is called before others (rules A05, A06)."""

    NORMAL = "normal"
    APPOINTMENT = "appointment"
    SENIOR = "senior"
    DISABLED = "disabled"

    @property
    def queue_class(self) -> str:
        """The sub-queue of a lane: seniors and the disabled stand in one."""
        return "priority" if self in (Priority.SENIOR, Priority.DISABLED) else self.value


#: The sub-queues of a lane.
QUEUE_CLASSES: Final = ("normal", "appointment", "priority")


class Action(StrEnum):
    """What may be done to a ticket."""

    CALL = "call"
    RECALL = "recall"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    FINISH = "finish"
    MISS = "miss"
    RETURN = "return"
    TRANSFER = "transfer"
    CANCEL = "cancel"
    #: Left over when the day was closed.
    EXPIRE = "expire"
    #: Left over when even overtime had ended (rules O01).
    SWEEP = "sweep"


_WAITING, _CALLED, _SERVING, _HELD, _MISSED = (
    TicketState.WAITING,
    TicketState.CALLED,
    TicketState.SERVING,
    TicketState.HELD,
    TicketState.MISSED,
)

#: The states from which an action is allowed.
ALLOWED: Final[Mapping[Action, frozenset[TicketState]]] = MappingProxyType(
    {
        Action.CALL: frozenset({_WAITING}),
        Action.RECALL: frozenset({_CALLED}),
        Action.START: frozenset({_CALLED}),
        Action.HOLD: frozenset({_SERVING}),
        Action.RESUME: frozenset({_HELD}),
        Action.FINISH: frozenset({_SERVING}),
        Action.MISS: frozenset({_CALLED}),
        Action.RETURN: frozenset({_MISSED}),
        Action.TRANSFER: frozenset({_WAITING, _CALLED, _SERVING, _HELD}),
        Action.CANCEL: frozenset({_WAITING, _CALLED, _MISSED}),
        Action.EXPIRE: frozenset({_WAITING, _CALLED, _HELD, _MISSED}),
        Action.SWEEP: frozenset({_WAITING, _CALLED, _HELD, _MISSED, _SERVING}),
    }
)

#: Holds its holder's place: nobody may hold two of these for one item where the center's policy says so.
ACTIVE: Final = frozenset({_WAITING, _CALLED, _SERVING, _HELD})
#: Stands at a window: a window has one of these at the most.
AT_WINDOW: Final = frozenset({_CALLED, _SERVING})

_REFUSALS: Final[Mapping[Action, tuple[str, str]]] = MappingProxyType(
    {
        Action.CALL: ("ticket_not_waiting", "不在等候中，不能叫号"),
        Action.RECALL: ("ticket_not_called", "不在已叫号状态，不能重呼"),
        Action.START: ("ticket_not_called", "不在已叫号状态，不能开始办理"),
        Action.HOLD: ("ticket_not_serving", "不在办理中，不能挂起"),
        Action.RESUME: ("ticket_not_held", "未挂起，不能恢复办理"),
        Action.FINISH: ("ticket_not_serving", "不在办理中，不能办结"),
        Action.MISS: ("ticket_not_called", "不在已叫号状态，不能标记过号"),
        Action.RETURN: ("ticket_not_missed", "未过号，无需恢复排队"),
        Action.TRANSFER: ("ticket_not_transferable", "已结束或已过号，不能转号"),
        Action.CANCEL: ("ticket_not_cancellable", "正在办理或已结束，不能取消"),
        Action.EXPIRE: ("ticket_not_left_over", "正在办理或已结束，不能按日终清理"),
        Action.SWEEP: ("ticket_not_left_over", "已结束，不能清理"),
    }
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

#: Places between two milliseconds, so that a returned ticket fits between two others.
RANKS_PER_MS: Final = 1000
RANKS_PER_MINUTE: Final = 60_000 * RANKS_PER_MS


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the queue; the ID number is kept masked and as a keyed hash only (convention 13).

    ``rank`` orders waiting tickets across lanes: the time of taking with room between (see ``rank_at``). ``day`` is
    the center's local date (ISO). ``called_at`` is the first call of this turn, ``announced_at`` the latest.
    """

    id: str
    center_id: str
    number: str
    day: str
    lane: str
    item_id: str
    item_version: int
    item_name: str
    department_key: str
    priority: Priority
    taken_at: datetime
    rank: int
    code: str
    journey: str
    state: TicketState = TicketState.WAITING
    holder_masked: str = ""
    id_number_masked: str = ""
    #: Keyed hash of the ID number; empty when none was shown.
    person: str = ""
    #: The center lets a person hold one active ticket per item.
    one_per_item: bool = False
    appointment_id: str = ""
    target_window_id: str = ""
    window_id: str = ""
    window_number: str = ""
    #: Where it was last called; kept when it leaves the window, as the fair choice there looks back at it.
    last_window_id: str = ""
    staff_id: str = ""
    staff_name: str = ""
    calls: int = 0
    returns: int = 0
    called_at: datetime | None = None
    announced_at: datetime | None = None
    serving_at: datetime | None = None
    finished_at: datetime | None = None
    miss_reason: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Counter:
    """An open window and who sits there."""

    window_id: str
    window_number: str
    staff_id: str
    staff_name: str


def rank_at(at: datetime, series_number: int) -> int:
    """The rank of a ticket taken at a time; within a millisecond the printed numbers decide."""
    return (at - _EPOCH) // _MILLISECOND * RANKS_PER_MS + series_number % RANKS_PER_MS


def printed_number(prefix: str, series_number: int) -> str:
    """What is printed and called: the lane's letter and at least three digits, e.g. ``A012``."""
    return f"{prefix}{series_number:03d}"


def require(ticket: Ticket, action: Action) -> None:
    """Raises ``Conflict`` unless the ticket's state allows the action."""
    if ticket.state not in ALLOWED[action]:
        code, refusal = _REFUSALS[action]
        raise Conflict(code, f"号票 {ticket.number} {refusal}，请刷新后核对状态。", state=ticket.state.value)


def call(ticket: Ticket, counter: Counter, now: datetime) -> Ticket:
    """Calls it to a window (rules A01)."""
    require(ticket, Action.CALL)
    return replace(
        ticket,
        state=TicketState.CALLED,
        window_id=counter.window_id,
        window_number=counter.window_number,
        last_window_id=counter.window_id,
        staff_id=counter.staff_id,
        staff_name=counter.staff_name,
        calls=1,
        called_at=now,
        announced_at=now,
        miss_reason="",
    )


def recall(ticket: Ticket, now: datetime, limit: int) -> Ticket:
    """Calls it again, up to ``limit`` times a turn. Raises ``Conflict`` (``recall_limit_reached``)."""
    require(ticket, Action.RECALL)
    if ticket.calls > limit:
        raise Conflict("recall_limit_reached", f"号票 {ticket.number} 已达到重呼次数上限，请按过号处理。", limit=limit)
    return replace(ticket, calls=ticket.calls + 1, announced_at=now)


def start(ticket: Ticket, now: datetime) -> Ticket:
    """Begins the service."""
    require(ticket, Action.START)
    return replace(ticket, state=TicketState.SERVING, serving_at=now)


def hold(ticket: Ticket) -> Ticket:
    """Puts the service aside; the window is free for the next."""
    require(ticket, Action.HOLD)
    return replace(ticket, state=TicketState.HELD)


def resume(ticket: Ticket, counter: Counter) -> Ticket:
    """Goes on with a held service, at this or another window."""
    require(ticket, Action.RESUME)
    return replace(
        ticket,
        state=TicketState.SERVING,
        window_id=counter.window_id,
        window_number=counter.window_number,
        staff_id=counter.staff_id,
        staff_name=counter.staff_name,
    )


def finish(ticket: Ticket, now: datetime) -> Ticket:
    """Ends the service (rules Q04)."""
    require(ticket, Action.FINISH)
    return replace(ticket, state=TicketState.FINISHED, finished_at=now)


def miss(ticket: Ticket, reason: str) -> Ticket:
    """Its holder did not come; a reason is given (facts 8)."""
    require(ticket, Action.MISS)
    return replace(ticket, state=TicketState.MISSED, miss_reason=reason)


def put_back(ticket: Ticket, rank: int, limit: int) -> Ticket:
    """Brings a missed one back into the queue, up to ``limit`` times. Raises ``Conflict`` (``return_limit_reached``)."""
    require(ticket, Action.RETURN)
    if ticket.returns >= limit:
        raise Conflict("return_limit_reached", f"号票 {ticket.number} 恢复排队次数已用完，请重新取号。", limit=limit)
    return replace(_waiting_again(ticket), rank=rank, returns=ticket.returns + 1)


def transfer(ticket: Ticket, lane: str, target_window_id: str) -> Ticket:
    """Sends it to another lane or window; it keeps the place that its time of taking gives it (rules A10)."""
    require(ticket, Action.TRANSFER)
    return replace(_waiting_again(ticket), lane=lane, target_window_id=target_window_id)


def cancel(ticket: Ticket) -> Ticket:
    """Its holder gives it up."""
    require(ticket, Action.CANCEL)
    return replace(ticket, state=TicketState.CANCELLED)


def expire(ticket: Ticket) -> Ticket:
    """Ends what is left when the day is closed; who is being served is still served (rules O01)."""
    require(ticket, Action.EXPIRE)
    return replace(ticket, state=TicketState.EXPIRED)


def sweep(ticket: Ticket) -> Ticket:
    """Ends what is left when even overtime has ended, services that nobody finished too."""
    require(ticket, Action.SWEEP)
    return replace(ticket, state=TicketState.EXPIRED)


def _waiting_again(ticket: Ticket) -> Ticket:
    return replace(
        ticket,
        state=TicketState.WAITING,
        window_id="",
        window_number="",
        staff_id="",
        staff_name="",
        calls=0,
        called_at=None,
        serving_at=None,
    )
