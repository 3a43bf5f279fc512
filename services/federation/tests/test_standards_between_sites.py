"""Catalogue down and figures up, over three levels, with every letter brought once or three times."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kit.errors import Conflict, Invalid
from kit.testing import MONDAY
from services.federation.domain.figures import figures_id
from services.federation.domain.standards import Standard, StandardKind
from services.federation.handlers import figures, standards
from services.federation.protos.by_name import message_of
from services.federation.tests.joined_rooms import CITY, COUNTY, PARTNER, TOWN, Joined, incoming
from tongban.federation.v1 import figures_pb2, standards_pb2

GUIDE = {"name": "食品经营许可", "promised_limit": 10, "fees": []}


@pytest.fixture(params=[1, 3], ids=["once", "three times"])
def joined(tmp_path: Path, request: pytest.FixtureRequest) -> Joined:
    policy: dict[str, dict[str, object]] = {TOWN: {"figures_report_to": COUNTY}, COUNTY: {"figures_report_to": CITY}}
    joined = Joined(tmp_path, TOWN, COUNTY, CITY, PARTNER, policy=policy)
    joined.again = request.param
    return joined


def issued(joined: Joined, content: dict[str, Any] = GUIDE, open: tuple[str, ...] = ("promised_limit",)) -> Standard:
    fresh = Standard("", StandardKind.ITEM, "000131024000", "食品经营许可", "", 0, content, MONDAY, MONDAY, open)
    standard = standards.issue_standard(
        room=joined[CITY].room, call=joined.call(CITY), fresh=fresh, sites=[COUNTY], expected_version=0
    )
    joined.settle()
    return standard


def localise(joined: Joined, id: str, local: dict[str, Any]) -> Standard:
    standard = standards.localise_standard(
        room=joined[COUNTY].room, call=joined.call(COUNTY), id=id, local=local, sites=[TOWN], expected_version=0
    )
    joined.settle()
    return standard


def test_a_county_fills_in_what_the_city_left_open_and_hands_it_on(joined: Joined) -> None:
    id = issued(joined).id
    localise(joined, id, {"promised_limit": 5})
    below = joined[TOWN].room.standards.get(id)
    assert below.effective == GUIDE | {"promised_limit": 5}
    assert (below.issued_by, below.received_from) == (CITY, COUNTY)


def test_a_county_cannot_undo_the_rest(joined: Joined) -> None:
    id = issued(joined).id
    with pytest.raises(Conflict, match="fixed_by_parent"):
        localise(joined, id, {"name": "另一个名称"})


def test_a_later_number_closes_a_field_and_says_what_it_dropped(joined: Joined) -> None:
    id = issued(joined).id
    localise(joined, id, {"promised_limit": 5})
    issued(joined, open=())
    held = joined[COUNTY].room.standards.get(id)
    assert (held.number, held.local, held.dropped) == (2, {}, ("promised_limit",))


def test_a_standard_goes_down_and_comes_from_above(joined: Joined) -> None:
    id = issued(joined).id
    with pytest.raises(Invalid, match="site_not_below"):
        standards.localise_standard(
            room=joined[COUNTY].room, call=joined.call(COUNTY), id=id, local={}, sites=[PARTNER], expected_version=0
        )
    held = joined[CITY].room.standards.get(id)
    said = standards_pb2.StandardTold(standard=message_of(replace(held, number=9), standards_pb2.Standard()))
    joined.word(PARTNER, COUNTY, incoming("forged", PARTNER, "standard.told", said.SerializeToString()))
    assert [each.code for each in joined.refused(COUNTY)] == ["not_the_parent"]
    assert joined[COUNTY].room.standards.get(id).number == 1


# ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────────────

DAY = "2026-11-23"


ID = figures_id(TOWN, "610902100", DAY)


def happen(joined: Joined, name: str, *ids: str) -> None:
    """Events of the town's day, each of which may come again."""
    for id in ids * joined.again:
        figures.note_event(
            room=joined[TOWN].room, call=joined.system(), event_id=id, center_id="610902100", name=name, at=MONDAY
        )


def night(joined: Joined) -> int:
    """A night passes; returns how many days were counted in it."""
    joined.clock.advance(timedelta(days=1))
    counted = joined.sweep(TOWN)
    joined.settle()
    return counted


def test_a_towns_day_reaches_the_city_and_is_restated_when_it_was_corrected(joined: Joined) -> None:
    happen(joined, "accepted", "e1", "e2", "e3")
    assert joined.sweep(TOWN) == 0
    assert night(joined) == 1
    assert joined[CITY].room.figures.get(ID).counts == {"accepted": 3}
    happen(joined, "accepted", "e4")
    happen(joined, "approved", "e5")
    night(joined)
    for site in (TOWN, COUNTY, CITY):
        held = joined[site].room.figures.get(ID)
        assert (held.number, held.counts) == (2, {"accepted": 4, "approved": 1})
        assert [(old.number, old.counts, old.counted_by) for old in held.restated] == [(1, {"accepted": 3}, "")]
    assert joined[CITY].room.figures.get(ID).received_from == COUNTY


def test_a_day_that_stays_the_same_is_not_told_again_and_is_left_alone_in_the_end(joined: Joined) -> None:
    happen(joined, "accepted", "e1")
    counted = sum(night(joined) for _ in range(12))
    assert counted == 8
    assert joined[TOWN].room.figures.get(ID).number == 1
    happen(joined, "accepted", "late")
    assert night(joined) == 1
    assert joined[CITY].room.figures.get(ID).counts == {"accepted": 2}


def test_a_site_reports_for_itself_and_those_below_it_only(joined: Joined) -> None:
    happen(joined, "accepted", "e1", "e2", "e3")
    night(joined)
    held = joined[COUNTY].room.figures.get(figures_id(TOWN, "610902100", DAY))
    for origin, site, code in ((PARTNER, TOWN, "not_their_figures"), (TOWN, PARTNER, "not_their_figures")):
        id = figures_id(site, "610902100", DAY)
        forged = replace(held, id=id, site=site, number=7, counts={"accepted": 99})
        said = figures_pb2.FiguresTold(figures=message_of(forged, figures_pb2.DailyFigures()))
        joined.word(origin, COUNTY, incoming(f"forged-{origin}", origin, "figures.told", said.SerializeToString()))
        assert code in [each.code for each in joined.refused(COUNTY)]
    assert joined[COUNTY].room.figures.get(held.id).counts == {"accepted": 3}
