"""What a process knows of the ends of lanes without reading: what stands, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from kit.store.port import Document, Query
from services.relay.domain.envelope import Envelope, Head
from services.relay.handlers.desk import KINDS
from services.relay.handlers.incoming import import_envelopes, receive
from services.relay.handlers.kept import Envelopes
from services.relay.handlers.place import placed
from services.relay.handlers.tails import Tails
from services.relay.tests.carrying import envelopes, send
from services.relay.tests.world import COUNTY, HUB, Office, join, office
from tests.contract.memory_store import MemoryStore


class Reads(MemoryStore):
    """Counts what is read of lanes."""

    def __init__(self) -> None:
        super().__init__(KINDS)
        self.count_of = 0

    def find(self, query: Query) -> Any:
        self.count_of += query.kind in ("envelope", "held")
        return super().find(query)

    def get(self, kind: str, id: str) -> Document | None:
        self.count_of += kind in ("envelope", "channel")
        return super().get(kind, id)


@pytest.fixture
def store() -> Reads:
    return Reads()


@pytest.fixture
def sole_hub(store: Reads) -> Office:
    """A hub whose store no other process writes to."""
    return office(HUB, store=store, seed=2, sole=True)


@pytest.fixture
def sender(sole_hub: Office) -> Office:
    made = office(COUNTY, seed=1)
    join(made, sole_hub)
    return made


def _sent(sender: Office, hub: Office, count: int) -> Sequence[Envelope]:
    send(sender, *(sender.letter(hub.site) for _ in range(count)))
    return envelopes(sender, hub)


def test_a_letter_on_its_way_is_not_read_back(store: Reads, sole_hub: Office, sender: Office) -> None:
    first, second = _sent(sender, sole_hub, 2)
    link = sole_hub.link_to(COUNTY)
    receive(sole_hub.desk, sole_hub.now, link, [first])
    sole_hub.pass_all()
    store.count_of = 0
    receive(sole_hub.desk, sole_hub.now, link, [second])
    sole_hub.pass_all()
    assert store.count_of == 0
    assert len(sole_hub.arrived()) == 2


def test_what_is_known_is_what_stands(store: Reads, sole_hub: Office, sender: Office) -> None:
    link = sole_hub.link_to(COUNTY)
    for envelope in _sent(sender, sole_hub, 30):
        receive(sole_hub.desk, sole_hub.now, link, [envelope])
        lane = sole_hub.desk.incoming(link).key
        known, there = sole_hub.desk.envelopes, Envelopes(store)
        assert known.head(lane) == there.head(lane)
        for after in (0, envelope.sequence - 3, envelope.sequence):
            assert list(known.after(lane, after, 100)) == list(there.after(lane, after, 100))
        assert known.at(lane, envelope.sequence) == there.at(lane, envelope.sequence)
        assert known.digest(lane, 1) == there.digest(lane, 1)


def test_what_others_wrote_meanwhile_is_found_when_a_number_is_taken(
    store: Reads, sole_hub: Office, sender: Office
) -> None:
    first, second, third = _sent(sender, sole_hub, 3)
    link = sole_hub.link_to(COUNTY)
    receive(sole_hub.desk, sole_hub.now, link, [first])
    lane = sole_hub.desk.incoming(link)
    Envelopes(store).append(lane, [(second, second.head(), "")], sole_hub.now.now)
    assert receive(sole_hub.desk, sole_hub.now, link, [second, third]) == third.head()


def test_what_is_taken_out_of_a_chain_is_known_no_more(store: Reads, sole_hub: Office, sender: Office) -> None:
    sent = _sent(sender, sole_hub, 3)
    link = sole_hub.link_to(COUNTY)
    receive(sole_hub.desk, sole_hub.now, link, sent)
    lane = sole_hub.desk.incoming(link).key
    sole_hub.desk.envelopes.set_aside(lane, 1, {})
    assert sole_hub.desk.envelopes.head(lane) == sent[0].head()
    assert receive(sole_hub.desk, sole_hub.now, link, sent[1:]) == sent[2].head()


def test_what_is_held_is_found_though_nothing_was_held_a_moment_ago(sole_hub: Office, sender: Office) -> None:
    first, second, third = _sent(sender, sole_hub, 3)
    link = sole_hub.link_to(COUNTY)
    receive(sole_hub.desk, sole_hub.now, link, [first])
    import_envelopes(sole_hub.desk, sole_hub.now, link, [third])
    assert receive(sole_hub.desk, sole_hub.now, link, [second]) == third.head()


def test_a_write_that_nobody_heard_the_end_of_is_forgotten(store: Reads, sole_hub: Office, sender: Office) -> None:
    first, second = _sent(sender, sole_hub, 2)
    link = sole_hub.link_to(COUNTY)
    receive(sole_hub.desk, sole_hub.now, link, [first])
    lane = sole_hub.desk.incoming(link)
    steps = sole_hub.desk.envelopes.appending(lane, [(second, second.head(), "")], sole_hub.now.now)
    next(steps)
    Envelopes(store).append(lane, [(second, second.head(), "")], sole_hub.now.now)
    steps.close()
    assert sole_hub.desk.envelopes.head(lane.key) == second.head()


def test_what_was_read_before_a_forgetting_is_not_noted_after_it(sender: Office, sole_hub: Office) -> None:
    first, second = _sent(sender, sole_hub, 2)
    tails, now = Tails(sole=True), sole_hub.now.now
    began = tails.began()
    tails.forget("another lane")
    tails.found("lane", first.head(), began)
    tails.found_nothing_held("lane", began)
    tails.grew("lane", [placed("lane", second, second.head(), "", now)], began)
    assert (tails.head("lane"), tails.holds_nothing("lane")) == (None, False)


def test_two_that_write_at_a_time_may_say_so_in_any_order(sender: Office, sole_hub: Office) -> None:
    first, second = (placed("lane", each, each.head(), "", sole_hub.now.now) for each in _sent(sender, sole_hub, 2))
    tails = Tails(sole=True)
    tails.found("lane", Head(), tails.began())
    tails.grew("lane", [second], tails.began())
    tails.grew("lane", [first], tails.began())
    assert tails.head("lane") == second.head
    assert tails.after("lane", 0, 10) is None, "the store knows what stands before it"
    assert tails.after("lane", 1, 10) == [second]


def test_only_the_last_few_are_at_hand(sender: Office, sole_hub: Office) -> None:
    kept = [placed("lane", each, each.head(), "", sole_hub.now.now) for each in _sent(sender, sole_hub, 20)]
    tails = Tails(sole=True)
    tails.found("lane", Head(), tails.began())
    tails.grew("lane", kept, tails.began())
    assert tails.after("lane", 5, 100) is None
    assert tails.after("lane", 15, 100) == kept[15:]
    tails.dealt_with("lane", 20)
    assert (tails.after("lane", 15, 100), tails.after("lane", 20, 100)) == (None, ())


def test_where_others_write_too_nothing_is_known(sender: Office, sole_hub: Office) -> None:
    (first,) = (placed("lane", each, each.head(), "", sole_hub.now.now) for each in _sent(sender, sole_hub, 1))
    tails = Tails()
    tails.found("lane", Head(), tails.began())
    tails.grew("lane", [first], tails.began())
    assert (tails.head("lane"), tails.after("lane", 0, 1)) == (None, None)
