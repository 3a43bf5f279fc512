"""Alarms: in order, once, late rather than never, and one that fails holds up no other."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kit.actor import service_actor
from kit.alarms import ALARMS, BATCH, LONGEST_REST, Alarm, Sweeper
from kit.call import Call
from kit.clock import FixedClock
from kit.errors import Conflict, Unavailable
from kit.events import EventEncoder
from kit.store.port import Kind
from kit.store.repository import Repository
from kit.testing import MONDAY, actor, call, seeded_ids, store

CLOCKS = Kind("clock", (ALARMS,))


@dataclass(frozen=True, slots=True)
class Wecker:
    id: str
    due_at: datetime | None
    fired: int = 0
    version: int = 0


@pytest.fixture
def clocks(tmp_path: Path) -> Repository[Wecker]:
    opened = store(tmp_path, [CLOCKS])
    return Repository(opened, CLOCKS, Wecker, EventEncoder("site", "test", {}), seeded_ids())


def sweeper(clocks: Repository[Wecker], clock: FixedClock, log: list[str], fails: str = "") -> Sweeper:
    def fire(entity: Wecker, at: Call) -> None:
        if entity.id == fails:
            raise RuntimeError(entity.id)
        clocks.save(replace(entity, due_at=None, fired=entity.fired + 1), [], at)
        log.append(entity.id)

    return Sweeper([Alarm("test", clocks, fire)], clock, service_actor("test"))


def set_alarms(clocks: Repository[Wecker], *minutes: int) -> None:
    for minute in minutes:
        clocks.create(Wecker(f"at{minute:02}", MONDAY + timedelta(minutes=minute)), [], call(actor("service")))


def test_alarms_fire_in_the_order_of_their_time_and_not_before(clocks: Repository[Wecker]) -> None:
    set_alarms(clocks, 30, 10, 20)
    clock = FixedClock(MONDAY)
    log: list[str] = []
    sweep = sweeper(clocks, clock, log).sweep
    assert sweep() == 0
    clock.advance(timedelta(minutes=10))
    sweep()
    assert log == ["at10"]
    clock.advance(timedelta(days=1))
    sweep()
    sweep()
    assert log == ["at10", "at20", "at30"]


def test_of_two_replicas_one_fires(clocks: Repository[Wecker]) -> None:
    set_alarms(clocks, *range(1, 50))
    clock = FixedClock(MONDAY + timedelta(hours=2))
    log: list[str] = []
    replicas = [sweeper(clocks, clock, log) for _ in range(3)]
    threads = [threading.Thread(target=replica.sweep) for replica in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for replica in replicas:
        replica.sweep()
    assert sorted(log) == [f"at{minute:02}" for minute in range(1, 50)]
    assert all(clocks.get(id).fired == 1 for id in log)


def test_a_failing_alarm_holds_up_no_other(clocks: Repository[Wecker], caplog: pytest.LogCaptureFixture) -> None:
    set_alarms(clocks, 1, 2, 3)
    clock = FixedClock(MONDAY + timedelta(hours=1))
    log: list[str] = []
    sweeper(clocks, clock, log, fails="at02").sweep()
    assert log == ["at01", "at03"]
    assert "at02" in caplog.text


def test_however_many_alarms_fail_a_later_one_fires(clocks: Repository[Wecker]) -> None:
    for number in range(2 * BATCH + 1):
        clocks.create(Wecker(f"broken{number:03}", MONDAY), [], call(actor("service")))
    set_alarms(clocks, 1)
    log: list[str] = []

    def fire(entity: Wecker, at: Call) -> None:
        if entity.id.startswith("broken"):
            raise Unavailable("reference_not_ready", "…")
        clocks.save(replace(entity, due_at=None), [], at)
        log.append(entity.id)

    sweeper = Sweeper([Alarm("test", clocks, fire)], FixedClock(MONDAY + timedelta(hours=1)), service_actor("test"))
    for _ in range(4):
        sweeper.sweep()
    assert log == ["at01"]


def test_what_is_refused_for_now_holds_up_no_later_one(clocks: Repository[Wecker]) -> None:
    for number in range(BATCH):
        clocks.create(Wecker(f"waits{number:03}", MONDAY), [], call(actor("service")))
    set_alarms(clocks, 1)
    log: list[str] = []

    def fire(entity: Wecker, at: Call) -> None:
        if entity.id.startswith("waits"):
            raise Conflict("events_before_it", "…")
        clocks.save(replace(entity, due_at=None), [], at)
        log.append(entity.id)

    sweeper = Sweeper([Alarm("test", clocks, fire)], FixedClock(MONDAY + timedelta(hours=1)), service_actor("test"))
    for _ in range(3):
        sweeper.sweep()
    assert log == ["at01"]


def test_one_that_is_due_again_keeps_the_order_also_after_a_long_silence(clocks: Repository[Wecker]) -> None:
    set_alarms(clocks, *range(0, 6 * BATCH, 3))
    log: list[datetime] = []

    def fire(entity: Wecker, at: Call) -> None:
        assert entity.due_at is not None
        log.append(entity.due_at)
        again = entity.due_at + timedelta(minutes=100) if entity.fired < 2 else None
        clocks.save(replace(entity, due_at=again, fired=entity.fired + 1), [], at)

    sweeper = Sweeper([Alarm("test", clocks, fire)], FixedClock(MONDAY + timedelta(days=1)), service_actor("test"))
    while sweeper.sweep():
        pass
    assert len(log) == 6 * BATCH
    assert log == sorted(log)


def test_a_kind_that_cant_be_read_holds_up_no_other(clocks: Repository[Wecker], tmp_path: Path) -> None:
    set_alarms(clocks, 1)
    broken = Repository(store(tmp_path, [CLOCKS], "broken"), CLOCKS, Wecker, EventEncoder("s", "t", {}), seeded_ids())
    broken.store.insert("clock", "x", {"due_at": 1, "fired": "not a number"})
    log: list[str] = []

    def fire(entity: Wecker, at: Call) -> None:
        clocks.save(replace(entity, due_at=None), [], at)
        log.append(entity.id)

    alarms = [Alarm("broken", broken, fire), Alarm("test", clocks, fire)]
    Sweeper(alarms, FixedClock(MONDAY + timedelta(hours=1)), service_actor("test")).sweep()
    assert log == ["at01"]


def test_an_alarm_that_saves_nothing_is_told_and_not_fired_over_and_over(
    clocks: Repository[Wecker], caplog: pytest.LogCaptureFixture
) -> None:
    set_alarms(clocks, 1)
    fired: list[str] = []
    alarm = Alarm("test", clocks, lambda entity, at: fired.append(entity.id))
    assert Sweeper([alarm], FixedClock(MONDAY + timedelta(hours=1)), service_actor("test")).sweep() == 0
    assert fired == ["at01"]
    assert "at01" in caplog.text


def test_a_failing_alarm_is_tried_again_but_ever_less_often(clocks: Repository[Wecker]) -> None:
    set_alarms(clocks, 1)
    tries: list[int] = []
    tenths = [0]

    def fire(entity: Wecker, at: Call) -> None:
        tries.append(tenths[0])
        raise Unavailable("reference_not_ready", "…")

    clock = FixedClock(MONDAY + timedelta(hours=1))
    sweeper = Sweeper([Alarm("test", clocks, fire)], clock, service_actor("test"), real=lambda: tenths[0] / 10)
    for tenths[0] in range(600):
        sweeper.sweep()
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 2
    assert set(pauses[6:]) == {LONGEST_REST * 10}
