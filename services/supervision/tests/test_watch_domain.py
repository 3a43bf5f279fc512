"""Warnings in order, each once; yellow recovers, red stays."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit.testing import MONDAY, examples
from kit.workdays import Limit, Unit, due, local_text
from reference.testing import sample_calendar
from services.supervision.domain import following
from services.supervision.domain.cards import CardEvent, CardRecovered, CardState, Colour, SubjectKind, Trigger
from services.supervision.domain.plan import OVER, CardRules, Instant, plan
from services.supervision.domain.rules import Rule, standard
from services.supervision.domain.watches import Sighting, Watch, WatchState

CALENDAR = sample_calendar()
RULES = CardRules(CALENDAR, standard("610902", 1, 0, MONDAY), confirm=timedelta(seconds=3))


def due_after(days: int, start: datetime = MONDAY) -> datetime:
    at = due(start, Limit(days, Unit.WORKING_DAY), CALENDAR).due_at
    assert at is not None
    return at


def sighting(
    state: WatchState = WatchState.RUNNING,
    due_at: datetime | None = None,
    done_at: datetime | None = None,
    version: int = 1,
) -> Sighting:
    return Sighting(
        SubjectKind.CASE,
        "c-1",
        "610902-1",
        "食品经营许可",
        "610902",
        "d",
        "j-1",
        state,
        MONDAY,
        due_at,
        done_at,
        version,
    )


def names(events: tuple[CardEvent, ...]) -> list[tuple[str, str]]:
    return [(type(event).__name__, event.card.colour.name) for event in events]


# ── The plan ─────────────────────────────────────────────────────────────────────────────────────────────────────


PROMISE = RULES.of(Trigger.PROMISE)


def planned(days: int, rule: Rule = PROMISE) -> list[tuple[str, str]]:
    instants = plan(MONDAY, due_after(days), rule, CALENDAR).instants
    return [(each.colour.name, local_text(each.at)) for each in instants]


def test_a_reminder_comes_the_working_day_before_and_yellow_on_the_day() -> None:
    # Ten working days after Monday, 23 November.
    assert planned(10) == [
        ("REMINDER", "2026-12-04 00:00"),
        ("YELLOW", "2026-12-07 00:00"),
        ("RED", "2026-12-08 00:00"),
    ]


def test_the_day_before_a_monday_is_the_friday() -> None:
    assert planned(5)[0] == ("REMINDER", "2026-11-27 00:00")


def test_a_same_day_item_is_not_warned_of_what_everybody_knows() -> None:
    assert planned(0) == [("RED", "2026-11-24 00:00")]


def test_a_one_day_limit_has_no_reminder() -> None:
    assert [colour for colour, _ in planned(1)] == ["YELLOW", "RED"]


def test_yellow_never_comes_before_the_reminder_whatever_the_leads() -> None:
    odd = replace(PROMISE, reminder_days=0, yellow_days=3)
    assert planned(10, odd)[:2] == [("REMINDER", "2026-12-07 00:00"), ("YELLOW", "2026-12-07 00:00")]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_a_plan_is_in_order_and_ends_with_red(days: int, reminder: int, yellow: int) -> None:
    wanted = replace(PROMISE, reminder_days=reminder, yellow_days=yellow)
    instants = plan(MONDAY, due_after(days), wanted, CALENDAR).instants
    assert [each.at for each in instants] == sorted(each.at for each in instants)
    assert [each.colour for each in instants] == sorted(each.colour for each in instants)
    assert all(each.at > MONDAY for each in instants)
    assert instants[-1] == Instant(due_after(days) + timedelta(milliseconds=1), Colour.RED, OVER)


# ── Following a clock ────────────────────────────────────────────────────────────────────────────────────────────


def run(watch: Watch, until: datetime) -> tuple[Watch, list[tuple[str, str]]]:
    """Wakes a watch whenever it asks for it."""
    events: list[tuple[str, str]] = []
    while watch.wake_at is not None and watch.wake_at <= until:
        watch, raised = following.wake(watch, RULES, watch.wake_at)
        events += names(raised)
    return watch, events


def test_what_is_never_done_is_reminded_of_then_yellow_then_red() -> None:
    watch, events = following.begin(sighting(due_at=due_after(10)), RULES, MONDAY)
    assert events == ()
    watch, warned = run(watch, MONDAY + timedelta(days=60))
    assert warned == [("ReminderRaised", "REMINDER"), ("YellowCardRaised", "YELLOW"), ("RedCardRaised", "RED")]
    assert watch.wake_at is None


def test_after_a_long_silence_all_three_come_in_order_and_red_after_a_second_look() -> None:
    watch, _ = following.begin(sighting(due_at=due_after(10)), RULES, MONDAY)
    late = MONDAY + timedelta(days=60)
    watch, first = following.wake(watch, RULES, late)
    assert names(first) == [("ReminderRaised", "REMINDER"), ("YellowCardRaised", "YELLOW")]
    assert watch.wake_at == late + RULES.confirm
    _, second = following.wake(watch, RULES, late + RULES.confirm)
    assert names(second) == [("RedCardRaised", "RED")]


def test_news_of_an_end_in_time_that_comes_between_the_two_looks_saves_from_red() -> None:
    watch, _ = following.begin(sighting(due_at=due_after(10)), RULES, MONDAY)
    watch, _ = following.wake(watch, RULES, due_after(10) + timedelta(seconds=1))
    followed = following.observe(
        watch,
        sighting(WatchState.ENDED, due_after(10), done_at=due_after(10)),
        RULES,
        due_after(10) + timedelta(seconds=2),
    )
    assert followed is not None
    watch, events = followed
    assert names(events) == [("CardRecovered", "REMINDER"), ("CardRecovered", "YELLOW")]
    assert (watch.ended_in_time, watch.colour, watch.wake_at) == (True, None, None)


def test_an_end_that_came_late_is_red_although_nobody_looked_in_between() -> None:
    watch, _ = following.begin(sighting(due_at=due_after(10)), RULES, MONDAY)
    done_at = due_after(10) + timedelta(milliseconds=1)
    followed = following.observe(watch, sighting(WatchState.ENDED, due_after(10), done_at), RULES, done_at)
    assert followed is not None
    assert names(followed[1]) == [("RedCardRaised", "RED")]
    assert (followed[0].ended_in_time, followed[0].colour) == (False, Colour.RED)


def test_a_pause_recovers_reminder_and_yellow_and_the_rest_of_the_limit_raises_them_again() -> None:
    watch, _ = following.begin(sighting(due_at=due_after(10)), RULES, MONDAY)
    watch, warned = run(watch, due_after(10) - timedelta(hours=1))
    assert [colour for _, colour in warned] == ["REMINDER", "YELLOW"]
    now = due_after(10) - timedelta(minutes=30)
    followed = following.observe(watch, sighting(WatchState.PAUSED), RULES, now)
    assert followed is not None
    watch, events = followed
    assert names(events) == [("CardRecovered", "REMINDER"), ("CardRecovered", "YELLOW")]
    assert {event.card.state for event in events} == {CardState.RECOVERED}
    assert watch.wake_at is None
    resumed = now + timedelta(days=30)
    followed = following.observe(watch, sighting(due_at=due_after(1, resumed)), RULES, resumed)
    assert followed is not None
    _, warned = run(followed[0], resumed + timedelta(days=10))
    assert [colour for _, colour in warned] == ["REMINDER", "YELLOW", "RED"]


def test_a_later_due_date_recovers_what_it_makes_untrue() -> None:
    watch, _ = following.begin(sighting(due_at=due_after(10)), RULES, MONDAY)
    watch, _ = run(watch, due_after(10) - timedelta(hours=1))
    now = due_after(10) - timedelta(minutes=30)
    followed = following.observe(watch, sighting(due_at=due_after(11)), RULES, now)
    assert followed is not None
    # A day more: today is the day before now, so that the reminder still holds.
    assert names(followed[1]) == [("CardRecovered", "YELLOW")]
    assert followed[0].colour is Colour.REMINDER


@pytest.mark.parametrize(
    "news",
    [
        sighting(WatchState.PAUSED),
        sighting(due_at=due_after(100)),
        sighting(WatchState.ENDED, due_after(100), due_after(99)),
    ],
)
def test_a_red_card_stays_whatever_comes(news: Sighting) -> None:
    watch, _ = following.begin(sighting(due_at=due_after(10)), RULES, MONDAY)
    watch, _ = run(watch, MONDAY + timedelta(days=60))
    followed = following.observe(watch, news, RULES, MONDAY + timedelta(days=61))
    assert followed is not None
    assert followed[0].colour is Colour.RED
    assert ("CardRecovered", "RED") not in names(followed[1])


def test_older_news_changes_nothing() -> None:
    watch, _ = following.begin(sighting(WatchState.ENDED, due_after(10), MONDAY, version=5), RULES, MONDAY)
    assert following.observe(watch, sighting(due_at=due_after(10), version=4), RULES, MONDAY) is None


def test_a_subject_that_is_reopened_is_watched_anew() -> None:
    watch, _ = following.begin(sighting(WatchState.ENDED, due_after(5), MONDAY), RULES, MONDAY)
    again = MONDAY + timedelta(days=30)
    followed = following.observe(watch, sighting(due_at=due_after(5, again)), RULES, again)
    assert followed is not None
    watch, _ = followed
    assert (watch.ended_at, watch.started_at) == (None, again)
    assert watch.wake_at is not None


class LifeOfAWatch(RuleBasedStateMachine):
    """News and looks in any order, time passing; what must hold of a watch and of what it has told."""

    @initialize(days=st.integers(0, 15))
    def open(self, days: int) -> None:
        self.now, self.version = MONDAY, 1
        self.standing: set[Colour] = set()
        self.red_cards = 0
        self.watch, events = following.begin(sighting(due_at=due_after(days)), RULES, self.now)
        self._hear(events)

    @rule(hours=st.integers(0, 200))
    def time_passes_and_alarms_fire(self, hours: int) -> None:
        until = self.now + timedelta(hours=hours)
        while self.watch.wake_at is not None and self.watch.wake_at <= until:
            self.now = max(self.now, self.watch.wake_at)
            self.watch, events = following.wake(self.watch, RULES, self.now)
            self._hear(events)
            assert self.watch.wake_at is None or self.watch.wake_at > self.now, "it would never sleep again"
        self.now = until

    @rule(days=st.integers(0, 15))
    def its_owner_sets_another_due_date(self, days: int) -> None:
        self._see(WatchState.RUNNING, due_after(days, self.now))

    @rule()
    def its_clock_stops(self) -> None:
        self._see(WatchState.PAUSED, None)

    @rule()
    def it_ends(self) -> None:
        self._see(WatchState.ENDED, None, self.now)

    @invariant()
    def what_stands_is_what_was_told(self) -> None:
        assert {raised.colour for raised in self.watch.raised} == self.standing

    @invariant()
    def there_is_one_red_card_at_the_most(self) -> None:
        assert self.red_cards <= 1

    @invariant()
    def what_does_not_run_warns_of_nothing_but_what_was_late(self) -> None:
        if self.watch.seen.state is not WatchState.RUNNING:
            assert self.standing <= {Colour.RED}
            assert self.watch.wake_at is None

    def _see(self, state: WatchState, due_at: datetime | None, done_at: datetime | None = None) -> None:
        self.version += 1
        followed = following.observe(self.watch, sighting(state, due_at, done_at, self.version), RULES, self.now)
        assert followed is not None
        self.watch = followed[0]
        self._hear(followed[1])

    def _hear(self, events: tuple[CardEvent, ...]) -> None:
        raised = [event.card.colour for event in events if not isinstance(event, CardRecovered)]
        assert raised == sorted(raised), "mildest first"
        for event in events:
            colour = event.card.colour
            if isinstance(event, CardRecovered):
                assert colour is not Colour.RED
                assert colour in self.standing
                self.standing.remove(colour)
            else:
                assert colour not in self.standing, "raised twice"
                self.standing.add(colour)
                self.red_cards += colour is Colour.RED


LifeOfAWatch.TestCase.settings = settings(max_examples=examples(150), stateful_step_count=20)
TestLifeOfAWatch = LifeOfAWatch.TestCase
