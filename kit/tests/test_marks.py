"""Marks go once their events can't come again; until then each event has its effect once, however old its mark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kit.actor import service_actor
from kit.bus.sqlite import SqliteBus
from kit.clock import SystemClock
from kit.consumer import Delivery, GroupRunner, RetryPolicy, Subscription
from kit.dead_letters import REPLAY_FOR
from kit.events import Event
from kit.marks import MarkedGroup, MarkPruner, may_be_forgotten
from kit.outbox import Outbox
from kit.settings import ServiceSettings
from kit.store.port import Kind, Mark
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY

TOPIC, GROUP = "tongban.queuing.v1", "intake.tickets"
WINDOW = timedelta(days=90)
LATER = datetime.now(UTC) + timedelta(days=91)


class House:
    """A service that publishes, and one that listens."""

    def __init__(self, folder: Path) -> None:
        self.bus = SqliteBus(folder / "bus.db", folder)
        self.origin = SqliteStore(folder / "queuing.db", [Kind("ticket")])
        self.store = SqliteStore(folder / "intake.db", [Kind("effect")])
        self.outbox = Outbox(self.origin, self.bus, TOPIC)
        self.effects: list[str] = []

    def pruner(self, at: datetime = LATER) -> MarkPruner:
        groups = [MarkedGroup(GROUP, [TOPIC]), MarkedGroup("inner")]
        return MarkPruner(self.store, self.bus, groups, WINDOW, lambda: at)

    def publish(self, *numbers: int) -> None:
        for number in numbers:
            self.origin.insert("ticket", f"t{number}", {}, events=[event(number)])
        self.outbox.publish_pending()

    def consume(self, group: str = GROUP) -> None:
        """Handles all that lies before the group."""

        def handle(delivery: Delivery) -> None:
            at = len(list(self.store.scan("effect")))
            self.store.insert("effect", f"{at}", {}, mark=delivery.mark())
            self.effects.append(delivery.event.id)

        subscription = Subscription(group, [TOPIC], any_event=handle)
        runner = GroupRunner(subscription, self.bus, SystemClock(), service_actor("intake"), RetryPolicy(first=0))
        consumer = self.bus.consumer(group, [TOPIC])
        while got := consumer.poll(0.2):
            for received in got:
                assert runner.handle(received)
                consumer.commit(received)
        consumer.close()

    def rows(self) -> tuple[int, int]:
        """Marks of the one, and what waits in the outbox of the other."""
        marks = self.store._read("SELECT count(*) FROM marks", ())[0][0]
        return int(marks), self.origin.pending_depth()


def event(number: int) -> Event:
    return Event(f"e{number}", "tongban.queuing.ticket_taken.v1", "s/queuing", f"t{number}", "j", MONDAY, b"x")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.bus.close()
    made.store.close()
    made.origin.close()


def test_however_many_events_come_marks_and_outbox_stay_as_small(house: House) -> None:
    for turn in range(3):
        house.publish(*range(turn * 40, turn * 40 + 40))
        house.consume()
        assert house.rows() == (40, 0)
        assert house.pruner(datetime.now(UTC)).forget() == 0, "they are young"
        assert house.pruner().forget() == 40
        assert house.rows() == (0, 0)
    house.consume()
    assert len(house.effects) == len(set(house.effects)) == 120


def test_nothing_is_forgotten_while_the_bus_may_hand_it_out_again(house: House) -> None:
    """As after a restore: the effect is there, the position is still before its event."""
    house.publish(1)
    house.store.insert("effect", "restored", {}, mark=Mark(GROUP, "e1"))
    assert house.pruner().forget() == 0
    house.consume()
    assert house.effects == []
    assert house.pruner().forget() == 1


def test_an_outbox_that_publishes_again_within_the_window_has_no_second_effect(house: House) -> None:
    house.publish(1)
    house.consume()
    house.pruner(datetime.now(UTC) + timedelta(days=89)).forget()
    house.bus.publish(TOPIC, [event(1)])
    house.consume()
    assert house.effects == ["e1"]


def test_a_replayed_event_is_for_the_group_that_failed(house: House) -> None:
    house.publish(1)
    house.consume("intake.others")
    house.consume()
    house.pruner().forget()
    house.store.forget_marks("intake.others", LATER, 9)
    house.bus.publish(TOPIC, [event(1)], [{REPLAY_FOR: "intake.others"}])
    house.consume()
    assert house.effects == ["e1", "e1"], "each group once"
    house.consume("intake.others")
    assert house.effects == ["e1", "e1", "e1"], "its operator wanted that"


def test_marks_of_what_comes_over_no_bus_go_by_their_age_alone(house: House) -> None:
    house.store.insert("effect", "a", {}, mark=Mark("inner", "r1"))
    house.publish(1)
    assert house.pruner().forget() == 1
    assert not house.store.is_marked(Mark("inner", "r1"))


def test_more_than_a_batch_goes_in_steps(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.marks.BATCH", 7)
    for number in range(20):
        house.store.insert("effect", f"{number}", {}, mark=Mark("inner", f"r{number}"))
    assert house.pruner().forget() == 20


def test_a_window_is_no_shorter_than_a_month_and_none_is_for_ever() -> None:
    with pytest.raises(ValueError, match="TONGBAN_MARKS_DAYS"):
        ServiceSettings(marks_days=7)
    assert may_be_forgotten(WINDOW, MONDAY, MONDAY + timedelta(days=91))
    assert not may_be_forgotten(WINDOW, MONDAY, MONDAY + timedelta(days=89))
    assert not may_be_forgotten(timedelta(), MONDAY, MONDAY + timedelta(days=10_000))
