"""The ticket's state machine: what the table doesn't allow is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Conflict
from kit.testing import MONDAY
from services.queuing.domain import ticket as tickets
from services.queuing.domain.holder import Holder, age_on, priority_of
from services.queuing.domain.ticket import ALLOWED, Action, Counter, Priority, Ticket, TicketState

COUNTER = Counter("610902-01", "01", "clerk-1", "张三")
WAITING = Ticket(
    id="t1",
    center_id="610902",
    number="A001",
    day="2026-11-23",
    lane="business",
    item_id="item-food",
    item_version=1,
    item_name="食品经营许可",
    department_key="market",
    priority=Priority.NORMAL,
    taken_at=MONDAY,
    rank=tickets.rank_at(MONDAY, 1),
    code="c",
    journey="j",
)
#: What each action does, and the state that it leads to.
ACTIONS: dict[Action, tuple[Callable[[Ticket], Ticket], TicketState]] = {
    Action.CALL: (lambda t: tickets.call(t, COUNTER, MONDAY), TicketState.CALLED),
    Action.RECALL: (lambda t: tickets.recall(t, MONDAY, 3), TicketState.CALLED),
    Action.START: (lambda t: tickets.start(t, MONDAY), TicketState.SERVING),
    Action.HOLD: (tickets.hold, TicketState.HELD),
    Action.RESUME: (lambda t: tickets.resume(t, COUNTER), TicketState.SERVING),
    Action.FINISH: (lambda t: tickets.finish(t, MONDAY), TicketState.FINISHED),
    Action.MISS: (lambda t: tickets.miss(t, "未到"), TicketState.MISSED),
    Action.RETURN: (lambda t: tickets.put_back(t, t.rank, 2), TicketState.WAITING),
    Action.TRANSFER: (lambda t: tickets.transfer(t, "insurance", ""), TicketState.WAITING),
    Action.CANCEL: (tickets.cancel, TicketState.CANCELLED),
    Action.EXPIRE: (tickets.expire, TicketState.EXPIRED),
    Action.SWEEP: (tickets.sweep, TicketState.EXPIRED),
}
PAIRS = [(action, state) for action in Action for state in TicketState]


@pytest.mark.parametrize(("action", "state"), PAIRS)
def test_an_action_leads_where_the_table_says_or_is_refused(action: Action, state: TicketState) -> None:
    act, target = ACTIONS[action]
    ticket = replace(WAITING, state=state)
    if state in ALLOWED[action]:
        assert act(ticket).state is target
    else:
        with pytest.raises(Conflict) as refused:
            act(ticket)
        assert refused.value.code.startswith("ticket_not_")
        assert refused.value.details["state"] == state.value


@pytest.mark.parametrize("state", [TicketState.FINISHED, TicketState.CANCELLED, TicketState.EXPIRED])
def test_an_ended_ticket_stays_as_it_is(state: TicketState) -> None:
    assert not [action for action in Action if state in ALLOWED[action]]


def test_every_state_can_come_to_an_end_at_the_day_end() -> None:
    ends = {TicketState.FINISHED, TicketState.CANCELLED, TicketState.EXPIRED}
    assert ALLOWED[Action.SWEEP] == set(TicketState) - ends
    assert ALLOWED[Action.EXPIRE] == ALLOWED[Action.SWEEP] - {TicketState.SERVING}


def test_a_ticket_is_recalled_up_to_the_limit_only() -> None:
    ticket = tickets.call(WAITING, COUNTER, MONDAY)
    for _ in range(3):
        ticket = tickets.recall(ticket, MONDAY, 3)
    assert ticket.calls == 4
    with pytest.raises(Conflict, match="recall_limit_reached"):
        tickets.recall(ticket, MONDAY, 3)


def test_a_missed_ticket_comes_back_up_to_the_limit_only() -> None:
    ticket = WAITING
    for _ in range(2):
        ticket = tickets.put_back(tickets.miss(tickets.call(ticket, COUNTER, MONDAY), "未到"), 7, 2)
    assert (ticket.rank, ticket.returns, ticket.window_id) == (7, 2, "")
    with pytest.raises(Conflict, match="return_limit_reached"):
        tickets.put_back(tickets.miss(tickets.call(ticket, COUNTER, MONDAY), "未到"), 7, 2)


def test_a_transferred_ticket_leaves_the_window_and_keeps_its_rank() -> None:
    serving = tickets.start(tickets.call(WAITING, COUNTER, MONDAY), MONDAY)
    sent = tickets.transfer(serving, "insurance", "610902-02")
    assert (sent.lane, sent.target_window_id, sent.rank) == ("insurance", "610902-02", WAITING.rank)
    assert (sent.window_id, sent.staff_id, sent.called_at, sent.serving_at) == ("", "", None, None)


@given(st.integers(0, 10**7), st.integers(1, 5000), st.integers(1, 5000))
def test_ranks_follow_the_time_of_taking(milliseconds: int, first: int, second: int) -> None:
    later = MONDAY + timedelta(milliseconds=milliseconds)
    if milliseconds:
        assert tickets.rank_at(MONDAY, first) < tickets.rank_at(later, second)
    assert tickets.rank_at(later, 1) < tickets.rank_at(later, 2)


def test_numbers_have_three_digits_and_grow_beyond_them() -> None:
    assert [tickets.printed_number("A", n) for n in (1, 12, 999, 1000)] == ["A001", "A012", "A999", "A1000"]


@pytest.mark.parametrize(
    ("born", "disabled", "appointed", "expected"),
    [
        (date(1956, 11, 23), False, False, Priority.SENIOR),
        (date(1956, 11, 24), False, False, Priority.NORMAL),
        (date(1956, 11, 24), False, True, Priority.APPOINTMENT),
        (date(1950, 1, 1), False, True, Priority.SENIOR),
        (date(1950, 1, 1), True, True, Priority.DISABLED),
        (None, True, False, Priority.DISABLED),
        (None, False, False, Priority.NORMAL),
    ],
)
def test_seventy_years_are_counted_to_the_day(
    born: date | None, disabled: bool, appointed: bool, expected: Priority
) -> None:
    found = priority_of(Holder(born=born), on=date(2026, 11, 23), disabled=disabled, appointed=appointed, senior_age=70)
    assert found is expected


def test_born_on_a_leap_day() -> None:
    born = date(1956, 2, 29)
    assert (age_on(born, date(2026, 2, 28)), age_on(born, date(2026, 3, 1))) == (69, 70)
