"""Both ends compare what they have, over the line; what one has lost comes back, and what differs is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from kit.actor import Actor, service_actor
from kit.alarms import Sweeper
from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.events import EventEncoder
from kit.store.repository import Repository
from services.relay.domain.channel import Channel
from services.relay.domain.files import Way
from services.relay.domain.reconcile import Difference, Report, Round
from services.relay.handlers.desk import KINDS
from services.relay.handlers.incoming import receive
from services.relay.handlers.outgoing import next_envelopes, outgoing_head, post
from services.relay.handlers.reconciling import RECONCILE_KINDS, REPORTS, ROUNDS, Reconciling
from services.relay.session import FrameFlow
from services.relay.session.reconcile_flow import ReconcileFlow
from services.relay.tests.crashing import CrashingMemory
from services.relay.tests.simulation import Site, World
from tongban.relay.v1 import link_pb2


class Nights(World):
    """A world whose lines reconcile."""

    def __init__(self) -> None:
        super().__init__(1, store=lambda name: CrashingMemory([*KINDS, *RECONCILE_KINDS]))
        self.child, self.parent = self.sites
        self.wire = self.wires[0]

    def reconciling(self, site: Site) -> Reconciling:
        encoder, ids = EventEncoder(site.office.site, "relay", {}), site.office.ids
        return Reconciling(
            site.office.desk,
            Repository(site.store, REPORTS, Report, encoder, ids),
            Repository(site.store, ROUNDS, Round, encoder, ids),
        )

    def flows(self, site: Site, link: str) -> Sequence[FrameFlow]:
        return (ReconcileFlow(link, self.reconciling(site), lambda: site.office.now, lambda: self.real),)

    def operator(self, site: Site) -> Call:
        return Call(Actor("ops-1", "李运维", frozenset({"admin"})), site.office.clock.now())

    def ask(self, site: Site, *, adopt: bool = False) -> Report:
        """An operator asks, and the line is given time to answer."""
        call = self.operator(site)
        of = self.reconciling(site)
        asked = of.ask(
            call=call, link_id=self.wire.link, report_id=site.office.ids.new_id(call.now), adopt=adopt, reason="核对"
        )
        self.talk(lambda: of.reports.get(asked.id).state == "done")
        return of.reports.get(asked.id)

    def talk(self, until: object) -> None:
        for _ in range(200):
            for site in self.sites:
                self.work(site)
            self.dial(self.wire)
            for site in self.wire.ends():
                self.speak(self.wire, site)
            for way in (0, 1):
                while self.wire.under_way[way]:
                    self.carry(self.wire, way)
            if until():  # type: ignore[operator]
                return
            self.pass_time(1.0)
        raise AssertionError("it never came to that")

    def say_something(self, count: int = 3) -> None:
        for _ in range(count):
            self.write_letter(self.child)
            self.write_letter(self.parent)
        self.settle()

    def restore(self, site: Site, store: CrashingMemory) -> None:
        """A back-up takes the place of what there was."""
        self.wire.cut()
        site.store = store
        site.office.store = store
        site.restart()


@pytest.fixture
def world() -> Nights:
    return Nights()


def found(report: Report, way: Way) -> list[tuple[int, Difference]]:
    compared = next(each for each in report.directions if each.way is way)
    return [(each.sequence, each.difference) for each in compared.differences]


def test_ends_that_agree_say_so_by_type(world: Nights) -> None:
    world.say_something()
    report = world.ask(world.child)
    assert report.agrees
    out = next(each for each in report.directions if each.way is Way.OUT)
    assert (out.last, out.our_head, out.their_head, out.differing) == (6, 6, 6, 0)
    assert [(each.type, each.ours, each.theirs) for each in out.types] == [
        ("crossing.submitted", 3, 3),
        ("relay.receipt", 3, 3),
    ]
    assert report.asked_by == "李运维"


def test_what_a_restored_site_lost_of_its_own_comes_back(world: Nights) -> None:
    world.say_something(2)
    backup = _copy(world.child.store)
    world.say_something(2)
    head = outgoing_head(world.child.office.desk, world.child.office.links.link(world.wire.link))
    world.restore(world.child, backup)

    def channel() -> Channel:
        office = world.child.office
        return office.desk.channel(office.links.link(world.wire.link))

    world.talk(lambda: channel().stop_of(Way.OUT) is not None)
    report = world.ask(world.child)
    assert report.agrees
    assert {difference for _, difference in found(report, Way.OUT)} == {Difference.FETCHED}
    assert (
        outgoing_head(world.child.office.desk, world.child.office.links.link(world.wire.link)).sequence >= head.sequence
    )
    assert channel().stops == ()
    world.write_letter(world.child)
    world.settle()
    world_chains_agree(world)


def test_what_was_said_anew_after_a_restore_waits_for_an_operator_and_is_then_said_again(world: Nights) -> None:
    world.say_something(2)
    backup = _copy(world.child.store)
    world.say_something(2)
    world.restore(world.child, backup)
    office = world.child.office
    letter = office.letter(world.parent.office.site, b"said anew")
    post(desk=office.desk, call=office.now, letter=letter)
    link = office.links.link(world.wire.link)
    world.talk(lambda: office.desk.channel(link).stop_of(Way.OUT) is not None)
    careful = world.ask(world.child)
    assert not careful.agrees
    assert Difference.DIFFERENT in {difference for _, difference in found(careful, Way.OUT)}
    assert world.child.office.desk.channel(link).stop_of(Way.OUT) is not None, "only an operator's word changes it"
    report = world.ask(world.child, adopt=True)
    assert report.agrees
    assert Difference.ADOPTED in {difference for _, difference in found(report, Way.OUT)}
    world.settle()
    world_chains_agree(world)
    assert [each.letter.payload for each in world.parent.office.arrived()].count(b"said anew") == 1


def test_what_is_damaged_is_found(world: Nights) -> None:
    world.say_something()
    key = f"{world.wire.link}/in/2"
    kept = world.parent.store.get("envelope", key)
    assert kept is not None
    other = world.parent.store.get("envelope", f"{world.wire.link}/in/1")
    assert other is not None
    world.parent.store.save("envelope", key, kept.body | {"envelope": other.body["envelope"]}, kept.version)
    report = world.ask(world.parent)
    assert not report.agrees
    assert found(report, Way.IN) == [(2, Difference.DAMAGED_HERE)]


def test_more_than_one_range_is_compared(world: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("comparing", "reconciling"):
        monkeypatch.setattr(f"services.relay.handlers.{module}.RANGE", 4)
    world.say_something(5)
    report = world.ask(world.child)
    assert report.agrees
    assert {each.last for each in report.directions} == {10}


def test_every_night_each_link_is_reconciled_from_where_it_was(world: Nights) -> None:
    world.say_something()
    of = world.reconciling(world.child)
    world.talk(lambda: of.rounds.find_by_id(world.wire.link) is not None)

    def night() -> Report:
        world.pass_time(timedelta(days=1).total_seconds())
        assert Sweeper(of.alarms(), world.clock, service_actor("relay")).sweep() == 1
        (report, *_) = of.reports_of(link_id=world.wire.link, limit=1, cursor="").items
        world.talk(lambda: of.reports.get(report.id).state == "done")
        return of.reports.get(report.id)

    first = night()
    assert first.agrees
    world.say_something(1)
    second = night()
    assert second.agrees
    assert [each.first for each in second.directions] == [each.last + 1 for each in first.directions]


def test_a_turn_that_is_taken_twice_asks_once(world: Nights) -> None:
    of = world.reconciling(world.child)
    call = world.operator(world.child)
    one = of.ask(call=call, link_id=world.wire.link, report_id="r-1", adopt=False, reason="")
    assert of.ask(call=call, link_id=world.wire.link, report_id="r-2", adopt=False, reason="") == one


def test_taking_back_ones_word_needs_a_reason(world: Nights) -> None:
    of, call = world.reconciling(world.child), world.operator(world.child)
    with pytest.raises(Invalid):
        of.ask(call=call, link_id=world.wire.link, report_id="r-1", adopt=True, reason=" ")


@pytest.mark.parametrize(
    "asked",
    [
        link_pb2.RangeAsked(id="x", from_site="990000.stranger", first=1, last=10),
        link_pb2.RangeAsked(id="x", from_site="610902.hanbin", first=0, last=10),
        link_pb2.RangeAsked(id="x", from_site="610902.hanbin", first=1, last=10**9),
        link_pb2.RangeAsked(id="x", from_site="610902.hanbin", first=9, last=2),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(world: Nights, asked: link_pb2.RangeAsked) -> None:
    flow = world.flows(world.parent, world.wire.link)[0]
    with pytest.raises(Invalid):
        flow.receive(link_pb2.Frame(range_asked=asked), world.parent.office.now)


def test_only_what_this_site_wrote_itself_is_put_back(world: Nights) -> None:
    world.say_something(1)
    of, office = world.reconciling(world.child), world.child.office
    link = office.links.link(world.wire.link)
    (theirs, *_) = next_envelopes(world.parent.office.desk, world.parent.office.links.link(link.id), 0, 1, 1 << 20)
    with pytest.raises((Invalid, Conflict)):
        of.fetch(
            office.now, of.lane(link, world.parent.office.site), theirs.envelope(), office.desk.envelopes.head("x")
        )
    receive(office.desk, office.now, link, [theirs.envelope()])


def _copy(store: CrashingMemory) -> CrashingMemory:
    """A back-up."""
    other = CrashingMemory([*KINDS, *RECONCILE_KINDS])
    for kind in [*KINDS, *RECONCILE_KINDS]:
        for document in store.scan(kind.name):
            other.insert(kind.name, document.id, document.body)
            for version in range(1, document.version):
                other.save(kind.name, document.id, document.body, version)
    return other


def world_chains_agree(world: Nights) -> None:
    for one, other in (world.wire.ends(), world.wire.ends()[::-1]):
        ours = [each.digest for each in one.office.desk.envelopes.after(f"{world.wire.link}/out", 0, 1000)]
        theirs = [each.digest for each in other.office.desk.envelopes.after(f"{world.wire.link}/in", 0, 1000)]
        assert ours == theirs
        assert one.office.desk.channel(one.office.links.link(world.wire.link)).stops == ()


def test_what_the_other_end_never_answers_is_closed_and_asked_anew_the_next_night(world: Nights) -> None:
    world.say_something()
    world.talk(lambda: world.reconciling(world.child).rounds.find_by_id(world.wire.link) is not None)
    of = replace(world.reconciling(world.child), waits=timedelta(days=3))

    def night() -> None:
        world.clock.advance(timedelta(days=1))
        assert Sweeper(of.alarms(), world.clock, service_actor("relay")).sweep() == 1

    for _ in range(3):
        night()
    (asked,) = of.reports_of(link_id=world.wire.link, limit=10, cursor="").items
    assert asked.state == "asked"
    night()
    anew, closed = of.reports_of(link_id=world.wire.link, limit=10, cursor="").items
    assert (closed.id, closed.state, closed.agrees) == (asked.id, "unanswered", False)
    assert closed.finished_at is not None
    assert of.pending(world.wire.link) == anew
    of.finish(world.operator(world.child), asked.done((), world.clock.now()))
    assert of.reports.get(asked.id).state == "unanswered", "an answer that comes too late changes nothing"
    assert of.unanswered(world.operator(world.child)) == {world.wire.link}
    for _ in range(8):
        night()
        assert of.unanswered(world.operator(world.child)) == {world.wire.link}, "it is told until there is an answer"
    anew = of.reports_of(link_id=world.wire.link, limit=1, cursor="").items[0]
    world.talk(lambda: of.reports.get(anew.id).state == "done")
    assert of.reports.get(anew.id).agrees
    assert of.unanswered(world.operator(world.child)) == frozenset()


def test_a_night_goes_on_where_the_last_that_agreed_ended_however_many_did_not_since(world: Nights) -> None:
    world.say_something()
    world.talk(lambda: world.reconciling(world.child).rounds.find_by_id(world.wire.link) is not None)
    of = world.reconciling(world.child)

    def compared() -> Report:
        world.clock.advance(timedelta(days=1))
        Sweeper(of.alarms(), world.clock, service_actor("relay")).sweep()
        report = of.reports_of(link_id=world.wire.link, limit=1, cursor="").items[0]
        world.talk(lambda: of.reports.get(report.id).state == "done")
        return of.reports.get(report.id)

    first = compared()
    assert first.agreed_at == first.finished_at
    for number in range(7):
        day = world.clock.now() + timedelta(hours=1 + number)
        asked = Report(f"no-answer-{number}", world.wire.link, first.peer, day, "", "", adopt=False)
        of.reports.create(asked.given_up(day), [], world.operator(world.child))
    second = compared()
    assert {each.way: each.first for each in second.directions} == {
        each.way: each.last + 1 for each in first.directions
    }
