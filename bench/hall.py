"""Take and call, as a hall does it: each caller a window that takes a number, calls one, and sets it free again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import cycle

from bench.callers import Answer, MeasurementError, Request, Script, Times, run
from bench.site import RunningSite
from cli.sample.load import load_federation
from cli.sample.people import Role, citizens, staff_of

#: Numbers that wait for each window before anything is measured.
BACKLOG = 4
#: Far more people than wait at a time, as a person holds one number for an item.
_PEOPLE = 20_000
_MISSED = {"reason": "呼叫后无人应答"}


@dataclass(frozen=True, slots=True)
class Seat:
    """A window, who sits there, and an item that is handled in its first lane."""

    center: str
    window: str
    token: str
    lane: str
    item: str


@dataclass
class Book:
    """Every number that was taken or called, by id, and what was found in other halls' books."""

    taken: set[str] = field(default_factory=set)
    called: Counter[str] = field(default_factory=Counter)
    _calls: int = 0
    _twice: int = 0
    _untaken: int = 0

    @property
    def calls(self) -> int:
        """Answers that held a number."""
        return self._calls + self.called.total()

    @property
    def called_twice(self) -> int:
        """How often a number was called that had been called before."""
        return self._twice + sum(times - 1 for times in self.called.values())

    @property
    def called_untaken(self) -> int:
        """Numbers that were called and never given out."""
        return self._untaken + len(self.called.keys() - self.taken)

    def add(self, other: Book) -> None:
        """Counts another hall's calls with ours; its numbers are its own."""
        self._calls += other.calls
        self._twice += other.called_twice
        self._untaken += other.called_untaken


@dataclass
class Hall:
    """The windows of all centers of the sample, as many as callers are wanted."""

    seats: Sequence[Seat]
    book: Book = field(default_factory=Book)
    _people: Iterator[str] = field(default_factory=lambda: cycle(id_numbers()))

    def open(self, address: str) -> None:
        """Opens the windows, and lets some people take numbers."""

        def script(seat: Seat) -> Script:
            yield Request("", "POST", f"windows/{seat.window}/open", token=seat.token)
            for _ in range(BACKLOG):
                self._taken((yield self._take("", seat)))

        run(address, [script(seat) for seat in self.seats])

    def copied(self) -> Hall:
        """The same windows over a copy of the store; who comes there hasn't been here."""
        return Hall(self.seats, Book(set(self.book.taken)), self._people)

    def queue_up(self, address: str, seat: Seat, people: int) -> None:
        """So many more people take numbers that this window serves."""

        def script() -> Script:
            for _ in range(people):
                self._taken((yield self._take("", seat)))

        run(address, [script()])

    def work(self, address: str, callers: int, seconds: float) -> Times:
        """Some of the windows at work for a while."""
        end = time.perf_counter() + seconds
        return run(address, [self._work(seat, end) for seat in self.seats[:callers]])

    def _work(self, seat: Seat, end: float) -> Script:
        while time.perf_counter() < end:
            self._taken((yield self._take("take", seat)))
            ticket = self._called((yield Request("call", "POST", f"windows/{seat.window}/call-next", token=seat.token)))
            if ticket:  # else another window of the lane was faster
                yield Request("miss", "POST", f"tickets/{ticket}/miss", _MISSED, seat.token)

    def _take(self, name: str, seat: Seat) -> Request:
        body = {"item_id": seat.item, "id_number": next(self._people), "holder_name": "例云帆"}
        return Request(name, "POST", f"centers/{seat.center}/tickets", body)

    def _taken(self, answer: Answer) -> None:
        self.book.taken.add(answer.json()["id"])

    def _called(self, answer: Answer) -> str:
        ticket = answer.json()["ticket"]
        if ticket is None:
            return ""
        self.book.called[ticket["id"]] += 1
        return str(ticket["id"])


def id_numbers() -> list[str]:
    """ID numbers of people that don't exist."""
    return [person.id_number for person in citizens(_PEOPLE, seed=32, today=date(2026, 11, 23))]


def seats(site: RunningSite, wanted: int) -> list[Seat]:
    """So many windows over the centers of the sample. Raises ``MeasurementError`` when it has fewer."""
    federation = load_federation()
    staff = staff_of(federation)
    found: list[Seat] = []
    for center in federation.centers:
        lanes = {item["lane"]: item["id"] for item in site.get(f"centers/{center.code}/items?limit=200")["items"]}
        clerks = [one.username for one in staff if one.center == center.code and Role.CLERK in one.roles]
        windows = site.get(f"centers/{center.code}/windows")["items"]
        for window, clerk in zip(windows, clerks, strict=False):
            lane = next((each for each in window["lanes"] if each in lanes), None)
            if lane is not None:
                found.append(Seat(center.code, window["id"], clerk, lane, lanes[lane]))
    if len(found) < wanted:
        raise MeasurementError(f"the sample has {len(found)} windows with items; {wanted} are wanted")
    return [replace(seat, token=site.token(seat.token)) for seat in found[:wanted]]
