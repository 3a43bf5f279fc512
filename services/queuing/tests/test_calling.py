"""Calling: the right one, once, to a window that is open and free."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kit import telemetry
from kit.actor import Actor
from kit.call import Call
from kit.errors import Conflict, Forbidden, NotFound, Unavailable
from kit.store.sqlite import SqliteStore
from kit.testing import actor
from reference.testing import CENTER_ID
from services.queuing import handlers
from services.queuing.domain.ticket import Priority, TicketState
from services.queuing.handlers.calling import LOOKED_AT
from services.queuing.tests.stage import TODAY, NoClaims, Stage, center_with_windows, id_number

WINDOW = f"{CENTER_ID}-01"


def test_the_oldest_is_called_to_the_window(stage: Stage) -> None:
    first = stage.take()
    stage.later(seconds=1)
    stage.take(item_id="item-card")
    stage.open()
    called = stage.called()
    assert called.id == first.id
    assert (called.state, called.window_number, called.staff_id, called.calls) == (
        TicketState.CALLED,
        "01",
        "clerk-1",
        1,
    )
    assert called.called_at == stage.clock.now()
    assert stage.stored(called) == called
    assert stage.events()[-1] == ("ticket_called", first.id)


def test_that_nobody_waits_is_an_answer(stage: Stage) -> None:
    stage.open()
    answer = handlers.call_next(hall=stage.hall, call=stage.clerk(), window_id=WINDOW)
    assert (answer.ticket, answer.waiting) == (None, 0)


def test_the_answer_counts_who_still_waits_in_the_windows_lanes(stage: Stage) -> None:
    for item in ("item-food", "item-card", "item-card"):
        stage.take(item_id=item)
    stage.open(2)
    answer = handlers.call_next(hall=stage.hall, call=stage.clerk(2), window_id=f"{CENTER_ID}-02")
    assert answer.ticket is not None
    assert answer.ticket.number == "B001"
    assert answer.waiting == 1


def test_a_window_calls_only_its_own_lanes(stage: Stage) -> None:
    stage.take(item_id="item-card")
    stage.open(3)
    assert stage.next(3) is None


def test_yesterdays_tickets_are_not_called(stage: Stage) -> None:
    stage.take()
    stage.at(10, days=1)
    stage.open()
    assert stage.next() is None


def test_a_senior_is_called_before_others_but_not_always(stage: Stage) -> None:
    normal = stage.take()
    seniors = {stage.take_senior(serial).id for serial in (1, 2, 3)}
    stage.open()
    order = [ticket.id for ticket in iter(stage.serve_next, None)]
    assert set(order[:2]) < seniors
    assert order[2] == normal.id, "after two privileged calls in a row its turn has come"


def test_the_turn_survives_a_restart(stage: Stage) -> None:
    stage.take()
    for serial in (1, 2, 3):
        stage.take_senior(serial)
    stage.open()
    priorities = []
    for _ in range(3):
        stage.hall = type(stage)(stage.database).hall
        served = stage.serve_next()
        assert served is not None
        priorities.append(served.priority)
    assert priorities == [Priority.SENIOR, Priority.SENIOR, Priority.NORMAL]


def test_a_window_has_one_ticket_at_a_time(stage: Stage) -> None:
    stage.take()
    stage.take()
    stage.open()
    current = stage.called()
    with pytest.raises(Conflict, match="window_has_ticket") as refused:
        stage.next()
    assert refused.value.details == {"ticket_id": current.id, "number": current.number}
    stage.start(current)
    with pytest.raises(Conflict, match="window_has_ticket"):
        stage.next()


def test_the_store_itself_refuses_a_second_ticket_at_a_window(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = stage.take(), stage.take()
    stage.open()
    assert stage.called().id == first.id
    # Two calls at one window that both saw it free.
    monkeypatch.setattr("services.queuing.handlers.calling.ticket_at_window", lambda hall, window_id: None)
    with pytest.raises(Conflict, match="window_has_ticket"):
        stage.next()
    assert stage.stored(second).state is TicketState.WAITING
    monkeypatch.undo()
    stage.finish(stage.start(first))
    assert stage.called().id == second.id, "the failed attempt keeps nobody from it"


def test_a_held_ticket_leaves_the_window_free(stage: Stage) -> None:
    stage.take()
    stage.take()
    stage.open()
    held = handlers.hold_ticket(
        hall=stage.hall, call=stage.clerk(), ticket_id=stage.start(stage.called()).id, reason="去复印"
    )
    assert stage.called().id != held.id


def test_only_an_open_window_calls_and_only_for_its_clerk(stage: Stage) -> None:
    stage.take()
    with pytest.raises(Conflict, match="window_not_open"):
        stage.next()
    stage.open()
    with pytest.raises(Forbidden, match="window_not_yours"):
        stage.next(1, clerk=2)
    handlers.pause_window(hall=stage.hall, call=stage.clerk(), window_id=WINDOW, reason="交接材料")
    with pytest.raises(Conflict, match="window_not_open"):
        stage.next()


def test_an_unknown_window_and_a_foreign_clerk_are_refused(stage: Stage) -> None:
    with pytest.raises(NotFound, match="window_unknown"):
        stage.next(77)
    stage.open()
    stranger = Call(actor("clerk", id="clerk-1", center="610921"), stage.clock.now())
    with pytest.raises(Forbidden, match="center_not_allowed"):
        handlers.call_next(hall=stage.hall, call=stranger, window_id=WINDOW)
    with pytest.raises(Forbidden):
        handlers.call_next(hall=stage.hall, call=Call(Actor("nobody"), stage.clock.now()), window_id=WINDOW)


def test_a_ticket_that_others_are_claiming_is_passed_over(stage: Stage) -> None:
    first, second = stage.take(), stage.take()
    stage.open()
    stage.hall.claims.add(first.id, first.version)
    assert stage.called().id == second.id
    stage.hall.claims.release(first.id, first.version)
    assert stage.stored(first).state is TicketState.WAITING


def test_a_caller_in_another_process_loses_the_race_and_takes_the_next(
    database: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(database, center_with_windows(2))
    other = Stage(database, center_with_windows(2))
    first, second = stage.take(), stage.take()
    stage.open(1)
    stage.open(2)
    looked = stage.hall.tickets.find("by_queue", queue=f"{CENTER_ID}|{first.day}|business|normal", limit=2)
    assert other.called(2).id == first.id
    # What this process read before the other's call.
    monkeypatch.setattr(stage.hall.tickets, "find", stale(stage, looked, times=1))
    assert stage.called(1).id == second.id
    assert stage.times_told("ticket_called") == {first.id: 1, second.id: 1}


def stale(stage: Stage, looked: object, times: int) -> object:
    """A ``find`` that answers the first looks at the ordinary queue with what was there before."""
    genuine, answers = stage.hall.tickets.find, [looked] * times

    def find(index: str, **where: object) -> object:
        if index == "by_queue" and where["queue"] == (f"{CENTER_ID}|{TODAY}|business|normal",) and answers:
            return answers.pop()
        return genuine(index, **where)  # type: ignore[arg-type]

    return find


def test_a_caller_that_always_comes_second_says_so(database: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, other = Stage(database, center_with_windows(2)), Stage(database, center_with_windows(2))
    stage.hall = replace(stage.hall, claims=NoClaims())
    ticket = stage.take()
    stage.open(1)
    stage.open(2)
    looked = stage.hall.tickets.find("by_queue", queue=f"{CENTER_ID}|{TODAY}|business|normal", limit=1)
    assert other.called(2).id == ticket.id
    monkeypatch.setattr(stage.hall.tickets, "find", stale(stage, looked, times=1000))
    with pytest.raises(Unavailable, match="queue_busy"):
        stage.next(1)


def test_a_caller_doesnt_say_nobody_waits_when_it_only_cant_see_that_far(stage: Stage) -> None:
    for _ in range(sum(LOOKED_AT) + 1):
        ticket = stage.take()
        stage.hall.claims.add(ticket.id, ticket.version)
    stage.open()
    with pytest.raises(Unavailable, match="queue_busy"):
        stage.next()


# ── Recall ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_recall_is_announced_anew_and_keeps_the_first_call(stage: Stage) -> None:
    stage.take()
    stage.open()
    called = stage.called()
    stage.later(seconds=30)
    again = handlers.recall_ticket(hall=stage.hall, call=stage.clerk(), ticket_id=called.id)
    assert (again.calls, again.called_at) == (2, called.called_at)
    assert again.announced_at == called.called_at + timedelta(seconds=30) if called.called_at else False
    assert stage.events()[-1] == ("ticket_recalled", called.id)


def test_recalls_have_a_limit(stage: Stage) -> None:
    stage.set_policy(recall_limit=1)
    stage.take(id_number=id_number())
    stage.open()
    called = stage.called()
    handlers.recall_ticket(hall=stage.hall, call=stage.clerk(), ticket_id=called.id)
    with pytest.raises(Conflict, match="recall_limit_reached"):
        handlers.recall_ticket(hall=stage.hall, call=stage.clerk(), ticket_id=called.id)


def test_the_wait_until_the_first_call_is_told_by_center_and_lane_and_that_of_later_ones_is_not(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[float, dict[str, str]]] = []
    monkeypatch.setattr(telemetry.queue_wait, "record", lambda wait, labels: told.append((wait, labels)))
    stage.take()
    stage.later(seconds=90)
    stage.open()
    missed = stage.called()
    assert told == [(90.0, {"center": CENTER_ID, "lane": missed.lane})]
    handlers.miss_ticket(hall=stage.hall, call=stage.clerk(), ticket_id=missed.id, reason="无人应答")
    handlers.return_ticket(hall=stage.hall, call=stage.clerk(), ticket_id=missed.id)
    assert stage.called().id == missed.id
    assert len(told) == 1
