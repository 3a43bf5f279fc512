"""Orders to departments: issued, answered, reviewed, escalated (rules F06, G03, G04)."""

from __future__ import annotations

import contextlib
from typing import Any

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import NotFound
from kit.store.port import Duplicate, Mark
from kit.store.repository import check_version
from kit.text import clean
from reference.recounting import Recounting
from services.supervision.domain import orders
from services.supervision.domain.cards import Card, Colour, SubjectKind, Trigger
from services.supervision.domain.orders import (
    Order,
    OrderAnswered,
    OrderClosed,
    OrderDeadlineRecomputed,
    OrderEscalated,
    OrderIssued,
    OrderSentBack,
    OrderState,
    OrderTerms,
)
from services.supervision.domain.watches import Watch, watch_id
from services.supervision.handlers.cards import theirs, who
from services.supervision.handlers.tower import Tower

#: What an order, an answer and a review may have, in characters.
MAX_TEXT = 2000


def recounting(tower: Tower) -> Recounting[Order]:
    """How the limits of open orders follow their center's calendar (许可法 82)."""
    return Recounting(
        service="supervision",
        reference=tower.reference,
        repository=tower.orders,
        center_of=lambda order: order.center_id,
        running=lambda center_id: tower.orders.each("by_center", center_id=center_id, state=OrderState.OPEN.value),
        count=orders.by_calendar,
        due_at=lambda order: order.answer_due_at,
        moved=lambda before, after, reason: OrderDeadlineRecomputed(after, before.answer_due_at, reason),
    )


def issue_order(*, tower: Tower, call: Call, watched: str, card_id: str, text: str) -> Order:
    """A supervisor urges the department that has a clock, or a card, and wants an answer (督办, rules G03, G04).

    Raises ``NotFound`` (``watch_not_found``, ``card_not_found``), ``Forbidden``, ``Conflict`` (``watch_ended``,
    ``card_not_active``), ``Invalid``, ``Unavailable`` (``reference_not_ready``).
    """
    before = tower.orders.created_before(call)
    if before is not None:
        return before
    about = theirs(tower, call, card_id) if card_id else _watch(tower, call, watched)
    said = clean(text, field="text", max_length=MAX_TEXT, multiline=True)
    terms = _terms(tower, about.center_id if isinstance(about, Card) else about.seen.center_id)
    issued = orders.urge(tower.ids.new_id(call.now), about, said, who(call), terms, call.now)
    saved = tower.orders.create(issued, [OrderIssued(issued)], call)
    return recounting(tower).by_the_present(call, saved, terms.calendar)


def _watch(tower: Tower, call: Call, watched: str) -> Watch:
    watch = tower.watches.find_by_id(watched)
    if watch is None:
        raise NotFound("watch_not_found", "没有找到被监察的事项，请核对后重试。")
    call.actor.require_center(watch.seen.center_id)
    return watch


def order_tacit_approval(*, tower: Tower, call: Call, card: Card, mark: Mark) -> None:
    """What follows the red card of a case, where its center has it so (超时默认, rules F06); once a card.

    Raises ``AlreadyApplied``, ``Unavailable`` (``reference_not_ready``).
    """
    late_case = card.subject_kind is SubjectKind.CASE and card.colour is Colour.RED
    late_case = late_case and card.trigger in (Trigger.PROMISE, Trigger.LAW)
    if not late_case or not tower.reference.policy(card.center_id).flag("tacit_approval") or _is_over(tower, card):
        return
    terms = _terms(tower, card.center_id)
    ordered = orders.tacit_approval(_tacit_id(watch_id(card.subject_kind, card.subject_id)), card, terms, call.now)
    with contextlib.suppress(Duplicate):
        saved = tower.orders.create(ordered, [OrderIssued(ordered)], call, mark=mark)
        recounting(tower).by_the_present(call, saved, terms.calendar)
    if _is_over(tower, card):  # its end was heard of meanwhile, before there was an order to close
        close_what_is_done(tower=tower, call=call, kind=card.subject_kind, subject_id=card.subject_id)


