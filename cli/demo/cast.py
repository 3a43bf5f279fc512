"""The people of the demo: citizens with their tickets, clerks at windows, officers behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from functools import cached_property
from typing import Final

from cli.demo.rest import Account, Json, Rest
from cli.demo.timeline import Timeline
from cli.sample.load import Federation
from cli.sample.people import SAMPLE_PASSWORD, Role, Staff, staff_of

BEIJING: Final = timezone(timedelta(hours=8))


@dataclass
class Center:
    """A center as the API describes it, and its staff."""

    id: str
    rest: Rest
    staff: tuple[Staff, ...]
    #: Items by the sample's name; as the API gives them.
    items: dict[str, Json]
    windows: list[Json]
    _sessions: dict[str, Rest] = field(default_factory=dict)

    def one(self, role: Role, department: str = "") -> Rest:
        """Somebody with this role, of this department where one is named; signed in. Raises ``LookupError``."""
        for person in self.staff:
            if role in person.roles and (not department or person.department == department):
                return self.session(person.username)
        raise LookupError(f"{self.id} has no {role} for {department or 'the center'}")

    def clerk_of(self, window: str) -> Staff | None:
        """Whose window it is."""
        return next((person for person in self.staff if person.window == window), None)

    def session(self, username: str) -> Rest:
        """A member of staff, signed in once."""
        if username not in self._sessions:
            self._sessions[username] = self.rest.signed_in(username, SAMPLE_PASSWORD)
        return self._sessions[username]


@dataclass
class World:
    """Everything that the demo's people share."""

    rest: Rest
    account: Account
    timeline: Timeline
    federation: Federation
    opening: datetime
    centers: dict[str, Center] = field(default_factory=dict)
    #: Working days after the demo's day, as the public calculator gives them.
    days: list[datetime] = field(default_factory=list)

    @classmethod
    def meet(cls, rest: Rest, account: Account, timeline: Timeline, federation: Federation) -> World:
        """Looks the centers up through the API and finds the next working day on which all are open."""
        centers = {}
        staff = staff_of(federation)
        for sample in federation.centers:
            names = {item.name: item.key for item in federation.items_of(sample)}
            listed = rest.pages(f"centers/{sample.code}/items")
            centers[sample.code] = Center(
                id=sample.code,
                rest=rest,
                staff=tuple(person for person in staff if person.center == sample.code),
                items={names[item["name"]]: item for item in listed if item["name"] in names},
                windows=rest.get(f"centers/{sample.code}/windows")["items"],
            )
        first = next(iter(centers))
        days = _working_days(rest, first, timeline.now)
        return cls(rest, account, timeline, federation, days[0], centers, days[1:])

    def day_after(self, working_days: int, hour: int, minute: int = 0) -> datetime:
        """A time on a working day after the demo's day; 0: the demo's day itself."""
        day = self.opening if working_days == 0 else self.days[min(working_days, len(self.days)) - 1]
        local = day.astimezone(BEIJING)
        return datetime.combine(local.date(), time(hour, minute), BEIJING)

    @cached_property
    def supervisors(self) -> dict[str, Rest]:
        """One supervisor of each center."""
        return {center.id: center.one(Role.SUPERVISOR) for center in self.centers.values()}


def _working_days(rest: Rest, center: str, now: datetime) -> list[datetime]:
    """The next working days at opening time, from the public deadline calculator."""
    local = now.astimezone(BEIJING)
    # A day that has begun is over for the demo: it wants the whole of one.
    answer = rest.get(
        f"centers/{center}/deadline", **{"from": f"{local.date().isoformat()}T09:00:00+08:00", "days": 60}
    )
    counted = [line["date"] for line in answer["lines"] if line["effect"] == "counted"]
    return [datetime.combine(datetime.fromisoformat(day).date(), time(9, 0), BEIJING) for day in counted]


Then = Callable[[], None]
