"""Consuming: effects once, transient errors retried, poison set aside, a broken consumer stopped."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from kit.actor import service_actor
from kit.bus.sqlite import SqliteBus
from kit.bus.sqlite_group import SqliteConsumer
from kit.clock import FixedClock
from kit.consumer import Delivery, GroupRunner, RetryPolicy, Subscription
from kit.dead_letters import dlq_topic
from kit.errors import Conflict, Invalid, NotReady, Unavailable
from kit.events import Event
from kit.outbox import Outbox
from kit.store.port import Kind
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY

KINDS = [Kind("effect")]
QUICK = RetryPolicy(attempts=4, first=0.001, longest=0.004, dead_limit=5)


def event(number: int, type: str = "tongban.test.thing_done.v1") -> Event:
    return Event(f"e{number}", type, "site/test", f"s{number % 3}", "j", MONDAY, b"data")


@dataclass
class House:
    folder: Path
    store: SqliteStore
    bus: SqliteBus
    runners: list[GroupRunner] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def run(self, subscription: Subscription) -> GroupRunner:
        return self.start(GroupRunner(subscription, self.bus, FixedClock(MONDAY), service_actor("test"), QUICK))

    def start(self, runner: GroupRunner) -> GroupRunner:
        thread = threading.Thread(target=runner.run, daemon=True)
        thread.start()
        self.runners.append(runner)
        self.threads.append(thread)
        return runner

    def effects(self) -> list[str]:
        return sorted(document.id for document in self.store.scan("effect"))

    def apply(self, delivery: Delivery) -> None:
        self.store.insert("effect", delivery.event.id, {}, mark=delivery.mark())

    def close(self) -> None:
        for runner in self.runners:
            runner.stop()
        for thread in self.threads:
            thread.join(10)
        self.bus.close()
        self.store.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
        bus = SqliteBus(Path(folder) / "bus.db", Path(folder))
        house = House(Path(folder), SqliteStore(tmp_path / "store.db", KINDS), bus)
        yield house
        house.close()


def until(true: Callable[[], bool], seconds: float = 15) -> None:
    waiting = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        waiting.wait(0.02)
    raise AssertionError("it never came to be")


def test_each_event_has_its_effect_once_though_it_is_published_twice(house: House) -> None:
    house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": house.apply}))
    house.bus.publish("t", [event(n) for n in range(10)])
    house.bus.publish("t", [event(n) for n in range(10)])
    house.bus.publish("t", [event(10)])
    until(lambda: len(house.effects()) == 11 and house.bus.lag("test.effects", ["t"]) == 0)
    assert house.bus.read(dlq_topic("test.effects")) == []


def test_types_that_nobody_handles_are_passed_over(house: House) -> None:
    house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": house.apply}))
    house.bus.publish("t", [event(1, "tongban.test.from_a_newer_release.v9"), event(2)])
    until(lambda: house.effects() == ["e2"] and house.bus.lag("test.effects", ["t"]) == 0)


def test_a_transient_error_is_tried_again(house: House) -> None:
    failures = iter([Unavailable("store_unavailable", "…"), Conflict("stale_version", "…")])

    def flaky(delivery: Delivery) -> None:
        error = next(failures, None)
        if error is not None:
            raise error
        house.apply(delivery)

    house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": flaky}))
    house.bus.publish("t", [event(1)])
    until(lambda: house.effects() == ["e1"])
    assert house.bus.read(dlq_topic("test.effects")) == []


def test_an_outage_loses_nothing_and_buries_nothing(house: House) -> None:
    down = threading.Event()
    down.set()
    tries: list[str] = []

    def handle(delivery: Delivery) -> None:
        tries.append(delivery.event.id)
        if down.is_set():
            raise Unavailable("store_unavailable", "…")
        house.apply(delivery)

    house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": handle}))
    house.bus.publish("t", [event(n) for n in range(3)])
    until(lambda: len(tries) > 3 * QUICK.attempts)
    down.clear()
    until(lambda: house.effects() == ["e0", "e1", "e2"])
    assert house.bus.read(dlq_topic("test.effects")) == []


def test_an_event_whose_needs_never_come_goes_to_the_dead_letters_and_the_rest_go_on(house: House) -> None:
    def handle(delivery: Delivery) -> None:
        if delivery.event.id == "e1":
            raise NotReady("reference_not_ready", "…", center="610999")
        house.apply(delivery)

    told: list[tuple[str, str]] = []
    subscription = Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": handle})
    retry = replace(QUICK, tell_after=0.0, give_up_after=0.1)
    actor = service_actor("test")
    runner = GroupRunner(subscription, house.bus, FixedClock(MONDAY), actor, retry, lambda *said: told.append(said))
    house.start(runner)
    house.bus.publish("t", [event(n) for n in range(3)])
    until(lambda: house.effects() == ["e0", "e2"] and house.bus.lag("test.effects", ["t"]) == 0)
    (letter,) = house.bus.read(dlq_topic("test.effects"))
    assert (letter.headers["ce_id"], letter.headers["dlq_code"]) == ("e1", "reference_not_ready")
    assert told[0][0] == "test.effects"
    assert "center=610999" in told[0][1]


def test_poison_goes_to_the_dead_letters_with_its_reason_and_the_rest_go_on(house: House) -> None:
    def picky(delivery: Delivery) -> None:
        if delivery.event.id == "e1":
            raise Invalid("item_unknown", "没有该事项")
        if delivery.event.id == "e2":
            raise ZeroDivisionError
        house.apply(delivery)

    house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": picky}))
    house.bus.publish("t", [event(n) for n in range(5)])
    until(lambda: house.effects() == ["e0", "e3", "e4"] and house.bus.lag("test.effects", ["t"]) == 0)
    letters = {one.headers["ce_id"]: one.headers for one in house.bus.read(dlq_topic("test.effects"))}
    assert letters["e1"]["dlq_code"] == "item_unknown"
    assert letters["e2"]["dlq_code"] == "unexpected"
    assert letters["e1"]["dlq_topic"] == "t"
    assert letters["e1"]["ce_type"] == "tongban.test.thing_done.v1"


@pytest.mark.parametrize("headers", ["[]", '{"ce_time": "²"}', f'{{"ce_time": "{"9" * 40}"}}'])
def test_an_undecodable_event_goes_to_the_dead_letters(house: House, headers: str) -> None:
    house.bus.publish("t", [event(1)])
    house.bus.write(lambda connection: connection.execute("UPDATE events SET headers = ?", (headers,)), durable=True)
    house.bus.publish("t", [event(2)])
    house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": house.apply}))
    until(lambda: house.effects() == ["e2"])
    (letter,) = house.bus.read(dlq_topic("test.effects"))
    assert letter.headers["dlq_code"] == "undecodable"
    assert letter.data == b"data"


def test_a_lost_race_behind_an_outage_is_tried_again_like_any_other(house: House) -> None:
    errors = [Unavailable("reference_not_ready", "…")] * (QUICK.attempts - 1) + [Conflict("stale_version", "…")]
    failures = iter(errors)

    def unlucky(delivery: Delivery) -> None:
        error = next(failures, None)
        if error is not None:
            raise error
        house.apply(delivery)

    house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": unlucky}))
    house.bus.publish("t", [event(1)])
    until(lambda: house.effects() == ["e1"] or house.bus.read(dlq_topic("test.effects")) != [])
    assert house.effects() == ["e1"]


def test_a_conflict_that_stays_is_a_dead_letter_in_the_end(house: House) -> None:
    tries: list[str] = []

    def refuses(delivery: Delivery) -> None:
        tries.append(delivery.event.id)
        raise Conflict("not_negative", "…")

    house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": refuses}))
    house.bus.publish("t", [event(1)])
    until(lambda: len(house.bus.read(dlq_topic("test.effects"))) == 1)
    assert len(tries) == QUICK.attempts


class _Unsteady(SqliteBus):
    """A bus whose members fail in ways that no adapter promises: to join, and to leave."""

    failures = 3

    def consumer(self, group: str, topics: Sequence[str]) -> SqliteConsumer:
        if self.failures:
            self.failures -= 1
            raise OSError(24, "Too many open files")
        return _Clinging(self, group, topics)


class _Clinging(SqliteConsumer):
    def close(self) -> None:
        super().close()
        raise RuntimeError("it can't leave")


def test_a_member_that_cant_join_or_leave_doesnt_end_the_consumer(house: House) -> None:
    house.bus.close()
    house.bus = _Unsteady(house.folder / "bus.db", house.folder)
    house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": flaky(house.apply)}))
    house.bus.publish("t", [event(1), event(2)])
    until(lambda: house.effects() == ["e1", "e2"])


def flaky(apply: Callable[[Delivery], None]) -> Callable[[Delivery], None]:
    """Unavailable so often that the member leaves and joins anew."""
    failures = iter([Unavailable("store_unavailable", "…")] * QUICK.attempts)

    def handle(delivery: Delivery) -> None:
        error = next(failures, None)
        if error is not None:
            raise error
        apply(delivery)

    return handle


def test_too_many_dead_letters_in_a_row_stop_the_consumer(house: House) -> None:
    def broken(delivery: Delivery) -> None:
        raise Invalid("always", "…")

    runner = house.run(Subscription("test.effects", ["t"], {"tongban.test.thing_done.v1": broken}))
    house.bus.publish("t", [event(n) for n in range(20)])
    until(lambda: bool(runner.halted))
    house.threads[0].join(10)
    assert len(house.bus.read(dlq_topic("test.effects"))) == QUICK.dead_limit
    assert house.bus.lag("test.effects", ["t"]) == 20 - QUICK.dead_limit


def test_the_outbox_publishes_what_a_crash_left_pending_and_repeats_do_no_harm(house: House) -> None:
    outbox = Outbox(house.store, house.bus, "t")
    for number in range(5):
        house.store.insert("effect", f"cause{number}", {}, events=[event(number)])
    # Published, and killed before it was cleared.
    house.bus.publish("t", [one.event for one in house.store.pending(2)])
    assert outbox.publish_pending() == 5
    assert house.store.pending_depth() == 0
    published = [one.event.id for one in house.bus.read("t") if one.event]
    assert published == ["e0", "e1", "e0", "e1", "e2", "e3", "e4"]
    house.run(Subscription("test.effects", ["t"], any_event=house.apply))
    until(lambda: len([id for id in house.effects() if id.startswith("e")]) == 5)


def test_a_running_outbox_is_nudged_by_a_write(house: House) -> None:
    outbox = Outbox(house.store, house.bus, "t")
    thread = threading.Thread(target=outbox.run, daemon=True)
    thread.start()
    house.store.insert("effect", "cause", {}, events=[event(1)])
    until(lambda: house.store.pending_depth() == 0, 5)
    outbox.stop()
    thread.join(5)
    assert [one.event.id for one in house.bus.read("t") if one.event] == ["e1"]


def test_events_that_follow_each_other_are_taken_together(house: House) -> None:
    taken: list[list[str]] = []

    def together(deliveries: Sequence[Delivery]) -> None:
        taken.append([each.event.id for each in deliveries])
        for each in deliveries:
            house.apply(each)

    done, other = "tongban.test.thing_done.v1", "tongban.test.other.v1"
    house.bus.publish("t", [*(event(n) for n in range(6)), event(6, other), *(event(n) for n in range(7, 9))])
    house.run(Subscription("test.effects", ["t"], {done: house.apply, other: house.apply}, together={done: together}))
    until(lambda: len(house.effects()) == 9 and house.bus.lag("test.effects", ["t"]) == 0)
    assert max(len(each) for each in taken) > 1
    assert "e6" not in [id for each in taken for id in each]


def test_what_fails_together_is_done_one_by_one_and_only_the_bad_one_is_set_aside(house: House) -> None:
    def together(deliveries: Sequence[Delivery]) -> None:
        house.apply(deliveries[0])  # some of it may be done before it fails
        raise Invalid("one_is_bad", "…")

    def handle(delivery: Delivery) -> None:
        if delivery.event.id == "e3":
            raise Invalid("bad", "…")
        house.apply(delivery)

    done = "tongban.test.thing_done.v1"
    house.bus.publish("t", [event(n) for n in range(6)])
    house.run(Subscription("test.effects", ["t"], {done: handle}, together={done: together}))
    until(lambda: house.bus.lag("test.effects", ["t"]) == 0)
    assert house.effects() == ["e0", "e1", "e2", "e4", "e5"]
    assert [each.headers["ce_id"] for each in house.bus.read(dlq_topic("test.effects"))] == ["e3"]
