"""Pruning: what is old goes, batch by batch; what is young, or has no time, stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kit import pruning
from kit.actor import service_actor
from kit.alarms import Sweeper
from kit.call import Call
from kit.clock import to_ms
from kit.events import EventEncoder
from kit.pruning import PRUNINGS, Pruner, Rule, Turn
from kit.store.port import Index, Kind
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, FixedClock, seeded_ids, store

NOTES = Kind("note", (Index("by_end", ("ended",)), Index("by_state", ("state", "ended"))))
DAY = timedelta(days=1)


class House:
    def __init__(self, folder: Path, *rules: Rule) -> None:
        self.store: SqliteStore = store(folder, [NOTES, PRUNINGS])
        self.clock = FixedClock(MONDAY)
        turns = Repository(self.store, PRUNINGS, Turn, EventEncoder("here", "test", {}), seeded_ids())
        self.pruner = Pruner("test", turns, rules)
        self.sweeper = Sweeper(self.pruner.alarms(), self.clock, service_actor("test"))

    def begin(self) -> None:
        self.pruner.begin(Call(service_actor("test"), self.clock.now()))

    def note(self, id: str, ended: timedelta | None, state: str = "closed") -> None:
        at = None if ended is None else to_ms(MONDAY - ended)
        self.store.insert("note", id, {"ended": at, "state": state})

    def after(self, time: timedelta) -> list[str]:
        """What is there once it has been swept at that time."""
        self.clock.advance(MONDAY + time - self.clock.now())
        while self.sweeper.sweep():
            pass
        return [each.id for each in self.store.scan("note")]


def test_what_is_longer_ago_than_it_is_kept_goes_and_the_rest_stays(tmp_path: Path) -> None:
    house = House(tmp_path, Rule(NOTES, "by_end", 30 * DAY))
    house.begin()
    house.note("old", 31 * DAY)
    house.note("young", 29 * DAY)
    house.note("open", None)
    assert house.after(timedelta()) == ["old", "open", "young"], "its first turn comes later"
    assert house.after(timedelta(hours=1)) == ["open", "young"]
    assert house.after(2 * DAY) == ["open"]


def test_more_than_a_batch_goes_in_one_turn_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 10)
    house = House(tmp_path, Rule(NOTES, "by_end", DAY))
    house.begin()
    for number in range(35):
        house.note(f"n-{number}", 2 * DAY)
    assert house.after(timedelta(hours=1)) == []


def test_a_rule_looks_at_what_it_is_about(tmp_path: Path) -> None:
    house = House(tmp_path, Rule(NOTES, "by_state", DAY, where={"state": "closed"}))
    house.begin()
    house.note("a", 2 * DAY)
    house.note("b", 2 * DAY, state="waits")
    assert house.after(timedelta(hours=1)) == ["b"]


def test_a_rule_that_is_switched_off_takes_nothing_away_and_goes_on_later(tmp_path: Path) -> None:
    House(tmp_path, Rule(NOTES, "by_end", DAY)).begin()
    off = House(tmp_path)
    off.note("a", 2 * DAY)
    assert off.after(timedelta(hours=5)) == ["a"]
    on = House(tmp_path, Rule(NOTES, "by_end", DAY))
    on.begin()
    assert on.after(timedelta(hours=9)) == []
