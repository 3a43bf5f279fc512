"""Return after a miss by the center's rule, transfer, cancel."""

from __future__ import annotations

from typing import Any

import pytest

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.testing import actor
from reference.testing import CENTER_ID
from services.queuing import handlers
from services.queuing.domain.ticket import Ticket, TicketState
from services.queuing.queries.positions import position_of
from services.queuing.tests.stage import Stage, id_number


def missed(stage: Stage, **given: str) -> Ticket:
    ticket = stage.take(**given)
    stage.open()
    called = stage.called()
    assert called.id == ticket.id
    return stage.miss(called)


def waiting(stage: Stage, number: int) -> list[str]:
    taken = []
    for _ in range(number):
        stage.later(seconds=1)
        taken.append(stage.take().id)
    return taken


def order(stage: Stage) -> list[str]:
    return [ticket.id for ticket in iter(stage.serve_next, None)]


def test_a_missed_number_comes_back_behind_some_others(stage: Stage) -> None:
    ticket = missed(stage)
    others = waiting(stage, 5)
    returned = handlers.return_ticket(hall=stage.hall, call=stage.public(), code=ticket.code)
    assert (returned.state, returned.window_id, returned.staff_id) == (TicketState.WAITING, "", "")
    assert order(stage) == [*others[:3], ticket.id, *others[3:]]


def test_with_fewer_waiting_it_comes_back_behind_the_last(stage: Stage) -> None:
    ticket = missed(stage)
    others = waiting(stage, 2)
    handlers.return_ticket(hall=stage.hall, call=stage.clerk(2), ticket_id=ticket.id)
    assert order(stage) == [*others, ticket.id]


def test_it_comes_back_to_the_front_where_the_center_says_so(stage: Stage) -> None:
    stage.set_policy(missed_return_rule="front")
    ticket = missed(stage)
    others = waiting(stage, 2)
    handlers.return_ticket(hall=stage.hall, call=stage.public(), code=ticket.code)
    assert order(stage) == [ticket.id, *others]


def test_a_new_number_has_to_be_taken_where_the_center_says_so(stage: Stage) -> None:
    stage.set_policy(missed_return_rule="retake")
    ticket = missed(stage, id_number=id_number())
    with pytest.raises(Conflict, match="retake_required"):
        handlers.return_ticket(hall=stage.hall, call=stage.public(), code=ticket.code)
    assert stage.take(id_number=id_number()).state is TicketState.WAITING


def test_who_has_taken_a_new_number_cant_have_the_missed_one_back(stage: Stage) -> None:
    ticket = missed(stage, id_number=id_number())
    stage.take(id_number=id_number())
    with pytest.raises(Conflict, match="ticket_already_active"):
        handlers.return_ticket(hall=stage.hall, call=stage.public(), code=ticket.code)
    assert stage.stored(ticket) == ticket


def test_a_return_needs_the_code_or_staff_of_the_center(stage: Stage) -> None:
    ticket = missed(stage)
    with pytest.raises(Forbidden, match="role_not_allowed"):
        handlers.return_ticket(hall=stage.hall, call=stage.public(), ticket_id=ticket.id)
    foreign = Call(actor("clerk", center="610921"), stage.clock.now())
    with pytest.raises(Forbidden, match="center_not_allowed"):
        handlers.return_ticket(hall=stage.hall, call=foreign, ticket_id=ticket.id)
    with pytest.raises(NotFound):
        handlers.return_ticket(hall=stage.hall, call=stage.public(), code=ticket.code + "x")


def test_after_the_day_was_closed_nothing_comes_back(stage: Stage) -> None:
    ticket = missed(stage)
    handlers.close_day(hall=stage.hall, call=stage.manager(), center_id=CENTER_ID)
    with pytest.raises(Conflict):
        handlers.return_ticket(hall=stage.hall, call=stage.public(), code=ticket.code)


# ── Transfer ─────────────────────────────────────────────────────────────────────────────────────────────────────


def transfer(stage: Stage, ticket: Ticket, call: Call | None = None, **to: Any) -> Ticket:
    return handlers.transfer_ticket(
        hall=stage.hall, call=call or stage.clerk(), ticket_id=ticket.id, reason="设备故障", **to
    )


def test_a_number_is_sent_to_another_lane_and_keeps_its_place_by_time(stage: Stage) -> None:
    stage.open(1)
    stage.open(2)
    ticket = stage.take()
    stage.later(seconds=1)
    insured = stage.take(item_id="item-card")
    sent = transfer(stage, stage.called(1), to_lane="insurance")
    assert (sent.lane, sent.number, sent.state) == ("insurance", "A001", TicketState.WAITING)
    assert [stage.called(2).id, ticket.id] == [ticket.id, ticket.id], "it came before"
    assert stage.stored(insured).state is TicketState.WAITING
    last = [pending.event for pending in stage.database.pending(20) if "transferred" in pending.event.type]
    assert [event.subject for event in last] == [ticket.id]


