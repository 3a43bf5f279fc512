"""The hall on the demo's day: people take numbers, windows call and serve them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cli.demo.cast import Center, World
from cli.demo.desk import Desk
from cli.demo.plan import Turn, Visit
from cli.demo.rest import Json, Refused, Rest

#: Minutes after opening at which windows call nobody any more, and at which the day is ended.
_LAST_CALL: Final = 476.0
_DAY_END: Final = 600.0
_WALK: Final = 0.4


@dataclass
class Guest:
    """A visit that is under way."""

    visit: Visit
    ticket: Json
    missed: bool = False


@dataclass
class Counter:
    """A window and who sits at it."""

    id: str
    number: str
    lanes: tuple[str, ...]
    clerk: Rest
    busy: bool = False
    closed: bool = False


@dataclass
class Hall:
    """One center's hall."""

    world: World
    center: Center
    desk: Desk
    done: Callable[[Visit], None]
    guests: dict[str, Guest] = field(default_factory=dict)
    counters: list[Counter] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    #: Lanes in which somebody waits that a window can't serve: a test of the sample, not of the site.
    _transferred: set[str] = field(default_factory=set)

    def open(self, wanted: int) -> None:
        """The first clerks open their windows; each at the minute of opening."""
        served: set[str] = set()
        needed = {item["lane"] for item in self.center.items.values()}
        for window in self.center.windows:
            person = self.center.clerk_of(window["number"])
            lanes = tuple(window["lanes"])
            if person is None or not set(lanes) & needed:
                continue
            if len(self.counters) >= wanted and not set(lanes) & (needed - served):
                continue
            clerk = self.center.session(person.username)
            clerk.post(f"windows/{window['id']}/open", does="windows_opened")
            self.counters.append(Counter(window["id"], window["number"], lanes, clerk))
            served |= set(lanes)
        self._at(self.world.opening + timedelta(minutes=_LAST_CALL), self._stop_calling)
        self._at(self.world.opening + timedelta(minutes=_DAY_END), self._end_day)

    def arrive(self, visit: Visit) -> None:
        """Takes a number at the kiosk."""
        item = self.center.items[visit.item]
        body: Json = {
            "item_id": item["id"],
            "id_number": visit.person.id_number,
            "holder_name": visit.person.name,
            "disabled": visit.person.disabled,
        }
        ticket = self.world.rest.post(f"centers/{self.center.id}/tickets", body, creates="tickets")
        guest = self.guests[ticket["id"]] = Guest(visit, ticket)
        if visit.turn is Turn.CANCELLED:
            self.world.timeline.after(1, lambda: self._cancel(guest))
        self._wake()

    # ── At the window ────────────────────────────────────────────────────────────────────────────────────────

    def _wake(self) -> None:
        for counter in self.counters:
            if not counter.busy and not counter.closed:
                counter.busy = True
                self.world.timeline.after(0.2, lambda counter=counter: self._call(counter))  # type: ignore[misc]

    def _call(self, counter: Counter) -> None:
        if counter.closed:
            counter.busy = False
            return
        ticket = counter.clerk.post(f"windows/{counter.id}/call-next")["ticket"]
        if ticket is None:
            counter.busy = False
            return
        self.world.account.add("calls")
        guest = self.guests[ticket["id"]]
        turn = guest.visit.turn
        if turn is Turn.MISSED_FOR_GOOD or (turn is Turn.MISSED_AND_BACK and not guest.missed):
            self.world.timeline.after(1.5, lambda: self._miss(counter, guest))
        else:
            self.world.timeline.after(_WALK, lambda: self._serve(counter, guest))

    def _miss(self, counter: Counter, guest: Guest) -> None:
        guest.missed = True
        called = counter.clerk.get(f"tickets/{guest.ticket['id']}")
        counter.clerk.post(f"tickets/{guest.ticket['id']}/recall", does="recalls", seen=called["version"])
        counter.clerk.post(f"tickets/{guest.ticket['id']}/miss", {"reason": "两次呼叫无人应答"}, does="misses")
        if guest.visit.turn is Turn.MISSED_AND_BACK:
            self.world.timeline.after(4, lambda: self._come_back(guest))
        else:
            self.done(guest.visit)
        self._next(counter)

    def _come_back(self, guest: Guest) -> None:
        self.world.rest.post(f"tickets/{guest.ticket['code']}/return", does="returns")
        self._wake()

    def _serve(self, counter: Counter, guest: Guest) -> None:
        ticket = counter.clerk.post(f"tickets/{guest.ticket['id']}/start", does="services")
        taken, serving = _minutes(ticket["taken_at"]), _minutes(ticket["serving_at"])
        self.waits.append(serving - taken)
        if guest.visit.turn is Turn.TRANSFERRED and guest.ticket["id"] not in self._transferred:
            other = next((one for one in self.counters if one is not counter and ticket["lane"] in one.lanes), None)
            if other is not None:
                self._transferred.add(guest.ticket["id"])
                body = {"to_window_id": other.id, "reason": "本窗口设备故障，转就近窗口办理"}
                counter.clerk.post(f"tickets/{guest.ticket['id']}/transfer", body, does="transfers")
                self._next(counter)
                self._wake()
                return
        if guest.visit.turn is Turn.HELD:
            counter.clerk.post(f"tickets/{guest.ticket['id']}/hold", {"reason": "申请人复印身份证"}, does="holds")
            self.world.timeline.after(2, lambda: self._resume(counter, guest))
            return
        self.world.timeline.after(guest.visit.service_minutes, lambda: self._finish(counter, guest))

    def _resume(self, counter: Counter, guest: Guest) -> None:
        counter.clerk.post(f"tickets/{guest.ticket['id']}/resume", {"window_id": counter.id}, does="resumes")
        self.world.timeline.after(guest.visit.service_minutes, lambda: self._finish(counter, guest))

    def _finish(self, counter: Counter, guest: Guest) -> None:
        if guest.visit.turn is not Turn.ADVICE:
            self.desk.hand_in(self.center, counter.clerk, guest.visit, guest.ticket)
        counter.clerk.post(f"tickets/{guest.ticket['id']}/finish", does="finished")
        self.desk.judge_visit(self.center, guest.visit, guest.ticket)
        self.done(guest.visit)
        self._next(counter)

    def _next(self, counter: Counter) -> None:
        self.world.timeline.after(0.3, lambda: self._call(counter))

    def _cancel(self, guest: Guest) -> None:
        try:
            ticket = self.world.rest.post(f"tickets/{guest.ticket['code']}/cancel")
        except Refused as refused:
            # A window called the number in that minute; then it is served like any other.
            if refused.status != 409:
                raise
            return
        if ticket["state"] == "cancelled":
            self.world.account.add("cancelled")
            self.done(guest.visit)

    # ── Day end ──────────────────────────────────────────────────────────────────────────────────────────────

    def _stop_calling(self) -> None:
        for counter in self.counters:
            counter.closed = True

    def _end_day(self) -> None:
        from cli.sample.people import Role

        manager = self.center.one(Role.MANAGER)
        manager.post(f"centers/{self.center.id}/close-day", {})
        for guest in self.guests.values():
            if guest.visit.turn is Turn.LEFT_OVER:
                self.done(guest.visit)

    def _at(self, when: object, action: Callable[[], None]) -> None:
        self.world.timeline.at(when, action)  # type: ignore[arg-type]


def _minutes(at: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() / 60
