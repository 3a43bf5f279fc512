"""At the window: what a ticket's state, its window and its clerk allow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from kit.actor import Actor
from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.store.sqlite import SqliteStore
from kit.testing import actor
from reference.testing import CENTER_ID, sample_center
from services.queuing import handlers
from services.queuing.domain.events import TicketTaken
from services.queuing.domain.ticket import ALLOWED, Action, Ticket, TicketState
from services.queuing.tests.stage import Stage, with_state

WINDOW = f"{CENTER_ID}-01"
Act = Callable[[Stage, Ticket], object]
#: Every use case that changes a ticket, as its clerk or its holder would do it.
ACTS: dict[Action, Act] = {
    Action.RECALL: lambda s, t: handlers.recall_ticket(hall=s.hall, call=s.clerk(), ticket_id=t.id),
    Action.START: lambda s, t: handlers.start_serving(hall=s.hall, call=s.clerk(), ticket_id=t.id),
    Action.HOLD: lambda s, t: handlers.hold_ticket(hall=s.hall, call=s.clerk(), ticket_id=t.id, reason="去复印"),
    Action.RESUME: lambda s, t: handlers.resume_ticket(hall=s.hall, call=s.clerk(), ticket_id=t.id, window_id=WINDOW),
    Action.FINISH: lambda s, t: handlers.finish_ticket(hall=s.hall, call=s.clerk(), ticket_id=t.id),
    Action.MISS: lambda s, t: handlers.miss_ticket(hall=s.hall, call=s.clerk(), ticket_id=t.id, reason="未到"),
    Action.RETURN: lambda s, t: handlers.return_ticket(hall=s.hall, call=s.clerk(), ticket_id=t.id),
    Action.TRANSFER: lambda s, t: handlers.transfer_ticket(
        hall=s.hall, call=s.manager(), ticket_id=t.id, to_lane="insurance", reason="走错队列"
    ),
    Action.CANCEL: lambda s, t: handlers.cancel_ticket(hall=s.hall, call=s.public(), code=t.code),
}


def ticket_in(stage: Stage, state: TicketState) -> Ticket:
    """A ticket that stands in a state, at window 1 where the state has a window."""
    stage.open()
    model = stage.take()
    window = {} if state is TicketState.WAITING else {"window_id": WINDOW, "staff_id": "clerk-1"}
    copied = with_state(model, id=f"{state}-copy", code=f"code-{state}", state=state, version=0, **window)
    return stage.hall.tickets.create(copied, [TicketTaken(copied)], stage.public())


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("action", ACTS)
def test_what_the_state_doesnt_allow_is_refused_and_changes_nothing(
    stage: Stage, action: Action, state: TicketState
) -> None:
    ticket = ticket_in(stage, state)
    told = stage.events()
    if state in ALLOWED[action]:
        ACTS[action](stage, ticket)
        assert stage.stored(ticket).version == 2
        assert stage.events()[len(told) :] == [(stage.event_names()[-1], ticket.id)], "one event for one change"
    else:
        with pytest.raises(Conflict) as refused:
            ACTS[action](stage, ticket)
        assert refused.value.code.startswith("ticket_not_")
        assert stage.stored(ticket) == ticket
        assert stage.events() == told


def test_a_whole_visit_leaves_its_times_and_its_events(stage: Stage) -> None:
    taken = stage.take()
    stage.later(minutes=5)
    stage.open()
    called = stage.called()
    stage.later(minutes=1)
    serving = stage.start(called)
    stage.later(minutes=9)
    finished = stage.finish(serving)
    assert [finished.called_at, finished.serving_at, finished.finished_at] == [
        taken.taken_at + timedelta(minutes=minutes) for minutes in (5, 6, 15)
    ]
    assert stage.event_names() == [
        "ticket_taken",
        "window_opened",
        "ticket_called",
        "serving_started",
        "ticket_finished",
    ]
    journeys = {pending.event.journey for pending in stage.database.pending(10) if pending.event.subject == taken.id}
    assert journeys == {taken.journey}


def test_every_event_names_the_rule_and_who_acted(stage: Stage) -> None:
    stage.take()
    stage.open()
    stage.called()
    told = [pending.event for pending in stage.database.pending(10)]
    assert all(event.rules for event in told)
    assert [event.actor_id for event in told] == ["public", "clerk-1", "clerk-1"]


@pytest.mark.parametrize("action", [Action.RECALL, Action.START, Action.MISS, Action.HOLD, Action.FINISH])
def test_another_clerk_may_not_touch_a_ticket_in_hand(stage: Stage, action: Action) -> None:
    stage.take()
    stage.open(1)
    stage.open(2)
    ticket = stage.called(1)
    if action in (Action.HOLD, Action.FINISH):
        ticket = stage.start(ticket)
    stage.clerk = lambda number=1: Call(actor("clerk", id="clerk-2"), stage.clock.now())  # type: ignore[method-assign]
    with pytest.raises(Forbidden, match="ticket_not_yours"):
        ACTS[action](stage, ticket)
    assert stage.stored(ticket) == ticket


@pytest.mark.parametrize("action", sorted(set(ACTS) - {Action.CANCEL, Action.RETURN, Action.TRANSFER}))
def test_staff_of_another_center_may_not_touch_it(stage: Stage, action: Action) -> None:
    stage.take()
    stage.open()
    ticket = stage.called()
    foreign = Call(actor("clerk", id="clerk-1", center="610921"), stage.clock.now())
    stage.clerk = lambda number=1: foreign  # type: ignore[method-assign]
    with pytest.raises(Forbidden, match="center_not_allowed"):
        ACTS[action](stage, ticket)
    assert stage.stored(ticket) == ticket


def test_a_stale_version_is_refused(stage: Stage) -> None:
    stage.take()
    stage.open()
    called = stage.called()
    for version in (1, 3):
        with pytest.raises(Stale, match="stale_version"):
            handlers.start_serving(hall=stage.hall, call=stage.clerk(), ticket_id=called.id, expected_version=version)
    assert stage.stored(called) == called
    serving = handlers.start_serving(
        hall=stage.hall, call=stage.clerk(), ticket_id=called.id, expected_version=called.version
    )
    assert serving.state is TicketState.SERVING


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201, "坏\x07字"])
def test_a_miss_needs_a_reason_that_can_be_read(stage: Stage, reason: str) -> None:
    stage.take()
    stage.open()
    called = stage.called()
    with pytest.raises(Invalid):
        handlers.miss_ticket(hall=stage.hall, call=stage.clerk(), ticket_id=called.id, reason=reason)
    with pytest.raises(Invalid):
        handlers.hold_ticket(hall=stage.hall, call=stage.clerk(), ticket_id=stage.start(called).id, reason=reason)


@pytest.mark.parametrize("id", ["", "no-such-ticket", "' OR '1'='1", "\x00", "x" * 10_000])
def test_an_unknown_ticket_isnt_found(stage: Stage, id: str) -> None:
    with pytest.raises(NotFound, match="ticket_not_found"):
        handlers.start_serving(hall=stage.hall, call=stage.clerk(), ticket_id=id)
    with pytest.raises(NotFound, match="ticket_not_found"):
        handlers.cancel_ticket(hall=stage.hall, call=stage.public(), code=id)


def test_a_held_ticket_goes_on_at_another_free_window(stage: Stage) -> None:
    stage.take()
    stage.take()
    stage.open(1)
    stage.open(2)
    held = handlers.hold_ticket(
        hall=stage.hall, call=stage.clerk(), ticket_id=stage.start(stage.called()).id, reason="去复印"
    )
    stage.called(1)
    with pytest.raises(Conflict, match="window_has_ticket"):
        handlers.resume_ticket(hall=stage.hall, call=stage.clerk(1), ticket_id=held.id, window_id=WINDOW)
    with pytest.raises(Forbidden, match="window_not_yours"):
        handlers.resume_ticket(hall=stage.hall, call=stage.clerk(1), ticket_id=held.id, window_id=f"{CENTER_ID}-02")
    resumed = handlers.resume_ticket(
        hall=stage.hall, call=stage.clerk(2), ticket_id=held.id, window_id=f"{CENTER_ID}-02"
    )
    assert (resumed.state, resumed.window_number, resumed.staff_id) == (TicketState.SERVING, "02", "clerk-2")
    assert stage.finish(resumed, 2).state is TicketState.FINISHED


def test_a_held_ticket_doesnt_go_on_in_another_center(database: SqliteStore) -> None:
    stage = Stage(database, sample_center(), sample_center("610921"))
    stage.take()
    stage.open()
    held = handlers.hold_ticket(
        hall=stage.hall, call=stage.clerk(), ticket_id=stage.start(stage.called()).id, reason="去复印"
    )
    both = Actor("clerk-9", roles=frozenset({"clerk"}), centers=frozenset({CENTER_ID, "610921"}))
    call = Call(both, stage.clock.now())
    handlers.open_window(hall=stage.hall, call=call, window_id="610921-01")
    with pytest.raises(Forbidden, match="window_of_other_center"):
        handlers.resume_ticket(hall=stage.hall, call=call, ticket_id=held.id, window_id="610921-01")
    assert stage.stored(held) == held