def _is_over(tower: Tower, card: Card) -> bool:
    watch = tower.watches.find_by_id(watch_id(card.subject_kind, card.subject_id))
    return watch is not None and watch.ended_at is not None


def close_what_is_done(*, tower: Tower, call: Call, kind: SubjectKind, subject_id: str) -> None:
    """Closes the order of tacit approval of a case that has been decided (rules F06). Raises ``Stale``."""
    if kind is not SubjectKind.CASE:
        return  # nothing else is ordered by itself
    order = tower.orders.find_by_id(_tacit_id(watch_id(kind, subject_id)))
    if order is not None and order.state is not OrderState.CLOSED:
        closed = orders.done(order, call.now)
        tower.orders.save(closed, [OrderClosed(closed)], call)


def _tacit_id(watch: str) -> str:
    """The id that the one order of tacit approval about a watched case must have."""
    return f"{watch}-red-tacit"


def answer_order(*, tower: Tower, call: Call, order_id: str, text: str, expected_version: int) -> Order:
    """The department answers (rules G03).

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict`` (``order_not_open``), ``Invalid``.
    """
    order = order_of(tower, call, order_id)
    call.actor.require_department(order.center_id, order.department_key)
    check_version(order, expected_version)
    said = clean(text, field="text", max_length=MAX_TEXT, multiline=True)
    answered = orders.answer(order, said, who(call), call.now)
    return tower.orders.save(answered, [OrderAnswered(answered)], call)


def review_order(*, tower: Tower, call: Call, order_id: str, accepted: bool, note: str, expected_version: int) -> Order:
    """Supervision accepts an answer or sends it back with as many days again (rules G03).

    Raises ``NotFound``, ``Forbidden`` (``own_answer``), ``Stale``, ``Conflict`` (``order_not_answered``), ``Invalid``
    (``review_note_required``), ``Unavailable`` (``reference_not_ready``).
    """
    order = order_of(tower, call, order_id)
    check_version(order, expected_version)
    said = clean(note, field="note", max_length=MAX_TEXT, multiline=True, required=False)
    if accepted:
        closed = orders.close(order, said, who(call), call.now)
        return tower.orders.save(closed, [OrderClosed(closed)], call)
    calendar = tower.reference.calendar(order.center_id)
    back = orders.send_back(order, said, who(call), calendar, call.now)
    saved = tower.orders.save(back, [OrderSentBack(back)], call)
    return recounting(tower).by_the_present(call, saved, calendar)


def escalation(tower: Tower) -> Alarm:
    """What wakes up: orders that nobody answered in time."""

    def fire(order: Any, call: Call) -> None:
        escalate_order(tower=tower, call=call, order=order)

    return Alarm("supervision.orders", tower.orders, fire)


def escalate_order(*, tower: Tower, call: Call, order: Order) -> None:
    """Takes an order up to its next level (rules G03). Raises ``Stale``, ``Unavailable`` (``reference_not_ready``)."""
    calendar = tower.reference.calendar(order.center_id)
    up = orders.escalate(order, calendar, call.now)
    saved = tower.orders.save(up, [OrderEscalated(up)], call)
    recounting(tower).by_the_present(call, saved, calendar)


def _terms(tower: Tower, center_id: str) -> OrderTerms:
    policy = tower.reference.policy(center_id)
    levels = tuple(policy.data("order_escalation_levels"))
    return OrderTerms(policy.integer("order_answer_days"), levels, tower.reference.calendar(center_id))


def order_of(tower: Tower, call: Call, order_id: str) -> Order:
    """An order of the actor's center, for chiefs to their department. Raises ``NotFound``, ``Forbidden``."""
    order = tower.orders.find_by_id(order_id)
    if order is None:
        raise NotFound("order_not_found", "没有找到这张督办单，请核对后重试。")
    if call.actor.has("supervisor", "manager"):
        call.actor.require_center(order.center_id)
    else:
        call.actor.require_department(order.center_id, order.department_key)
    return order
