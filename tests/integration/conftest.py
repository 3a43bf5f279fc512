"""One real site for all integration tests, on a working Monday at ten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta, timezone

import pytest

from tests.integration.people import Town
from tests.integration.site import LiveSite, live_site
from tests.integration.visits import CENTER

BEIJING = timezone(timedelta(hours=8))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks at the traces that all the others left comes last."""
    items.sort(key=lambda item: item.path.name == "test_traces.py")


@pytest.fixture(scope="session")
def site() -> Iterator[LiveSite]:
    """The site; started once."""
    with live_site() as started:
        yield started


@pytest.fixture(scope="session")
def town(site: LiveSite) -> Iterator[Town]:
    """Its people."""
    with closing(Town(site.address)) as people:
        yield people


@pytest.fixture
def monday(site: LiveSite, town: Town) -> datetime:
    """Ten o'clock of a working Monday, or soon after."""
    return to_monday(site, town)


@pytest.fixture(scope="module")
def monday_of_module(site: LiveSite, town: Town) -> datetime:
    """The same for what a whole module shares."""
    return to_monday(site, town)


def to_monday(site: LiveSite, town: Town) -> datetime:
    """Moves the clock there unless it is there."""
    local = site.now.astimezone(BEIJING)
    if local.weekday() == 0 and 10 <= local.hour < 11 and local.date() in working_days(town, local.date()):
        return site.now
    day = next(each for each in working_days(town, local.date() + timedelta(days=1)) if each.weekday() == 0)
    site.advance_to(datetime(day.year, day.month, day.day, 10, tzinfo=BEIJING))
    site.settle()
    return site.now


def working_days(town: Town, first: date) -> list[date]:
    """Working days from a day on, by the public calculator."""
    before = first - timedelta(days=1)
    answer = town.public.get(f"centers/{CENTER}/deadline", **{"from": before.isoformat(), "days": 30})
    return [date.fromisoformat(line["date"]) for line in answer["lines"] if line["effect"] == "counted"]
