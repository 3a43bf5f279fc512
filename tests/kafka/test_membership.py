"""How a member comes into its group and stays there, also where the driver would lose it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from kafka.coordinator.base import MemberState

from kit.bus.kafka import member
from kit.bus.kafka.member import KafkaMember
from kit.errors import Unavailable
from tests.contract.bus_contract import drain, event, ids, until
from tests.kafka.broker import KafkaBusHarness

#: So briefly a poll waits here, that most joins end between two of them.
BRIEFLY = 0.005


def settles(joined: KafkaMember, seconds: float) -> bool:
    """Whether a member that polls briefly has its partitions, and keeps them over the metadata's changes."""
    end = time.monotonic() + seconds
    settled_since = None
    while time.monotonic() < end:
        joined.poll(BRIEFLY)
        if joined._client.group_metadata().state != MemberState.STABLE or not joined._client.assignment():
            settled_since = None
        elif settled_since is None:
            settled_since = time.monotonic()
        elif time.monotonic() - settled_since > 0.3:
            return True
    return False


def test_a_member_that_polls_briefly_is_never_lost(bus_harness: KafkaBusHarness, topic: str) -> None:
    bus = bus_harness.open()
    for number in range(5):
        joined = bus.consumer(f"group-{number}", [topic])
        assert settles(joined, 20)
        joined.close()


@pytest.fixture
def lost(bus_harness: KafkaBusHarness, topic: str, monkeypatch: pytest.MonkeyPatch) -> KafkaMember:
    """A member that the driver has lost: without the mend, with which this must be tried in vain.

    Where no member gets lost any more, the driver was mended, and ours can go: kit/bus/kafka/member.py.
    """
    leave_it: Callable[[object], None] = lambda _: None  # noqa: E731
    monkeypatch.setattr(member, "_collecting", leave_it)
    for number in range(15):
        joined = bus_harness.open().consumer(f"lost-{number}", [topic])
        if not settles(joined, 2.0):
            return joined
        joined.close()
    raise AssertionError("the driver loses no member any more")


def test_a_member_that_is_lost_is_noticed_and_who_joins_anew_goes_on(
    bus_harness: KafkaBusHarness, topic: str, lost: KafkaMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost, "_patience", 0.5)

    def noticed() -> bool:
        try:
            return bool(lost.poll(BRIEFLY))
        except Unavailable as error:
            return error.code == "bus_member_unsettled"

    until(noticed)
    lost.close()
    monkeypatch.undo()
    bus = bus_harness.open()
    bus.publish(topic, [event(1)])
    anew = bus.consumer(lost._group, [topic])
    assert ids(drain(anew, 1)) == ["e000001"]
    anew.close()


def test_a_member_that_waits_for_its_group_is_not_taken_for_lost(bus_harness: KafkaBusHarness, topic: str) -> None:
    """More members than partitions: who has none is settled all the same."""
    members = [bus_harness.open().consumer("crowd", [f"{topic}.dlq"]) for _ in range(2)]
    for each in members:
        each._patience = 0.5

    def settled() -> bool:
        for each in members:
            each.poll(0.05)
        return all(each._client.group_metadata().state == MemberState.STABLE for each in members)

    for each in members:
        each._patience = 60.0
    until(settled)
    for each in members:
        each._patience = 0.5
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        assert settled()
    assert sorted(len(each._client.assignment()) for each in members) == [0, 1]
    for each in members:
        each.close()


def test_a_commit_in_a_rebalance_waits_for_its_end(bus_harness: KafkaBusHarness, topic: str) -> None:
    """A second member comes while the first is at work; the first's commits count, or say that they don't."""
    bus = bus_harness.open()
    bus.publish(topic, [event(n, str(n)) for n in range(40)])
    first = bus_harness.open().consumer("group", [topic])
    got = drain(first, 40, commit=False)
    second = bus_harness.open().consumer("group", [topic])
    kept: dict[int, int] = {}
    for one in got:
        second.poll(BRIEFLY)
        first.poll(BRIEFLY)
        if first.commit(one):
            kept[one.partition] = one.offset
    first.close()
    left = {one.event.id for one in got if one.event and one.offset > kept.get(one.partition, -1)}
    assert set(ids(drain(second, len(left)))) >= left
    assert bus.lag("group", [topic]) == 0
    second.close()
