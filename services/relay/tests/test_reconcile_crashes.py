"""A crash at every single write of what changes a chain: taking back former words, letting what is behind follow them,
and going on from where two operators agree. Whatever comes between, the end is the same."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import pytest

from kit.call import Call
from kit.errors import Invalid
from kit.events import EventEncoder
from kit.store.repository import Repository
from services.relay.domain.anchor import Anchor, AnchorRefused, Reanchoring
from services.relay.domain.chain import Fork
from services.relay.domain.envelope import Envelope
from services.relay.domain.files import Way
from services.relay.domain.register import Settlement
from services.relay.events import TABLE
from services.relay.handlers.anchoring import REANCHORINGS, Anchoring
from services.relay.handlers.desk import KINDS
from services.relay.handlers.incoming import receive
from services.relay.handlers.keyring import SignatureRefused
from services.relay.handlers.outgoing import post
from services.relay.handlers.receipts import settle_letter
from services.relay.handlers.reconciling import RECONCILE_KINDS
from services.relay.tests.crashing import Crash, CrashingMemory
from services.relay.tests.simulation import Site
from services.relay.tests.test_reconciling import Nights, world_chains_agree
from services.relay.tests.world import KEY
from tongban.relay.v1 import events_pb2

#: Where a write is cut off; the quick tests take the hardest.
HOWS = [pytest.param("before", marks=pytest.mark.slow), "within", pytest.param("after", marks=pytest.mark.slow)]
_KINDS = [*KINDS, *RECONCILE_KINDS, REANCHORINGS]


class Removing(CrashingMemory):
    """Crashes at removals, too."""

    def remove(self, kind: str, documents: Sequence[tuple[str, int]]) -> None:
        write, some = super().remove, documents
        if self.fuse == 0 and self.how == "within":
            some = documents[: len(documents) // 2]
        self._at_write(lambda: write(kind, some))


class Rough(Nights):
    """Whose sites may crash."""

    def __init__(self) -> None:
        super().__init__()
        for site in self.sites:
            self.restore(site, Removing(_KINDS))
            site.crashes = 0

    def talk(self, until: Callable[[], bool]) -> None:  # type: ignore[override]
        for _ in range(300):
            for site in self.sites:
                self.alive(site, partial(self.work, site))
            self.alive(self.wire.dialling, partial(self.dial, self.wire))
            for site in self.wire.ends():
                self.alive(site, partial(self.speak, self.wire, site))
            for way in (0, 1):
                while self.wire.under_way[way]:
                    self.alive(self.wire.ends()[1 - way], partial(self.carry, self.wire, way))
            if until():
                return
            self.pass_time(1.0)
        raise AssertionError("it never came to that")

    def anchoring(self, site: Site) -> Anchoring:
        office = site.office
        encoder = EventEncoder(office.site, "relay", TABLE)
        return Anchoring(self.reconciling(site), Repository(site.store, REANCHORINGS, Reanchoring, encoder, office.ids))

    def stop_of(self, site: Site, way: Way) -> object:
        return site.office.desk.channel(site.office.links.link(self.wire.link)).stop_of(way)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def backup_of(site: Site) -> Removing:
    other = Removing(_KINDS)
    for kind in _KINDS:
        for document in site.store.scan(kind.name):
            other.insert(kind.name, document.id, document.body)
            for version in range(1, document.version):
                other.save(kind.name, document.id, document.body, version)
    return other


# ── Taking back ──────────────────────────────────────────────────────────────────────────────────────────────────


def _adopting(fuse: int | None, how: str) -> Rough:
    """A restored site said three things anew under numbers that the other end knows; it takes its former words back."""
    world = Rough()
    world.say_something(1)
    backup = backup_of(world.child)
    world.say_something(2)
    world.restore(world.child, backup)
    world.child.crashes = 0
    office = world.child.office
    for payload in (b"anew 1", b"anew 2", b"anew 3"):
        post(desk=office.desk, call=office.now, letter=office.letter(world.parent.office.site, payload))
    world.talk(lambda: world.stop_of(world.child, Way.OUT) is not None)
    of, call = world.reconciling(world.child), world.operator(world.child)
    of.ask(call=call, link_id=world.wire.link, report_id="r-1", adopt=True, reason="核对")
    store = world.child.store
    store.fuse, store.how, store.writes = fuse, how, 0
    world.talk(lambda: world.reconciling(world.child).reports.get("r-1").state == "done")
    store.fuse = None
    return world


@pytest.mark.parametrize("how", HOWS)
def test_taking_back_former_words_survives_a_crash_at_any_write(how: str) -> None:
    writes = _adopting(None, "before").child.store.writes
    assert writes > 6
    for fuse in range(writes):
        world = _adopting(fuse, how)
        where = f"write {fuse}, {how}"
        assert world.child.crashes == 1, where
        world.settle()
        world_chains_agree(world)
        came = [each.letter.payload for each in world.parent.office.arrived()]
        assert sorted(each for each in came if b"anew" in each) == [b"anew 1", b"anew 2", b"anew 3"], where
        assert len(came) == len(set(came)), where


# ── Agreed on ────────────────────────────────────────────────────────────────────────────────────────────────────


def _forked() -> tuple[Rough, Envelope]:
    """Somebody with the child's key has said something to the parent that the child never wrote."""
    world = Rough()
    world.say_something(2)
    child, parent = world.child.office, world.parent.office
    lane = child.desk.outgoing(child.links.link(world.wire.link))
    letter = replace(child.letter(parent.site, b"never written"), key_id=KEY)
    letter = replace(letter, signature=child.keys.sign(KEY, letter.canonical()))
    forged = lane.wrap(letter, child.desk.envelopes.head(lane.key), KEY)
    forged = replace(forged, signature=child.keys.sign(KEY, forged.canonical()))
    receive(parent.desk, parent.now, parent.links.link(world.wire.link), [forged])
    parent.pass_all()
    world.wire.cut()
    for payload in (b"true 1", b"true 2"):
        post(desk=child.desk, call=child.now, letter=child.letter(parent.site, payload))
    world.talk(lambda: world.stop_of(world.child, Way.OUT) is not None)
    true = child.desk.envelopes.at(lane.key, forged.sequence)
    assert true is not None
    with pytest.raises(Fork):
        receive(parent.desk, parent.now, parent.links.link(world.wire.link), [true.envelope()])
    return world, forged


