"""A small demo day on Kafka and MongoDB: the scripts and the books of `tongban demo`, by REST alone.

This site keeps real time, so the day is hurried: what the script does at ten and at eleven follows at once, and so do
the working days after it. Citizens don't sign in here, so nobody applies or supplements from home.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import cast

import pytest

from cli.demo.books import draw_up
from cli.demo.cast import BEIJING, World
from cli.demo.desk import Desk
from cli.demo.hall import Hall
from cli.demo.plan import Fate, Turn, plan
from cli.demo.rest import Account, Rest
from cli.demo.timeline import Timeline
from cli.sample.load import load_federation
from kit.clock import DemoClock
from tests.stack.site import StackSite, stack_site
from tests.stack.test_day import LONG, SEED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), LONG]

VISITS = 40


class Hurried:
    """The script's own time: it jumps to whatever is next; the site's doesn't."""

    def __init__(self, begin: datetime) -> None:
        self._now = begin

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by


@pytest.fixture(scope="module")
def own_site() -> Iterator[StackSite]:
    """A site in which nobody was before, as the books are those of all of it."""
    with stack_site() as started:
        yield started


def test_the_books_of_a_small_day_balance(own_site: StackSite) -> None:
    account, federation = Account(), load_federation()
    opening = datetime.combine(datetime.now(BEIJING).date(), time(9), BEIJING)
    timeline = Timeline(cast(DemoClock, Hurried(opening.astimezone(UTC))))
    with closing(Rest(own_site.address, account)) as rest:
        world = replace(World.meet(rest, account, timeline, federation), opening=opening)
        visits = [
            each
            for each in plan(federation, VISITS, SEED, opening.date())
            if not each.online and each.fate is not Fate.SUPPLEMENTED
        ]
        desk = Desk(world, random.Random(SEED))
        halls = {id: Hall(world, center, desk, lambda visit: None) for id, center in world.centers.items()}
        for hall in halls.values():
            hall.open(3)
        for visit in visits:
            hall = halls[visit.center]
            timeline.at(
                opening + timedelta(minutes=visit.minute),
                lambda hall=hall, visit=visit: hall.arrive(visit),  # type: ignore[misc]
            )
        timeline.run(lambda when: None)
        own_site.settle(60)
        books = draw_up(world, desk)
    assert books.balanced, [*books.lost, *books.duplicated, *books.unfinished]
    assert len(books.tickets) == len(visits)
    assert Counter(visit.turn for visit in visits)[Turn.LEFT_OVER] >= 1, "the day's end has something to close"
    assert not own_site.dead_letters()
