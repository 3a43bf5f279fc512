"""A hall over the real embedded store, with people in it: kiosk, clerks, a manager."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from stdnum.cn import ric

from kit.actor import PUBLIC, service_actor
from kit.alarms import Sweeper
from kit.call import Call, Idempotency
from kit.clock import FixedClock
from kit.events import EventEncoder
from kit.store.port import Store
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, actor, seeded_ids
from reference import Center, Reference, Window, WindowKind
from reference.testing import CENTER_ID, ITEM_ID, filled, sample_center, set_policy
from services.queuing import handlers
from services.queuing.domain.appointment import Appointment
from services.queuing.domain.hall_day import HallDay
from services.queuing.domain.ticket import Ticket
from services.queuing.domain.window import HallWindow
from services.queuing.events import TABLE
from services.queuing.handlers.alarms import alarms
from services.queuing.handlers.claims import Claims
from services.queuing.handlers.hall import Hall
from services.queuing.handlers.kinds import (
    APPOINTMENTS,
    HALL_DAYS,
    HALL_WINDOWS,
    TICKETS,
    appointment_keys,
    ticket_keys,
    window_keys,
)

TODAY = "2026-11-23"
SECRET = b"a secret of this test's site"


def built(store: Store, reference: Reference, seed: int = 1) -> Hall:
    """The wiring of main.py over a store."""
    encoder, ids = EventEncoder("test", "queuing", TABLE), seeded_ids(seed)
    return Hall(
        store=store,
        tickets=Repository(store, TICKETS, Ticket, encoder, ids, keys=ticket_keys),
        windows=Repository(store, HALL_WINDOWS, HallWindow, encoder, ids, keys=window_keys),
        days=Repository(store, HALL_DAYS, HallDay, encoder, ids),
        appointments=Repository(store, APPOINTMENTS, Appointment, encoder, ids, keys=appointment_keys),
        reference=reference,
        ids=ids,
        site_secret=SECRET,
    )


def id_number(serial: int = 1, born: date = date(1990, 5, 17)) -> str:
    """A number with a right check digit and a region that nobody has."""
    body = f"990101{born:%Y%m%d}{serial:03d}"
    return body + ric.calc_check_digit(body + "0")


def center_with_windows(windows: int) -> Center:
    """A center whose windows all serve both lanes."""
    return sample_center(
        windows=tuple(
            Window(f"{CENTER_ID}-{n:02d}", f"{n:02d}", "综合办事窗口", WindowKind.GENERAL, ("business", "insurance"))
            for n in range(1, windows + 1)
        )
    )


class NoClaims(Claims):
    """Callers know nothing of each other: everybody runs for the same head."""

    def holds(self, ticket_id: str, version: int) -> bool:
        return False


class Stage:
    """One center on a Monday at ten, and what people do there. Window and clerk n belong together."""

    def __init__(self, database: SqliteStore, *centers: Center) -> None:
        self.database = database
        self.clock = FixedClock(MONDAY)
        self.reference = filled(database, centers=centers or [sample_center()])
        self.hall = built(database, self.reference)

    # ── Who acts, and when ───────────────────────────────────────────────────────────────────────────────────

    def public(self, key: str = "", said: str = "") -> Call:
        return Call(PUBLIC, self.clock.now(), Idempotency(key, said) if key else None)

    def clerk(self, number: int = 1) -> Call:
        return Call(actor("clerk", id=f"clerk-{number}"), self.clock.now())

    def manager(self) -> Call:
        return Call(actor("manager", id="manager-1"), self.clock.now())

    def at(self, hour: int, minute: int = 0, *, days: int = 0) -> datetime:
        """Moves the clock forward to a local time of the day, or of a later one."""
        midnight = MONDAY.replace(hour=0) - timedelta(hours=8)
        return self.clock.advance(midnight + timedelta(days=days, hours=hour, minutes=minute) - self.clock.now())

    def later(self, **by: float) -> datetime:
        return self.clock.advance(timedelta(**by))

    def set_policy(self, **values: Any) -> None:
        set_policy(self.database, CENTER_ID, values, reference=self.reference)

    def sweep(self) -> int:
        """Fires the alarms that are due."""
        return Sweeper(alarms(self.hall), self.clock, service_actor("queuing")).sweep()

    # ── What they do ─────────────────────────────────────────────────────────────────────────────────────────

    def take(self, **given: Any) -> Ticket:
        given = {"center_id": CENTER_ID, "item_id": ITEM_ID, "call": self.public(), **given}
        return handlers.take_ticket(hall=self.hall, **given)

    def take_senior(self, serial: int = 1, **given: Any) -> Ticket:
        return self.take(id_number=id_number(serial, date(1940, 1, 1)), **given)

    def open(self, window: int = 1, clerk: int | None = None) -> HallWindow:
        return handlers.open_window(
            hall=self.hall, call=self.clerk(clerk or window), window_id=f"{CENTER_ID}-{window:02d}"
        )

    def next(self, window: int = 1, clerk: int | None = None) -> Ticket | None:
        return handlers.call_next(
            hall=self.hall, call=self.clerk(clerk or window), window_id=f"{CENTER_ID}-{window:02d}"
        ).ticket

    def called(self, window: int = 1) -> Ticket:
        ticket = self.next(window)
        assert ticket is not None, "nobody waits"
        return ticket

    def start(self, ticket: Ticket, clerk: int = 1) -> Ticket:
        return handlers.start_serving(hall=self.hall, call=self.clerk(clerk), ticket_id=ticket.id)

    def finish(self, ticket: Ticket, clerk: int = 1) -> Ticket:
        return handlers.finish_ticket(hall=self.hall, call=self.clerk(clerk), ticket_id=ticket.id)

    def miss(self, ticket: Ticket, clerk: int = 1) -> Ticket:
        return handlers.miss_ticket(hall=self.hall, call=self.clerk(clerk), ticket_id=ticket.id, reason="三次呼叫未到")

    def serve_next(self, window: int = 1) -> Ticket | None:
        """Calls, serves and finishes the next."""
        ticket = self.next(window)
        return ticket and self.finish(self.start(ticket, window), window)

    # ── What can be seen ─────────────────────────────────────────────────────────────────────────────────────

    def stored(self, ticket: Ticket) -> Ticket:
        return self.hall.tickets.get(ticket.id)

    def events(self) -> list[tuple[str, str]]:
        """Name and subject of every event that was written, in order."""
        return [(pending.event.type.split(".")[2], pending.event.subject) for pending in self.database.pending(100_000)]

    def event_names(self) -> list[str]:
        return [name for name, _ in self.events()]

    def times_told(self, name: str) -> Counter[str]:
        """How often an event of this name was written, by subject."""
        return Counter(subject for told, subject in self.events() if told == name)


def with_state(ticket: Ticket, **changes: Any) -> Ticket:
    """The ticket with other values."""
    return replace(ticket, **changes)