def word(world: Rough, site: Site, sequence: int, call: Call | None = None) -> Anchor:
    return world.anchoring(site).say(
        call=call or world.operator(site),
        link_id=world.wire.link,
        from_site=world.child.office.site,
        sequence=sequence,
        approved_by="李处长",
        reason="密钥被盗用",
    )


def go_on(world: Rough, site: Site, theirs: Anchor) -> tuple[Anchor, int]:
    return world.anchoring(site).go_on(
        call=world.operator(site), theirs=theirs, approved_by="王主任", reason="双方电话商定"
    )


def test_a_fork_goes_on_from_where_both_operators_agree_and_what_was_forged_is_evidence() -> None:
    world, forged = _forked()
    agreed = forged.sequence - 1
    theirs = word(world, world.child, agreed)
    ours, aside = go_on(world, world.parent, theirs)
    assert aside == 1
    assert (ours.head, ours.approval.name) == (theirs.head, "王主任")
    assert go_on(world, world.child, ours)[1] == 0
    world.settle()
    world_chains_agree(world)
    came = [each.letter.payload for each in world.parent.office.arrived()]
    assert came[-2:] == [b"true 1", b"true 2"]
    kept = world.parent.office.desk.envelopes.evidence_of(forged.letter.id, f"{world.wire.link}/in")
    assert kept is not None
    assert kept.envelope() == forged
    told = [each for each in world.parent.office.told() if each.type == "tongban.relay.link_reanchored.v1"]
    assert [(each.ours.name, each.theirs.name, each.set_aside) for each in map(_told, told)] == [
        ("王主任", "李处长", 1)
    ]


def _told(event: object) -> events_pb2.LinkReanchored:
    return events_pb2.LinkReanchored.FromString(event.data)  # type: ignore[attr-defined]


def test_what_was_said_of_a_letter_that_is_evidence_now_is_said_of_that_letter() -> None:
    world, forged = _forked()
    go_on(world, world.parent, word(world, world.child, forged.sequence - 1))
    office = world.parent.office
    entry = settle_letter(desk=office.desk, call=office.now, letter_id=forged.letter.id, settlement=Settlement.READ)
    assert entry.state is Settlement.READ
    receipts = [each.envelope().letter for each in office.desk.envelopes.after(f"{world.wire.link}/out", 0, 100)]
    assert receipts[-1].in_reply_to == forged.letter.id


