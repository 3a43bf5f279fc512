"""Ten thousand schedules of the real code: lossy lines, crashes at every write, bundles by hand; nothing lost, nothing twice.

Each schedule is one seed. ``TONGBAN_SCHEDULES_FIRST`` moves the range to seeds that nobody has seen; a failure names its
seed, and ``simulation.run(seed)`` repeats it.
"""

from __future__ import annotations

import copy
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.errors import TongbanError
from kit.store.port import Body
from services.relay.handlers.desk import KINDS
from services.relay.tests.crashing import Crash, CrashingMemory, CrashingSqlite
from services.relay.tests.simulation import World, run

FIRST = int(os.environ.get("TONGBAN_SCHEDULES_FIRST", "1"))
COUNT = 10_000
AT_ONCE = 250
SLOW = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What is refused and ends is logged, a hundred thousand times here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@SLOW
@pytest.mark.parametrize("first", range(FIRST, FIRST + COUNT, AT_ONCE), ids=lambda first: f"seeds-{first}")
def test_nothing_is_lost_and_nothing_comes_twice(first: int) -> None:
    letters = crashes = 0
    for seed in range(first, first + AT_ONCE):
        world = run(seed)
        letters += len(world.posted)
        crashes += sum(site.crashes for site in world.sites)
    assert letters > AT_ONCE
    assert crashes > AT_ONCE / 5


def test_a_hundred_schedules_on_the_embedded_store() -> None:
    folder = Path("/dev/shm")  # it syncs at once, where there is one
    with tempfile.TemporaryDirectory(dir=folder if folder.is_dir() else None, prefix="tongban-") as base:
        for seed in range(FIRST, FIRST + 100):
            world = run(seed, lambda name, seed=seed: CrashingSqlite(Path(base) / f"{seed}-{name}.db", KINDS))  # type: ignore[misc]
            for site in world.sites:
                site.store.close()


# ── A crash at every write ───────────────────────────────────────────────────────────────────────────────────────


class Unpowered(CrashingMemory):
    """Loses with a crash whatever no durable write stands behind: the current is gone, not only the process."""

    #: What stood when the first write was made that isn't durable yet.
    _durable: Any = None

    def insert(self, kind: str, id: str, body: Body, **given: Any) -> Any:
        return self._kept(True, lambda: super(Unpowered, self).insert(kind, id, body, **given))

    def save(self, kind: str, id: str, body: Body, version: int, **given: Any) -> Any:
        write = super().save
        return self._kept(given.get("durable", True), lambda: write(kind, id, body, version, **given))

    def append(self, kind: str, documents: Any, **given: Any) -> None:
        self._kept(given.get("durable", True), lambda: super(Unpowered, self).append(kind, documents, **given))

    def _kept(self, durable: bool, write: Callable[[], Any]) -> Any:
        if self._durable is None:
            self._durable = copy.deepcopy((self._tables, self._marks, self._numbers, self._pending))
        try:
            found = write()
        except Crash:
            self._tables, self._marks, self._numbers, self._pending = self._durable
            self._durable = None
            raise
        if durable:
            self._durable = None
        return found


#: Sites that remember what they wrote, and pass on in the turn that hears; and sites that do neither.
_QUICK, _PLAIN = 7, 12


def _exchange(
    hops: int, site: int, fuse: int | None, how: str, store: type[CrashingMemory] = CrashingMemory, seed: int = _QUICK
) -> World:
    """Letters both ways, answered; one site crashes once, at one write."""
    world = World(seed, hops=hops, store=lambda name: store(KINDS))
    for _ in range(2):
        world.write_letter(world.sites[0])
        world.write_letter(world.sites[-1])
    store = world.sites[site].store
    store.fuse, store.how, store.writes = fuse, how, 0
    world.settle()
    for each in world.sites:
        each.to_settle.extend(arrived.letter.id for arrived in each.office.arrived())
    world.settle()
    world.verify()
    return world


@pytest.mark.parametrize(("hops", "site"), [(1, 0), (1, 1), *(pytest.param(2, at, marks=SLOW) for at in range(3))])
@pytest.mark.parametrize("seed", [_QUICK, _PLAIN])
def test_a_crash_at_any_one_write_changes_nothing_of_the_end(hops: int, site: int, seed: int) -> None:
    writes = _exchange(hops, site, None, "before", seed=seed).sites[site].store.writes
    assert writes > 10
    for fuse in range(writes):
        for how in ("before", "within", "after"):
            world = _exchange(hops, site, fuse, how, seed=seed)
            assert world.sites[site].crashes == 1, f"write {fuse}, {how}"


@pytest.mark.parametrize(("hops", "site"), [(1, 0), (1, 1), pytest.param(2, 1, marks=SLOW)])
@pytest.mark.parametrize("seed", [_QUICK, _PLAIN])
def test_a_power_cut_at_any_one_write_changes_nothing_of_the_end(hops: int, site: int, seed: int) -> None:
    for fuse in range(_exchange(hops, site, None, "before", Unpowered, seed).sites[site].store.writes):
        world = _exchange(hops, site, fuse, "before", Unpowered, seed)
        assert world.sites[site].crashes == 1, f"write {fuse}"


class Careless(Unpowered):
    """Calls nothing durable."""

    def append(self, kind: str, documents: Any, **given: Any) -> None:
        super().append(kind, documents, **{**given, "durable": False})


def test_envelopes_have_to_be_durable() -> None:
    """Or a number would be given twice, and the other end find a fork."""

    def cut_at_each_write() -> None:
        for fuse in range(_exchange(1, 0, None, "before", Careless).sites[0].store.writes):
            _exchange(1, 0, fuse, "before", Careless)

    with pytest.raises((AssertionError, TongbanError)):
        cut_at_each_write()


# ── A check that can't fail is worse than none ───────────────────────────────────────────────────────────────────


class Forgetful(CrashingMemory):
    """Says that it has kept what a crash then takes away."""

    def append(self, kind: str, documents: Any, **given: Any) -> None:
        if self.fuse is not None and self.fuse < 2:
            return
        super().append(kind, documents, **given)


class Doubling(CrashingMemory):
    """Keeps two versions of a channel: a save that was overtaken is done again."""

    def save(self, kind: str, id: str, body: Body, version: int, **given: Any) -> Any:
        found = super().save(kind, id, body, version, **given)
        if kind == "channel" and self.writes % 5 == 0:
            super().save(kind, id, body, version + 1, **given)
        return found


@pytest.mark.parametrize("broken", [Forgetful, Doubling])
def test_the_schedules_find_a_store_that_breaks_its_word(broken: type[CrashingMemory]) -> None:
    def some() -> None:
        for seed in range(200):
            run(seed, lambda name: broken(KINDS))

    with pytest.raises((AssertionError, TongbanError)):
        some()
