"""What every Bus must keep. An adapter binds by giving a ``bus_harness`` fixture; nothing is left out."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import pytest

from kit.bus.port import Bus, Consumer, Received
from kit.errors import Invalid
from kit.events import MAX_DATA_BYTES, Event

NOW = datetime(2026, 11, 23, 2, 0, 0, 123000, tzinfo=UTC)


def event(number: int, key: str = "k") -> Event:
    """A distinguishable event."""
    return Event(
        f"e{number:06}",
        "tongban.test.thing_done.v1",
        "site/test",
        key,
        "journey",
        NOW,
        f"数据{number}".encode(),
        "staff-1",
        "张三",
        "rules C05; 许可法 32",
    )


class BusHarness(Protocol):
    """How the suite gets at one adapter: one fresh broker or file, or fresh names, for each test."""

    def open(self) -> Bus:
        """A client of its own, as another process would have."""
        ...

    def publisher_command(self, topic: str) -> list[str]:
        """A process that publishes until it is killed: see ``publisher.py``."""
        ...


#: How long the suite waits for what should come, in seconds.
PATIENCE = 40.0


def drain(consumer: Consumer, wanted: int, commit: bool = True) -> list[Received]:
    """Polls until so many came, or time is up."""
    got: list[Received] = []
    end = time.monotonic() + PATIENCE
    while len(got) < wanted and time.monotonic() < end:
        batch = consumer.poll(0.5)
        got += batch
        if commit:
            for received in batch:
                consumer.commit(received)
    return got


def until(true: Callable[[], bool]) -> None:
    """Waits until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def ids(received: Sequence[Received]) -> list[str]:
    """The events' ids."""
    return [one.event.id for one in received if one.event is not None]