@pytest.mark.parametrize("how", HOWS)
def test_going_on_survives_a_crash_at_any_write(how: str) -> None:
    def run(fuse: int | None, how: str) -> int:
        world, forged = _forked()
        theirs = word(world, world.child, forged.sequence - 1)
        store = world.parent.store
        store.fuse, store.how, store.writes = fuse, how, 0
        try:
            go_on(world, world.parent, theirs)
        except Crash:
            world.alive(world.parent, _crash)
            there = world.anchoring(world.parent).records.find_by_id(theirs.id)
            if there is None or there.done_at is None:
                go_on(world, world.parent, theirs)
        writes: int = store.writes
        store.fuse = None
        go_on(world, world.child, word(world, world.parent, forged.sequence - 1))
        world.settle()
        world_chains_agree(world)
        came = [each.letter.payload for each in world.parent.office.arrived()]
        assert came[-2:] == [b"true 1", b"true 2"], f"write {fuse}, {how}"
        assert len(list(store.scan("evidence"))) == 1, f"write {fuse}, {how}"
        return writes

    writes = run(None, "before")
    assert writes >= 5
    for fuse in range(writes):
        run(fuse, how)


def _crash() -> None:
    raise Crash


def test_what_one_end_says_alone_changes_nothing() -> None:
    world, forged = _forked()
    before = list(world.parent.store.scan("envelope"))
    word(world, world.parent, forged.sequence - 1)
    assert list(world.parent.store.scan("envelope")) == before
    assert world.stop_of(world.parent, Way.IN) is not None


class TestRefused:
    @pytest.fixture
    def forked(self) -> tuple[Rough, Envelope]:
        return _forked()

    def test_a_number_that_the_ends_have_differently(self, forked: tuple[Rough, Envelope]) -> None:
        world, forged = forked
        with pytest.raises(AnchorRefused, match="anchor_differs"):
            go_on(world, world.parent, word(world, world.child, forged.sequence))

    def test_a_word_that_was_changed_on_its_way(self, forked: tuple[Rough, Envelope]) -> None:
        world, forged = forked
        theirs = word(world, world.child, forged.sequence - 1)
        with pytest.raises(SignatureRefused):
            go_on(world, world.parent, replace(theirs, head=world.parent.office.desk.envelopes.head("nowhere")))

    def test_ones_own_word(self, forked: tuple[Rough, Envelope]) -> None:
        world, forged = forked
        with pytest.raises(Invalid, match="anchor_malformed"):
            go_on(world, world.parent, word(world, world.parent, forged.sequence - 1))

    def test_a_word_that_was_acted_on(self, forked: tuple[Rough, Envelope]) -> None:
        world, forged = forked
        theirs = word(world, world.child, forged.sequence - 1)
        go_on(world, world.parent, theirs)
        with pytest.raises(AnchorRefused, match="anchor_used"):
            go_on(world, world.parent, theirs)

    def test_an_old_word(self, forked: tuple[Rough, Envelope]) -> None:
        world, forged = forked
        theirs = word(world, world.child, forged.sequence - 1)
        world.pass_time(31 * 24 * 3600)
        with pytest.raises(AnchorRefused, match="anchor_expired"):
            go_on(world, world.parent, theirs)

    def test_a_direction_that_is_not_stopped(self) -> None:
        world = Rough()
        world.say_something(1)
        with pytest.raises(AnchorRefused, match="link_not_stopped"):
            go_on(world, world.parent, word(world, world.child, 1))

    def test_nobody_in_person_and_no_reason(self) -> None:
        world = Rough()
        world.say_something(1)
        of, call = world.anchoring(world.child), world.operator(world.child)
        asked = {"call": call, "link_id": world.wire.link, "from_site": world.child.office.site, "sequence": 1}
        with pytest.raises(Invalid, match="approver_missing"):
            of.say(**asked, approved_by=" ", reason="x")  # type: ignore[arg-type]
        with pytest.raises(Invalid, match="reason_missing"):
            of.say(**asked, approved_by="李处长", reason=" ")  # type: ignore[arg-type]
