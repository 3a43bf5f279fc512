"""The relay's bench: its floor, its neighbours, its table. Running all of it starts relays."""

from __future__ import annotations

from bench.figures import Figure, at_least
from bench.relay.__main__ import lines
from bench.relay.crowd import Neighbour
from bench.relay.floor import floor
from kit.ids import Ids
from kit.signing import verify_raw
from services.relay.protos import envelope_of
from tongban.relay.v1 import link_pb2


def test_the_floor_has_all_of_its_parts() -> None:
    rates = floor(0.05, 1000)
    assert set(rates) == {"sign", "verify", "write", "hop", "envelopes"}
    assert all(rate > 0 for rate in rates.values())


def test_a_neighbour_of_the_crowd_writes_a_chain_that_anybody_verifies() -> None:
    neighbour, ids = Neighbour.made(1, Ids()), Ids()
    neighbour.write_letters(ids, 2)
    frames = [link_pb2.Frame.FromString(frame) for _, frame in neighbour.letters]
    first, second = (envelope_of(each.envelopes.envelopes[0]) for each in frames)
    assert (first.sequence, second.sequence) == (1, 2) == tuple(number for number, _ in neighbour.letters)
    assert second.previous == first.head().digest
    assert neighbour.head == second.head()
    for envelope in (first, second):
        verify_raw(neighbour.card.keys[0].public, envelope.canonical(), envelope.signature)
        verify_raw(neighbour.card.keys[0].public, envelope.letter.canonical(), envelope.letter.signature)


def test_a_missed_goal_is_said_to_be_missed() -> None:
    figures = [Figure("a", "one", 5.0, "/s", at_least(10)), Figure("b", "other", 20.0, "/s", at_least(10))]
    machine = {"cpu": "c", "cores": 2, "memory_gb": 1, "python": "p", "load_before": 0, "load_after": 0}
    text = "\n".join(lines({"machine": machine, "floor": {"sign": 1.0}}, figures))
    assert "MISSED" in text
    assert "1 of 2 goals met" in text
