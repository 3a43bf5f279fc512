"""Priority starves nobody, whatever comes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit.testing import MONDAY
from services.queuing.domain.fairness import Head, Precedence, choose, rank_behind, ranks_ahead, streak_of
from services.queuing.domain.ticket import Priority, Ticket, rank_at
from services.queuing.tests.test_ticket_domain import WAITING

NORMAL, APPOINTMENT, SENIOR, DISABLED = Priority
RULES = Precedence(priority_min=30, appointment_min=20, lane_step_min=0, in_row=2)


def ticket(minute: float, priority: Priority = NORMAL, lane: str = "business", serial: int = 0) -> Ticket:
    at = MONDAY + timedelta(minutes=minute)
    return replace(WAITING, id=f"{lane}-{serial}", priority=priority, lane=lane, rank=rank_at(at, serial), taken_at=at)


def first(*heads: Head, rules: Precedence = RULES, streak: int = 0) -> Ticket:
    chosen = choose(heads, rules, lambda: streak)
    assert chosen is not None
    return chosen.ticket


def test_nobody_waiting_is_nobody_chosen() -> None:
    assert choose([], RULES, lambda: 0) is None


def test_a_senior_passes_those_who_came_less_than_the_head_start_before() -> None:
    senior = Head(ticket(30, SENIOR))
    assert first(Head(ticket(1)), senior) is senior.ticket
    long_waiting = Head(ticket(-1))
    assert first(long_waiting, senior) is long_waiting.ticket


def test_seniors_and_the_disabled_stand_in_one_queue_before_appointments() -> None:
    assert SENIOR.queue_class == DISABLED.queue_class
    appointed = Head(ticket(0, APPOINTMENT))
    assert first(appointed, Head(ticket(5, DISABLED))).priority is DISABLED
    assert first(appointed, Head(ticket(15, DISABLED))) is appointed.ticket


def test_after_so_many_privileged_calls_an_ordinary_one_has_its_turn() -> None:
    normal, senior = Head(ticket(5)), Head(ticket(0, SENIOR))
    assert first(normal, senior, streak=1) is senior.ticket
    assert first(normal, senior, streak=2) is normal.ticket
    assert first(senior, streak=2) is senior.ticket


def test_the_look_back_is_asked_for_only_where_it_matters() -> None:
    def never() -> int:
        raise AssertionError("asked")

    assert choose([Head(ticket(0)), Head(ticket(50, SENIOR))], RULES, never) is not None
    assert choose([Head(ticket(0, SENIOR)), Head(ticket(0, APPOINTMENT))], RULES, never) is not None


def test_without_preference_the_oldest_of_all_lanes_goes_first() -> None:
    preferred, other = Head(ticket(2), place=0), Head(ticket(1, lane="insurance"), place=1)
    assert first(preferred, other) is other.ticket
    leaning = replace(RULES, lane_step_min=5)
    assert first(preferred, other, rules=leaning) is preferred.ticket
    waited = Head(ticket(-4, lane="insurance"), place=1)
    assert first(preferred, waited, rules=leaning) is waited.ticket


def test_a_streak_is_counted_back_to_the_last_ordinary_call() -> None:
    assert streak_of([]) == 0
    assert streak_of([ticket(0, SENIOR), ticket(0, APPOINTMENT), ticket(0), ticket(0, SENIOR)]) == 2
    assert streak_of([ticket(0), ticket(0, SENIOR)]) == 0


def test_a_returned_ticket_stands_behind_some_places_or_behind_the_last() -> None:
    waiting = [ticket(minute) for minute in (1, 2, 3)]
    assert waiting[1].rank < rank_behind(waiting, 2, 0) < waiting[2].rank
    assert rank_behind(waiting, 5, 0) == waiting[2].rank + 1
    assert rank_behind([], 3, 42) == 42


def test_the_bounds_of_a_position_agree_with_the_choice() -> None:
    normal, senior = ticket(0), ticket(29, SENIOR)
    assert senior.rank < ranks_ahead(normal, RULES)["priority"]
    assert ticket(31, SENIOR).rank > ranks_ahead(normal, RULES)["priority"]
    assert normal.rank > ranks_ahead(senior, RULES)["normal"]


@dataclass
class House:
    """Lanes, windows and calls as the real queue has them, in memory."""

    rules: Precedence
    windows: int
    waiting: list[Ticket] = field(default_factory=list)
    calls: dict[int, list[Ticket]] = field(default_factory=dict)

    def call(self, window: int) -> Ticket | None:
        queues: dict[tuple[str, str], list[Ticket]] = {}
        for each in sorted(self.waiting, key=lambda t: t.rank):
            queues.setdefault((each.lane, each.priority.queue_class), []).append(each)
        history = self.calls.setdefault(window, [])
        heads = [Head(queue[0], place=int(lane == "insurance")) for (lane, _), queue in queues.items()]
        head = choose(heads, self.rules, lambda: streak_of(list(reversed(history))[: self.rules.in_row]))
        if head is None:
            return None
        self.waiting.remove(head.ticket)
        history.append(head.ticket)
        return head.ticket


#: Somebody comes (how much later, which priority, which lane), or a window calls.
ARRIVALS = st.tuples(
    st.integers(0, 40), st.sampled_from([NORMAL, SENIOR, SENIOR, DISABLED, APPOINTMENT]),
    st.sampled_from(["business", "insurance"]),
)  # fmt: skip
STEPS = st.lists(st.one_of(ARRIVALS, ARRIVALS, st.integers(0, 2)), max_size=120)


@given(STEPS, st.integers(1, 4), st.integers(1, 3))
def test_under_any_arrivals_an_ordinary_ticket_is_called_within_the_bound(
    steps: list[tuple[int, Priority, str] | int], in_row: int, windows: int
) -> None:
    house = House(replace(RULES, in_row=in_row), windows)
    older: dict[str, int] = {}
    since: dict[str, int] = {}
    minute = 0

    def calls_one(window: int) -> None:
        called = house.call(window)
        if called is None:
            return
        for waiting in since:
            since[waiting] += 1
        if called.priority is NORMAL:
            bound = (older[called.id] + 1) * (in_row + 1) + windows * in_row
            assert since.pop(called.id) <= bound

    for serial, step in enumerate(steps):
        if isinstance(step, int):
            calls_one(step % windows)
            continue
        wait, priority, lane = step
        minute += wait
        taken = ticket(minute, priority, lane, serial)
        if priority is NORMAL:
            older[taken.id] = sum(other.rank < taken.rank for other in house.waiting)
            since[taken.id] = 0
        house.waiting.append(taken)
    for turn in range(len(house.waiting)):
        calls_one(turn % windows)
    assert not house.waiting


@given(st.integers(1, 5), st.integers(5, 60))
def test_a_flood_of_seniors_holds_nobody_up_for_long(in_row: int, calls: int) -> None:
    """Two new seniors before every call; the ordinary ticket is called all the same."""
    house = House(replace(RULES, in_row=in_row), 1)
    house.waiting.append(ticket(0, NORMAL, serial=0))
    for turn in range(calls):
        house.waiting += [ticket(0.001 * turn, SENIOR, serial=1000 + 2 * turn + n) for n in (0, 1)]
        called = house.call(0)
        if called is not None and called.priority is NORMAL:
            assert turn <= in_row
            return
    assert calls <= in_row


@given(st.integers(5, 60))
def test_ordinary_tickets_never_starve_a_senior(calls: int) -> None:
    house = House(RULES, 1)
    house.waiting += [ticket(minute, serial=minute) for minute in range(-40, 0)]
    house.waiting.append(ticket(0, SENIOR, serial=500))
    passed_by = 0
    for turn in range(calls):
        house.waiting.append(ticket(0.01 * turn, serial=1000 + turn))
        called = house.call(0)
        if called is not None and called.priority is SENIOR:
            break
        passed_by += 1
    # Only those who had waited longer than the head start come first.
    assert passed_by <= 10
