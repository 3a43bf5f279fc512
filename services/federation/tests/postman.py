"""A postman between towns who can be told to be bad at it."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from kit.events import event_type
from kit.timestamps import to_timestamp
from services.federation.tests.town import Town
from tongban.federation.v1 import events_pb2 as federation_events
from tongban.relay.v1 import events_pb2 as relay_events
from tongban.relay.v1 import messages_pb2 as relay


@dataclass
class Postman:
    """Carries letters between towns in order; may lose the line, bring them twice, or find them expired."""

    towns: tuple[Town, ...]
    bags: dict[str, deque[relay.Letter]] = field(default_factory=dict)
    delivered: list[relay.Letter] = field(default_factory=list)
    cut: bool = False

    def collect(self) -> None:
        """Takes what the towns posted, and brings receipts of what they answered."""
        for town in self.towns:
            for event in town.publish():
                if event.type == event_type("federation", "LetterPosted"):
                    letter = federation_events.LetterPosted.FromString(event.data).letter
                    assert letter.id == event.id
                    letter.origin = town.site
                    self.bags.setdefault(letter.destination, deque()).append(letter)
                elif event.type == event_type("federation", "LetterAnswered"):
                    said = federation_events.LetterAnswered.FromString(event.data)
                    self.receipt(said.letter_id, said.settlement, said.code, said.note)

    def round(self, random_: random.Random | None = None) -> int:
        """Delivers what is there; with ``random_`` some twice. Returns how many."""
        self.collect()
        if self.cut:
            return 0
        count = 0
        for town in self.towns:
            bag = self.bags.get(town.site, deque())
            while bag:
                letter = bag.popleft()
                times = 2 if random_ is not None and random_.random() < 0.3 else 1
                for _ in range(times):
                    self.bring(town, letter)
                self.delivered.append(letter)
                count += 1
        return count

    def settle(self) -> None:
        """Until nobody has anything to say."""
        while self.round():
            pass

    def bring(self, town: Town, letter: relay.Letter) -> None:
        """One letter, as relay tells of it."""
        arrived = relay_events.LetterArrived(letter=letter, link="l", received_at=to_timestamp(town.clock.now()))
        town.hear(event_type("relay", "LetterArrived"), arrived, event_id=f"arrived-{letter.id}")
        self.receipt(letter.id, "delivered")

    def receipt(self, letter_id: str, settlement: str, code: str = "", message: str = "") -> None:
        """Tells the letter's writer what became of it."""
        letter = next((each for each in self.letters() if each.id == letter_id), None)
        if letter is None:
            return
        town = self.town(letter.origin)
        said = relay_events.LetterSettled(
            letter_id=letter.id,
            journey=letter.journey,
            settlement=relay.Settlement.Value(f"SETTLEMENT_{settlement.upper()}"),
            code=code,
            by=letter.destination,
            at=to_timestamp(town.clock.now()),
            message=message,
            type=letter.type,
            destination=letter.destination,
        )
        town.hear(event_type("relay", "LetterSettled"), said, event_id=f"{settlement}-{letter.id}")

    def letters(self) -> Iterator[relay.Letter]:
        """Every letter that was posted so far."""
        for town in self.towns:
            for event in town.told:
                if event.type == event_type("federation", "LetterPosted"):
                    letter = federation_events.LetterPosted.FromString(event.data).letter
                    letter.origin = town.site
                    yield letter

    def town(self, site: str) -> Town:
        return next(each for each in self.towns if each.site == site)
