"""The State Council notices that ship with the product: the package's only input from files."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from kit.workdays.calendar import Calendar
from kit.workdays.hours import WeeklyHours
from kit.workdays.published import PublishedYear


@cache
def shipped_years() -> tuple[PublishedYear, ...]:
    """The published years in `data/`, oldest first. Raises Invalid when a shipped file is damaged."""
    folder = files("kit.workdays") / "data"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return tuple(PublishedYear.from_data(json.loads((folder / name).read_text("utf-8")), name) for name in names)


def shipped_calendar(hours: WeeklyHours) -> Calendar:
    """The first version of a calendar with the shipped years and a center's hours (policy, rules ZZ6)."""
    return Calendar(version=1, hours=hours, years=shipped_years())
