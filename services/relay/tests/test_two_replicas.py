"""Two replicas of one relay: one of them dials, the other goes on when it is gone, and nothing comes twice."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kit.errors import Unavailable
from kit.events import EventEncoder
from kit.store.repository import Repository
from services.relay.domain.lease import Lease
from services.relay.handlers.desk import KINDS
from services.relay.handlers.leases import LEASES, Leases
from services.relay.tests.crashing import CrashingMemory
from services.relay.tests.simulation import Site, Wire, World
from services.relay.tests.world import COUNTY, HUB, Office, desk_on
from services.relay.transports.switchboard import LinkSwitchboard

LENGTH = timedelta(seconds=30)
#: How often a replica looks which links it dials, in seconds.
LOOK = 2.0


class Reached:
    """The leases as one replica reaches them: not at all, for a while."""

    def __init__(self, records: Repository[Lease]) -> None:
        self._records = records
        self.is_cut = False

    def __getattr__(self, name: str) -> Any:
        if self.is_cut:
            raise Unavailable("store_unavailable", "…")
        return getattr(self._records, name)


@dataclass
class Replica:
    """One process of the county's relay."""

    world: World
    wire: Wire
    name: str
    leases: Reached = field(init=False)
    board: LinkSwitchboard = field(init=False)
    is_dead: bool = False

    def __post_init__(self) -> None:
        office = self.site.office
        self.leases = Reached(Repository(self.site.store, LEASES, Lease, EventEncoder(COUNTY, "relay", {}), office.ids))
        card = replace(office.link_to(HUB).peer_card, endpoints=("grpcs://hub.example:7443",))
        link = replace(office.link_to(HUB), peer_card=card)
        identity = SimpleNamespace(site=COUNTY, card=SimpleNamespace(endpoints=()))
        registry = SimpleNamespace(identity=lambda: identity, active_links=lambda: [link])
        leases = Leases(cast(Any, self.leases), self.name, LENGTH)
        nothing: Any = None
        self.board = LinkSwitchboard(
            nothing, cast(Any, registry), nothing, nothing, leases, nothing, lambda: office.now
        )

    @property
    def site(self) -> Site:
        return self.wire.dialling

    def dials(self) -> bool:
        """Whether it may hold the line now; a dead one doesn't."""
        return not self.is_dead and bool(self.board.to_dial())

    def is_killed(self) -> None:
        """Without a word to anybody: its lease stays as it is."""
        self.is_dead = True
        self.wire.cut()


@dataclass
class Pair:
    """A county with two replicas on one store, and its hub."""

    world: World
    replicas: list[Replica]

    @classmethod
    def made(cls, seed: int) -> Pair:
        world = World(seed, store=lambda name: CrashingMemory([*KINDS, LEASES]), replicas=True)
        (wire,) = world.wires
        one = wire.dialling
        parts = {"site": COUNTY, "links": one.office.links, "keys": one.office.keys, "files": one.office.files}
        desk = desk_on(one.store, parts, one.office.ids)
        twin = Office(COUNTY, one.store, desk, world.clock, *_of(one.office))
        # The bus gives each letter to one of them.
        other = Wire(wire.link, Site(twin, one.store, one.to_post, one.to_settle), wire.listening)
        return cls(world, [Replica(world, each, name) for name, each in (("a", wire), ("b", other))])

    def holders(self) -> list[Replica]:
        """Who looks round now, and may dial."""
        return [each for each in self.replicas if each.dials()]

    def step(self) -> None:
        """A little of everything: whoever holds the lease dials and speaks, all that live pass on."""
        world, chance = self.world, self.world.random
        holders = self.holders()
        assert len(holders) <= 1, "two replicas hold the line"
        for each in self.replicas:
            if each not in holders and each.wire.up:
                each.wire.cut()
        for each in holders:
            world.dial(each.wire)
            for site in each.wire.ends():
                world.speak(each.wire, site)
            for _ in range(chance.randrange(4)):
                way = chance.randrange(2)
                world.carry(each.wire, way)
        for each in self.replicas:
            if not each.is_dead:
                world.work(each.site)
        world.work(world.sites[-1])

    def finish(self) -> None:
        """Until all is said, by whoever lives; then both ends agree on it."""
        world = self.world
        for _ in range(50):
            if holders := self.holders():
                break
            world.pass_time(LOOK)
        (last,) = holders
        world.wires = [last.wire]
        world.sites = [last.site, world.sites[-1]]
        world.settle()
        world.verify()


def _of(office: Office) -> tuple[Any, ...]:
    return office.links, office.files, office.keys, office.ids


@pytest.fixture
def pair() -> Pair:
    return Pair.made(1)


def test_one_of_two_dials_and_keeps_at_it(pair: Pair) -> None:
    first, second = pair.replicas
    for _ in range(60):
        assert first.dials()
        assert not second.dials()
        pair.world.pass_time(LOOK)


def test_the_other_takes_over_at_once_when_the_first_is_stopped(pair: Pair) -> None:
    first, second = pair.replicas
    assert pair.holders() == [first]
    first.board.stop()
    assert second.dials()
    assert not first.dials()


def test_a_killed_one_s_lease_passes_on_when_it_has_run_out_and_not_before(pair: Pair) -> None:
    first, second = pair.replicas
    assert pair.holders() == [first]
    first.is_killed()
    pair.world.pass_time(LENGTH.total_seconds() - 1)
    assert not second.dials()
    pair.world.pass_time(1)
    assert second.dials()


def test_one_that_does_not_reach_the_store_lets_go_before_another_may_dial(pair: Pair) -> None:
    first, second = pair.replicas
    assert pair.holders() == [first]
    first.leases.is_cut = True
    held = 0
    while not second.dials():
        held += first.dials()
        pair.world.pass_time(1)
    assert held > 20, "a short break costs no line"
    assert not first.dials()
    first.leases.is_cut = False
    assert pair.holders() == [second], "and doesn't take it back"


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_lost_and_nothing_comes_twice_when_the_dialling_replica_is_killed(seed: int) -> None:
    pair = Pair.made(seed)
    chance = random.Random(seed)
    county, hub = pair.world.sites
    killed_at = chance.randrange(5, 60)
    for number in range(90):
        if chance.random() < 0.3:
            pair.world.write_letter(chance.choice([county, hub]))
        if number == killed_at:
            (holder,) = pair.holders()
            holder.is_killed()
        pair.step()
        pair.world.pass_time(chance.choice([0.1, 1.0, LOOK]))
    pair.finish()
    assert len(pair.world.posted) > 10
    assert [each.is_dead for each in pair.replicas].count(True) == 1


@pytest.mark.parametrize("seed", range(20))
def test_nothing_comes_twice_while_the_line_goes_from_one_to_the_other_and_back(seed: int) -> None:
    pair = Pair.made(seed)
    chance = random.Random(seed)
    county, hub = pair.world.sites
    for _ in range(120):
        if chance.random() < 0.25:
            pair.world.write_letter(chance.choice([county, hub]))
        if chance.random() < 0.1:
            for each in pair.holders():
                each.leases.is_cut = True
        elif chance.random() < 0.2:
            for each in pair.replicas:
                each.leases.is_cut = False
        pair.step()
        pair.world.pass_time(chance.choice([0.1, LOOK, 8.0]))
    for each in pair.replicas:
        each.leases.is_cut = False
    pair.finish()
