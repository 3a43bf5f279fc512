"""Cases of five steps, handed in at a window, and how long their events take from the save to the effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import cycle
from typing import Any, Final

from bench.callers import MeasurementError, Request, Times, once
from bench.case import Office, office
from bench.hall import Seat
from bench.site import RunningSite
from cli.sample.people import Citizen, citizens
from kit.bus.port import Bus
from kit.events import event_type, topic_of

_CAUSE: Final = event_type("intake", "ApplicationAccepted")
_EFFECT: Final = event_type("approval_routing", "CaseOpened")
_PAGE: Final = 1000
#: Numbers that may wait before a visitor's own.
_QUEUE: Final = 1000


@dataclass
class Desk:
    """The window that takes cases in: it stands still while the hall is measured, and the other way round."""

    site: RunningSite
    office: Office
    seat: Seat
    _people: Iterator[Citizen]

    @classmethod
    def of(cls, site: RunningSite, center: str, seats: Sequence[Seat]) -> Desk:
        """For the first item of five steps. Raises ``MeasurementError`` when no window handles it."""
        found = office(site, center)
        seat = next((each for each in seats if (each.center, each.lane) == (center, found.item["lane"])), None)
        if seat is None:
            raise MeasurementError(f"no window of {center} handles {found.item['name']}")
        return cls(site, found, seat, cycle(citizens(500, seed=7, today=date(2026, 11, 23))))

    def decide(self, number: int, callers: int) -> Times:
        """So many cases, each from its acceptance to the decision, so many at a time."""
        return self.office.work([self._hand_in() for _ in range(number)], callers)

    def _hand_in(self) -> dict[str, Any]:
        """One visitor's application over the counter, not measured."""
        person, center = next(self._people), self.seat.center
        body = {"item_id": self.office.item["id"], "id_number": person.id_number, "holder_name": person.name}
        ticket = self._ask("POST", f"centers/{center}/tickets", body, token="")["id"]
        self._call(ticket)
        self._ask("POST", f"tickets/{ticket}/start")
        application: dict[str, Any] = self._ask(
            "POST",
            f"centers/{center}/applications",
            {
                "item_id": self.office.item["id"],
                "ticket_id": ticket,
                "applicant": {"id_type": "resident_id", "id_number": person.id_number, "name": person.name},
                "materials": [
                    {"key": each["key"], "state": "handed_in", "originals": 1} for each in self.office.item["materials"]
                ],
            },
        )
        self._ask("POST", f"tickets/{ticket}/finish")
        return application

    def _call(self, ticket: str) -> None:
        """Calls until it is this visitor's turn; who waits from elsewhere is missed."""
        for _ in range(_QUEUE):
            called = self._ask("POST", f"windows/{self.seat.window}/call-next")["ticket"]
            if called is not None and called["id"] == ticket:
                return
            if called is not None:
                self._ask("POST", f"tickets/{called['id']}/miss", {"reason": "无人应答"})
        raise MeasurementError("a visitor's number is never called")

    def _ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        held = self.seat.token if token is None else token
        return once(self.site.address, Request("", method, path, body, held)).json()


def latencies(bus: Bus) -> list[float]:
    """Seconds from each acceptance to the case that it opened, by the two events' own times.

    Between them lie the save, the outbox, the bus and the consumer. Times are whole milliseconds.
    """
    begun = _times(bus, topic_of("intake"), _CAUSE)
    opened = _times(bus, topic_of("approval_routing"), _EFFECT)
    return [(opened[subject] - at).total_seconds() for subject, at in begun.items() if subject in opened]


def _times(bus: Bus, topic: str, type: str) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    position = 0
    while page := bus.read(topic, position, _PAGE):
        position = page[-1].offset
        for received in page:
            if received.event is not None and received.event.type == type:
                found.setdefault(received.event.subject, received.event.at)
    return found