class BusContract:
    """The sentences of kit/bus/port.py, one test each."""

    @pytest.fixture
    def bus(self, bus_harness: BusHarness) -> Bus:
        return bus_harness.open()

    @pytest.fixture
    def topic(self) -> str:
        return f"tongban.test{uuid.uuid4().hex[:8]}.v1"

    def test_an_event_comes_as_it_was_published(self, bus: Bus, topic: str) -> None:
        bus.publish(topic, [event(1, "钥匙")], [{"dlq_reason": "说明"}])
        consumer = bus.consumer("group", [topic])
        (received,) = drain(consumer, 1)
        assert received.event == event(1, "钥匙")
        assert (received.key, received.topic) == ("钥匙", topic)
        assert received.headers["dlq_reason"] == "说明"
        consumer.close()

    def test_events_of_a_key_keep_their_order(self, bus: Bus, topic: str) -> None:
        for number in range(0, 200, 10):
            bus.publish(topic, [event(n, f"key-{n % 7}") for n in range(number, number + 10)])
        consumer = bus.consumer("group", [topic])
        got = drain(consumer, 200)
        assert sorted(ids(got)) == [f"e{n:06}" for n in range(200)]
        for key in range(7):
            of_key = [one.event.id for one in got if one.event and one.key == f"key-{key}"]
            assert of_key == sorted(of_key)
        consumer.close()

    def test_a_late_group_reads_from_the_start(self, bus: Bus, topic: str) -> None:
        bus.publish(topic, [event(n, str(n)) for n in range(20)])
        first = bus.consumer("early", [topic])
        assert len(drain(first, 20)) == 20
        late = bus.consumer("late", [topic])
        assert len(drain(late, 20)) == 20
        first.close()
        late.close()

    def test_nothing_counts_before_commit(self, bus_harness: BusHarness, topic: str) -> None:
        bus = bus_harness.open()
        bus.publish(topic, [event(n, "one key") for n in range(10)])
        consumer = bus.consumer("group", [topic])
        got = drain(consumer, 10, commit=False)
        assert consumer.commit(got[3])
        consumer.close()
        again = bus_harness.open().consumer("group", [topic])
        assert ids(drain(again, 6)) == [f"e{n:06}" for n in range(4, 10)]
        again.close()

    def test_a_rewound_event_comes_again_with_what_follows(self, bus: Bus, topic: str) -> None:
        bus.publish(topic, [event(n, "one key") for n in range(5)])
        consumer = bus.consumer("group", [topic])
        got = drain(consumer, 5, commit=False)
        consumer.rewind(got[2])
        assert ids(drain(consumer, 3)) == ["e000002", "e000003", "e000004"]
        consumer.close()

    def test_two_members_share_and_nothing_is_handed_to_both(self, bus_harness: BusHarness, topic: str) -> None:
        one, two = bus_harness.open().consumer("group", [topic]), bus_harness.open().consumer("group", [topic])
        shared: dict[str, list[str]] = {"one": [], "two": []}
        stop = threading.Event()

        def work(name: str, consumer: Consumer) -> None:
            while not stop.is_set():
                for received in consumer.poll(0.2):
                    shared[name] += ids([received])
                    consumer.commit(received)

        threads = [
            threading.Thread(target=work, args=("one", one)),
            threading.Thread(target=work, args=("two", two)),
        ]
        for thread in threads:
            thread.start()
        publisher = bus_harness.open()
        try:
            number = 0
            end = time.monotonic() + PATIENCE
            # Until both have work: how long a join takes is the adapter's own affair.
            while not (shared["one"] and shared["two"]) and time.monotonic() < end:
                publisher.publish(topic, [event(n, str(n)) for n in range(number, number + 20)])
                number += 20
                time.sleep(0.2)
            settled = number
            publisher.publish(topic, [event(n, str(n)) for n in range(number, number + 100)])
            number += 100
            until(lambda: len({*shared["one"], *shared["two"]}) == number)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        after = {f"e{n:06}" for n in range(settled, number)}
        assert not (set(shared["one"]) & set(shared["two"]) & after), "handed to both once settled"
        assert set(shared["one"]) & after, "not shared"
        assert set(shared["two"]) & after, "not shared"
        one.close()
        two.close()

    def test_a_leaving_members_work_is_taken_over(self, bus_harness: BusHarness, topic: str) -> None:
        bus = bus_harness.open()
        leaving = bus_harness.open().consumer("group", [topic])
        leaving.poll(0.2)
        staying = bus_harness.open().consumer("group", [topic])
        staying.poll(0.2)
        bus.publish(topic, [event(n, str(n)) for n in range(40)])
        leaving.poll(0.5)  # handed out, never committed
        leaving.close()
        got: set[str] = set()
        end = time.monotonic() + PATIENCE
        while len(got) < 40 and time.monotonic() < end:
            batch = staying.poll(0.5)
            got |= set(ids(batch))
            for received in batch:
                staying.commit(received)
        assert len(got) == 40
        staying.close()

    def test_a_member_that_lost_its_part_cannot_move_the_position(self, bus_harness: BusHarness, topic: str) -> None:
        bus = bus_harness.open()
        bus.publish(topic, [event(n, "one key") for n in range(3)])
        first = bus_harness.open().consumer("group", [topic])
        got = drain(first, 3, commit=False)
        first.close()
        second = bus_harness.open().consumer("group", [topic])
        assert len(drain(second, 3, commit=False)) == 3
        assert first.commit(got[-1]) is False
        second.close()
        third = bus_harness.open().consumer("group", [topic])
        assert len(drain(third, 3)) == 3
        third.close()

    def test_lag_says_what_is_left(self, bus: Bus, topic: str) -> None:
        bus.publish(topic, [event(n, "one key") for n in range(10)])
        assert bus.lag("group", [topic]) == 10
        consumer = bus.consumer("group", [topic])
        got = drain(consumer, 10, commit=False)
        consumer.commit(got[6])
        assert bus.lag("group", [topic]) == 3
        consumer.close()

    def test_tails_each_hear_what_comes_from_now_on(self, bus_harness: BusHarness, topic: str) -> None:
        bus = bus_harness.open()
        bus.publish(topic, [event(0)])
        tails = [bus_harness.open().tail([topic]) for _ in range(2)]
        bus.publish(topic, [event(1), event(2)])
        for tail in tails:
            heard: list[str] = []
            end = time.monotonic() + PATIENCE
            while len(heard) < 2 and time.monotonic() < end:
                heard += ids(tail.poll(0.5))
            assert heard == ["e000001", "e000002"]
            tail.close()

    def test_topics_are_apart(self, bus: Bus, topic: str) -> None:
        bus.publish(topic, [event(1)])
        bus.publish(f"{topic}.dlq", [event(2)])
        consumer = bus.consumer("group", [f"{topic}.dlq"])
        assert ids(drain(consumer, 1)) == ["e000002"]
        consumer.close()

    def test_operators_read_a_topic_without_a_group(self, bus: Bus, topic: str) -> None:
        bus.publish(topic, [event(n, "k") for n in range(5)])
        first = bus.read(topic, limit=3)
        rest = bus.read(topic, after=first[-1].offset)
        assert ids([*first, *rest]) == [f"e{n:06}" for n in range(5)]
        assert bus.lag("any", [topic]) == 5

    def test_an_event_that_is_too_large_is_refused_with_its_whole_batch(self, bus: Bus, topic: str) -> None:
        huge = replace(event(2), data=b"x" * (MAX_DATA_BYTES + 1))
        with pytest.raises(Invalid, match="event_too_large"):
            bus.publish(topic, [event(1), huge])
        bus.publish(topic, [event(3)])
        assert ids(bus.read(topic)) == ["e000003"]

    def test_an_event_of_the_largest_size_passes_with_the_largest_headers(self, bus: Bus, topic: str) -> None:
        large = replace(event(1, "键" * 80), data=b"x" * MAX_DATA_BYTES, rules="规" * 2_000)
        bus.publish(topic, [large], [{"dlq_reason": "因" * 2_000}])
        consumer = bus.consumer("group", [topic])
        (received,) = drain(consumer, 1)
        assert received.event == large
        consumer.close()

    def test_what_an_event_says_nothing_of_comes_back_as_nothing(self, bus: Bus, topic: str) -> None:
        bare = Event("e1", "tongban.test.thing_done.v1", "site/test", "k", "", NOW, b"")
        bus.publish(topic, [bare])
        assert [one.event for one in bus.read(topic)] == [bare]

    def test_the_topics_that_hold_something_are_named(self, bus: Bus, topic: str) -> None:
        bus.publish(topic, [event(1)])
        assert topic in bus.topics()

    def test_what_is_there_may_be_required(self, bus: Bus, topic: str) -> None:
        bus.require([topic])

    def test_what_was_published_survives_kill_9(self, bus_harness: BusHarness, topic: str) -> None:
        process = subprocess.Popen(bus_harness.publisher_command(topic), stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(60)]
        process.kill()
        acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
        process.wait()
        process.stdout.close()
        consumer = bus_harness.open().consumer("group", [topic])
        got = ids(drain(consumer, len(acknowledged)))
        assert set(acknowledged) <= set(got)
        consumer.close()


def publisher_command(*arguments: str) -> list[str]:
    """The publishing process of publisher.py."""
    return [sys.executable, "-m", "tests.contract.publisher", *arguments]