def test_a_number_sent_to_a_window_is_called_there_only(stage: Stage) -> None:
    stage.open(1)
    stage.open(2)
    stage.take(item_id="item-card")
    sent = transfer(stage, stage.called(1), to_window_id=f"{CENTER_ID}-02")
    assert sent.target_window_id == f"{CENTER_ID}-02"
    assert stage.next(1) is None
    position = position_of(hall=stage.hall, ticket=sent, now=stage.clock.now())
    assert position is not None
    assert (position.ahead, position.windows_open) == (0, 1)
    assert stage.called(2).id == sent.id


def test_what_was_sent_to_a_window_that_closed_goes_to_any_window_of_the_lane(stage: Stage) -> None:
    for window in (1, 2, 3):
        stage.open(window)
    stage.take(item_id="item-card")
    sent = transfer(stage, stage.called(1), to_window_id=f"{CENTER_ID}-02")
    assert stage.next(1) is None
    handlers.close_window(hall=stage.hall, call=stage.clerk(2), window_id=f"{CENTER_ID}-02", reason="下班")
    assert stage.next(3) is None, "window 3 doesn't serve the lane"
    assert stage.called(1).id == sent.id


def test_what_was_left_at_a_closed_window_goes_to_windows_of_its_own_lane(stage: Stage) -> None:
    for window in (1, 2, 3):
        stage.open(window)
    stage.take(item_id="item-card")
    insured = transfer(stage, stage.called(2), call=stage.clerk(2), to_window_id=f"{CENTER_ID}-01")
    stage.later(seconds=1)
    stage.take()
    business = transfer(stage, stage.called(3), call=stage.clerk(3), to_window_id=f"{CENTER_ID}-01")
    handlers.close_window(hall=stage.hall, call=stage.clerk(1), window_id=f"{CENTER_ID}-01", reason="下班")
    assert stage.called(3).id == business.id, "the older one of the other lane isn't in its way"
    assert stage.next(2) == stage.stored(insured)


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ({}, "transfer_target_required"),
        ({"to_lane": "no-such-lane"}, "lane_unknown"),
        ({"to_window_id": "610902-99"}, "window_unknown"),
        ({"to_window_id": "610921-01"}, "window_unknown"),
        ({"to_window_id": f"{CENTER_ID}-02"}, "lane_not_at_window"),
        ({"to_window_id": f"{CENTER_ID}-03", "to_lane": "insurance"}, "lane_not_at_window"),
        ({"to_window_id": f"{CENTER_ID}-03"}, "window_not_open"),
    ],
)
def test_a_target_that_cant_serve_it_is_refused(stage: Stage, to: dict[str, Any], code: str) -> None:
    stage.take()
    stage.open()
    called = stage.called()
    with pytest.raises((Invalid, Conflict), match=code):
        transfer(stage, called, **to)
    assert stage.stored(called) == called


def test_a_waiting_number_is_sent_on_by_a_manager_only(stage: Stage) -> None:
    ticket = stage.take()
    with pytest.raises(Forbidden, match="ticket_not_yours"):
        transfer(stage, ticket, to_lane="insurance")
    assert transfer(stage, ticket, call=stage.manager(), to_lane="insurance").lane == "insurance"


def test_a_manager_empties_a_broken_window(stage: Stage) -> None:
    stage.take()
    stage.open()
    serving = stage.start(stage.called())
    assert transfer(stage, serving, call=stage.manager(), to_lane="business").state is TicketState.WAITING
    foreign = Call(actor("manager", center="610921"), stage.clock.now())
    with pytest.raises(Forbidden, match="center_not_allowed"):
        transfer(stage, serving, call=foreign, to_lane="business")


# ── Cancel ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cancelled_number_isnt_called(stage: Stage) -> None:
    ticket = stage.take()
    assert handlers.cancel_ticket(hall=stage.hall, call=stage.public(), code=ticket.code).state is TicketState.CANCELLED
    stage.open()
    assert stage.next() is None
    assert stage.event_names() == ["ticket_taken", "ticket_cancelled", "window_opened"]


def test_who_cancels_while_being_called_frees_the_window(stage: Stage) -> None:
    ticket, following = stage.take(), stage.take()
    stage.open()
    stage.called()
    handlers.cancel_ticket(hall=stage.hall, call=stage.public(), code=ticket.code)
    assert stage.called().id == following.id
