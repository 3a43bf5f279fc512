"""One real site for all integration tests, on a working Monday at ten; and two more, joined, for those between sites."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from cli.demo_federation import office
from cli.demo_federation.command import Stage, raised
from cli.demo_federation.office import Agreed
from cli.demo_federation.sites import DemoSite, join, start_all
from cli.sample.people import Citizen, citizens
from tests.integration.people import Town
from tests.integration.site import LiveSite, live_site
from tests.integration.visits import CENTER

BEIJING = timezone(timedelta(hours=8))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks at the traces that the others left comes behind them; then what has sites of its own."""
    items.sort(key=lambda item: (item.path.name.startswith("test_joined_"), item.path.name == "test_traces.py"))


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


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A city and a county, linked."""
    folder = Path(tempfile.mkdtemp(prefix="tf-"))  # short: a socket's path has 107 bytes
    try:
        with raised(folder, small=True) as up:
            yield up
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def agreed(stage: Stage) -> Agreed:
    """The county collects for the city."""
    return office.agree(stage.county, stage.city, "公司设立登记", ["collect_for", "fully_online"])


@pytest.fixture(scope="session")
def township(stage: Stage) -> Iterator[DemoSite]:
    """A third site, which the city alone has a line to."""
    site = DemoSite(stage.city.folder.parent / "township", "610902107.hengkou", "恒口镇", "610902107", "hk")
    site.make(listens=False)
    try:
        start_all([site])
        join(stage.city, site)
        yield site
    finally:
        site.stop()


@pytest.fixture
def person() -> Citizen:
    """Somebody whom nobody has met."""
    seed = random.Random().randrange(1 << 30)
    return citizens(1, seed=seed, today=datetime.now(UTC).date())[0]
