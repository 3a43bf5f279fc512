"""Hands that write to a store whatever happens to it, and the accounts afterwards.

Each hand has a document that counts the effects of its events: one save an event, with the event's mark and an event of
its own. A refusal that may be repeated is repeated, as consumers do; what was acknowledged is remembered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from kit.call import Idempotency
from kit.errors import Stale, Unavailable
from kit.events import Event
from kit.store.port import AlreadyApplied, Duplicate, Mark, Store
from tests.contract.store_things import NOW

HANDS = 4
_PATIENCE = 60.0


@dataclass
class Load:
    """Everything that the hands did."""

    store: Store
    publisher: Store
    acknowledged: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    published: list[Event] = field(default_factory=list)
    effects: dict[int, int] = field(default_factory=dict)
    accidents: list[BaseException] = field(default_factory=list)
    refused: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    # ── Work ─────────────────────────────────────────────────────────────────────────────────────────────────

    def work(self, hand: int) -> None:
        """Effects, new documents and numbers until it is stopped; the effect at hand is brought to its end."""
        try:
            self._until_it_works(partial(self._insert, f"hand-{hand}"))
            while not self._stop.is_set():
                number = self.effects.get(hand, 0) + 1
                self._until_it_works(partial(self._effect, hand, number))
                self.effects[hand] = number
                id = f"doc-{hand}-{number}"
                self._until_it_works(partial(self._insert, id))
                self.acknowledged.append(id)
                self._until_it_works(lambda: self.numbers.append(self.store.next_number("load")))
        except BaseException as accident:
            self.accidents.append(accident)

    def _effect(self, hand: int, number: int) -> None:
        found = self.store.get("thing", f"hand-{hand}")
        assert found is not None
        count = found.body["count"]
        event = Event(f"{hand}-{number}", "tongban.test.thing_done.v1", "s", f"hand-{hand}", "j", NOW, b"x")
        body = {"count": count + 1}
        try:
            self.store.save("thing", found.id, body, found.version, events=[event], mark=Mark("load", event.id))
        except AlreadyApplied:
            return

    def _insert(self, id: str) -> None:
        try:
            self.store.insert("thing", id, {"count": 0}, idempotency=Idempotency(f"key-{id}", "print"))
        except Duplicate:
            assert self.store.get("thing", id) is not None

    def _until_it_works(self, work: Callable[[], object]) -> None:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                work()
            except (Unavailable, Stale):
                self.refused += 1
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                return

    def publish(self) -> None:
        """What an outbox does, until it is stopped and nothing waits."""
        try:
            while True:
                stopping = self._stop.is_set()
                try:
                    batch = self.publisher.pending(50)
                    self.published += [pending.event for pending in batch]
                    self.publisher.published(batch)
                    if stopping and not batch and not self.publisher.pending_depth():
                        return
                except Unavailable:
                    batch = []
                if not batch:
                    time.sleep(0.02)
        except BaseException as accident:
            self.accidents.append(accident)

    # ── Accounts ─────────────────────────────────────────────────────────────────────────────────────────────

    def balance(self) -> None:
        """Nothing acknowledged is lost, nothing took effect twice, and events went out in order."""
        assert not self.accidents, self.accidents
        assert sum(self.effects.values()) > 0
        for id in self.acknowledged:
            assert self.store.get("thing", id) is not None, f"{id} was acknowledged and is lost"
        for hand, number in self.effects.items():
            kept = self.store.get("thing", f"hand-{hand}")
            assert kept is not None
            assert kept.body["count"] == number, f"hand {hand}: {number} effects, {kept.body['count']} counted"
            order = list(dict.fromkeys(event.id for event in self.published if event.subject == f"hand-{hand}"))
            wanted = [f"{hand}-{each}" for each in range(1, number + 1)]
            assert order == wanted, f"missing: {sorted(set(wanted) - set(order))}; {_first_difference(order, wanted)}"
        assert len(self.numbers) == len(set(self.numbers)), "a number was given twice"

    def rounds(self) -> int:
        """How many effects there were so far."""
        return sum(self.effects.values())


def _first_difference(order: Sequence[str], wanted: Sequence[str]) -> str:
    place = next((at for at, (one, other) in enumerate(zip(order, wanted, strict=False)) if one != other), -1)
    return f"from place {place}: {order[place : place + 5]} instead of {wanted[place : place + 5]}"


@contextmanager
def working(store: Store, publisher: Store | None = None) -> Iterator[Load]:
    """Hands at work and an outbox, that finish what they are at when it is left; then the accounts."""
    load = Load(store, publisher or store)
    hands = [threading.Thread(target=load.work, args=(hand,), daemon=True) for hand in range(HANDS)]
    outbox = threading.Thread(target=load.publish, daemon=True)
    for thread in (*hands, outbox):
        thread.start()
    wait_for(lambda: load.rounds() > 20)
    yield load
    after = load.rounds()
    wait_for(lambda: load.rounds() > after + 20)  # it works again
    load._stop.set()
    for thread in (*hands, outbox):
        thread.join(_PATIENCE)
        assert not thread.is_alive(), "a hand hangs"
    load.balance()


def wait_for(condition: Callable[[], bool], seconds: float = _PATIENCE) -> None:
    """Polls until it holds. Raises ``AssertionError`` when it doesn't come to that."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it didn't come to that"
        time.sleep(0.02)
