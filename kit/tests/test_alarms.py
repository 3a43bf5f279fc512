"""Alarms: in order, once, late rather than never, and one that fails holds up no other."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kit.actor import service_actor
from kit.alarms import ALARMS, Alarm, Sweeper
from kit.call import Call
from kit.clock import FixedClock
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
