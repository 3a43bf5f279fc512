"""Orders of supervision to a department (督办): answered in time, escalated when not, reviewed (rules F06, G03, G04)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Forbidden, Invalid
from kit.workdays import Calendar, Deadline, Limit, Unit, due
from services.supervision.domain.cards import Card, CardState, Person, SubjectKind
from services.supervision.domain.watches import Watch

#: Who orders when no person does.
SYSTEM = Person("", "系统")


class OrderKind(StrEnum):
    """Why supervision orders something."""

    #: 督办: a person urges a department and wants an answer (rules G03, G04).
    URGE = "urge"
    #: 超时默认: the promise is over, so what was applied for is to be handled and issued at once (rules F06).
    TACIT_APPROVAL = "tacit_approval"


class OrderState(StrEnum):
    """Life of an order."""

    OPEN = "open"
    #: The department answered; supervision reviews.
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the department says to an order."""

    text: str
    by: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """An order that wasn't answered goes up to a named level."""

    level: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """What a department is told to do about one clock, with every answer, review and level that it went up to."""

    id: str
    center_id: str
    kind: OrderKind
    state: OrderState
    department_key: str
    subject_kind: SubjectKind
    subject_id: str
    subject_number: str
    title: str
    journey: str
    text: str
    issued_by: Person
    issued_at: datetime
    #: Working days for the answer, and from when they are counted.
    days: int
    since: datetime
    answer_due_at: datetime
    due_provisional: bool
    #: Whom it goes up to when nobody answers, as its center had it when it was issued.
    levels: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    #: What the reviews said, beside the answers: the last one is empty while it waits for its review.
    reviews: tuple[str, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    closed_at: datetime | None = None
    version: int = 0

    @property
    def next_level(self) -> str:
        """Whom it goes up to when its time is over; empty when there is nobody left, or nothing to wait for."""
        levels = self.levels[len(self.escalations) :]
        return levels[0] if levels and self.state is OrderState.OPEN else ""


@dataclass(frozen=True, slots=True)
class OrderIssued:
    """Supervision orders something of a department."""

    order: Order

    @property
    def rules(self) -> str:
        """By which rule."""
        return "rules F06" if self.order.kind is OrderKind.TACIT_APPROVAL else "rules G03, G04"


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """The department answered."""

    order: Order
    rules: str = "rules G03"


@dataclass(frozen=True, slots=True)
class OrderSentBack:
    """The review found the answer wanting."""

    order: Order
    rules: str = "rules G03"


@dataclass(frozen=True, slots=True)
class OrderEscalated:
    """Nobody answered in time, so the next level is told."""

    order: Order
    rules: str = "rules G03"


@dataclass(frozen=True, slots=True)
class OrderDeadlineRecomputed:
    """The limit of its answer was counted anew, as a calendar changed."""

    order: Order
    old_due_at: datetime
    reason: str
    rules: str = "许可法 82"


@dataclass(frozen=True, slots=True)
class OrderClosed:
    """The review accepted the answer, or what was ordered is done."""

    order: Order
    rules: str = "rules G03"


OrderEvent = OrderIssued | OrderAnswered | OrderSentBack | OrderEscalated | OrderDeadlineRecomputed | OrderClosed


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What a center sets for its orders: working days for the answer, and whom they go up to."""

    days: int
    levels: tuple[str, ...]
    calendar: Calendar


def urge(id: str, about: Watch | Card, text: str, by: Person, terms: OrderTerms, now: datetime) -> Order:
    """A person's order about a watched clock or a card (rules G03, G04).

    Raises ``Conflict`` (``watch_ended``, ``card_not_active``).
    """
    if isinstance(about, Watch) and about.ended_at is not None:
        raise Conflict("watch_ended", "该事项已经办结，无需督办；对结果有疑问的请另行核查。", subject=about.seen.id)
    if isinstance(about, Card) and about.state is not CardState.ACTIVE:
        raise Conflict("card_not_active", "该牌已经恢复或者撤销，无需督办。", state=about.state)
    return _issued(id, OrderKind.URGE, _subject(about), text, by, terms, now)


def tacit_approval(id: str, card: Card, terms: OrderTerms, now: datetime) -> Order:
    """What follows when a case is late: it is to be handled and its result issued at once (超时默认, rules F06)."""
    text = "该事项已超过承诺时限，启动超时默认：请立即办理并核发结果，并书面说明超时原因。"
    return _issued(id, OrderKind.TACIT_APPROVAL, _subject(card), text, SYSTEM, terms, now)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What an order is about, and whose it is."""

    center_id: str
    department_key: str
    kind: SubjectKind
    id: str
    number: str
    title: str
    journey: str


def _subject(about: Watch | Card) -> _Subject:
    if isinstance(about, Card):
        kind, id, number = about.subject_kind, about.subject_id, about.subject_number
        return _Subject(about.center_id, about.department_key, kind, id, number, about.title, about.journey)
    seen = about.seen
    return _Subject(seen.center_id, seen.department_key, seen.kind, seen.id, seen.number, seen.title, seen.journey)


def _issued(
    id: str, kind: OrderKind, about: _Subject, text: str, by: Person, terms: OrderTerms, now: datetime
) -> Order:
    deadline = _deadline(now, terms.days, terms.calendar)
    return Order(
        id=id,
        center_id=about.center_id,
        kind=kind,
        state=OrderState.OPEN,
        department_key=about.department_key,
        subject_kind=about.kind,
        subject_id=about.id,
        subject_number=about.number,
        title=about.title,
        journey=about.journey,
        text=text,
        issued_by=by,
        issued_at=now,
        days=terms.days,
        since=now,
        answer_due_at=deadline.due_at or now,
        due_provisional=deadline.provisional,
        levels=terms.levels,
    )


def answer(order: Order, text: str, by: Person, now: datetime) -> Order:
    """The order with its department's answer, waiting for the review. Raises ``Conflict`` (``order_not_open``)."""
    if order.state is not OrderState.OPEN:
        raise Conflict("order_not_open", "该督办单已答复或已办结，请刷新后查看。", state=order.state)
    return replace(
        order,
        state=OrderState.ANSWERED,
        answers=(*order.answers, Answer(text, by, now)),
        reviews=(*order.reviews, ""),
    )


def close(order: Order, note: str, by: Person, now: datetime) -> Order:
    """The order as accepted by a review. Raises ``Conflict`` (``order_not_answered``), ``Forbidden`` (``own_answer``)."""
    _require_review(order, by)
    return replace(order, state=OrderState.CLOSED, reviews=(*order.reviews[:-1], note), closed_at=now)


def send_back(order: Order, note: str, by: Person, calendar: Calendar, now: datetime) -> Order:
    """The order back at its department, with as many days again.

    Raises ``Conflict`` (``order_not_answered``), ``Forbidden`` (``own_answer``), ``Invalid`` without a note.
    """
    _require_review(order, by)
    if not note:
        raise Invalid("review_note_required", "退回须写明原因，请填写审核意见。", field="note")
    back = replace(order, state=OrderState.OPEN, reviews=(*order.reviews[:-1], note), since=now)
    return by_calendar(back, calendar)


def done(order: Order, now: datetime) -> Order:
    """An order of tacit approval after the case was decided: what it asked for is done (rules F06)."""
    return replace(order, state=OrderState.CLOSED, closed_at=now)


def escalate(order: Order, calendar: Calendar, now: datetime) -> Order:
    """The order at its next level, with as many days again (rules G03)."""
    up = Escalation(order.next_level, now)
    return by_calendar(replace(order, escalations=(*order.escalations, up), since=now), calendar)


def by_calendar(order: Order, calendar: Calendar) -> Order:
    """The order with its limit by a calendar; unchanged unless it waits for an answer."""
    if order.state is not OrderState.OPEN:
        return order
    deadline = _deadline(order.since, order.days, calendar)
    return replace(order, answer_due_at=deadline.due_at or order.answer_due_at, due_provisional=deadline.provisional)


def _deadline(since: datetime, days: int, calendar: Calendar) -> Deadline:
    return due(since, Limit(days, Unit.WORKING_DAY, "rules G03"), calendar)


def _require_review(order: Order, by: Person) -> None:
    if order.state is not OrderState.ANSWERED:
        raise Conflict("order_not_answered", "该督办单尚未答复或已办结，不能审核。", state=order.state)
    if order.answers[-1].by.id == by.id:
        raise Forbidden("own_answer", "不能审核本人的答复，请由其他监察人员处理。")
