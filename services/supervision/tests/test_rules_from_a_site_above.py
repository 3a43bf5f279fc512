"""Rules that the site above set: taken over, tightened where that is open, handed on, and theirs again at last (rules G02)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.struct_pb2 import Struct

from kit.clock import to_ms
from kit.errors import Forbidden, Invalid, NotReady
from kit.testing import MONDAY, store
from kit.timestamps import to_timestamp
from reference import REFERENCE_KINDS, Reference
from reference.testing import filled, sample_center
from services.supervision.domain import rules as editions
from services.supervision.domain.cards import Trigger
from services.supervision.domain.rules import RuleEdition
from services.supervision.events.standards import edition_of
from services.supervision.grpc_api import SupervisionApi
from services.supervision.tests.test_handing_down import (
    COUNTY,
    GROUNDS,
    PROMISE,
    SUPERVISOR,
    TOWNSHIP,
    Change,
    change,
    heard,
    newest,
    points,
)
from tongban.catalog.v1 import events_pb2 as catalog_events
from tongban.catalog.v1 import messages_pb2 as catalog_messages
from tongban.federation.v1 import events_pb2, standards_pb2
from tongban.supervision.v1 import events_pb2 as own_events
from tongban.supervision.v1 import rule_requests_pb2, rules_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CITY_SITE, TOWN_SITE, PARTNER_SITE = "610900.city", "610902101.town", "510000.partner"
#: How the city's center is named here.
CITY = f"{CITY_SITE}:610900"


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    """A county's site, whose center has a township below it and knows no center above."""
    tree = [sample_center(COUNTY, parent_id="610900", version=2), sample_center(TOWNSHIP, parent_id=COUNTY)]
    bench.tower = replace(bench.tower, reference=filled(bench.store, centers=tree))
    return SupervisionApi(bench.tower)


def content(*, promise: int = 4, open_below: bool = True, grounds: int = 5) -> dict[str, Any]:
    """What the city says: the promise's red points, which it leaves open, and those of what has no grounds."""
    brought = editions.standard("610900", 1, 0, MONDAY)
    said: dict[str, Any] = {
        "period": "POINTS_PERIOD_QUARTER",
        "reason": "全市统一",
        "set_by_name": "安监察",
        "ladder": [
            {
                "sanction": f"SANCTION_{rung.sanction.name}",
                "person_points": rung.person_points,
                "department_points": rung.department_points,
            }
            for rung in brought.ladder
        ],
    }
    for rule in brought.rules:
        said[rule.number] = {
            "trigger": f"CARD_TRIGGER_{rule.trigger.name}",
            "on": rule.on,
            "colour": f"CARD_COLOUR_{rule.colour.name}",
            "yellow_points": rule.yellow_points,
            "red_points": rule.red_points,
            "idle_days": rule.idle_days,
        } | {name: getattr(rule, name) for name in ("reminder_days", "yellow_days") if getattr(rule, name) is not None}
    said["JC-02"] |= {"red_points": promise, "open_below": open_below}
    said["JC-05"] |= {"red_points": grounds}
    return said


def standard(
    number: int = 1, said: dict[str, Any] | None = None, *, days: int = 0, withdrawn: bool = False
) -> standards_pb2.Standard:
    struct = Struct()
    struct.update(content() if said is None else said)
    return standards_pb2.Standard(
        id=f"{CITY_SITE}:supervision:610900",
        kind=standards_pb2.STANDARD_KIND_SUPERVISION,
        key="610900",
        issued_by=CITY_SITE,
        number=number,
        content=struct,
        issued_at=to_timestamp(MONDAY),
        effective_from=to_timestamp(MONDAY + timedelta(days=days)),
        withdrawn=withdrawn,
        received_from=CITY_SITE,
    )


def arrived(bench: "Bench", told: standards_pb2.Standard) -> None:
    bench.deliver("federation", events_pb2.StandardReceived(standard=told))
    heard(bench)


def rules_of(bench: "Bench", api: SupervisionApi, center: str = COUNTY) -> rules_pb2.SupervisionRules:
    with bench.by(SUPERVISOR):
        found = api.GetSupervisionRules(rule_requests_pb2.GetSupervisionRulesRequest(center_id=center), None)
    return found.rules


def told_of(bench: "Bench", number: int) -> own_events.SupervisionRulesSet:
    """What the others heard of the county's edition."""
    said = [own_events.SupervisionRulesSet.FromString(event.data) for event in bench.told]
    return next(each for each in said if each.rules.center_id == COUNTY and each.rules.number == number)


def test_what_the_site_above_set_holds_all_the_way_down(bench: "Bench", api: SupervisionApi) -> None:
    arrived(bench, standard())
    shown = rules_of(bench, api)
    assert (shown.number, shown.from_site, shown.from_center_id, shown.from_number) == (1, CITY_SITE, "610900", 1)
    assert (shown.rules[GROUNDS].red_points, shown.set_by_name, "全市统一" in shown.reason) == (5, "安监察", True)
    assert newest(bench, TOWNSHIP).from_center == COUNTY
    assert newest(bench, TOWNSHIP).of(Trigger.NO_GROUNDS).red_points == 5


def test_told_again_and_in_the_wrong_order_the_newest_holds(bench: "Bench", api: SupervisionApi) -> None:
    for number in (2, 1, 2):
        arrived(bench, standard(number, content(grounds=4 + number)))
    assert (newest(bench, COUNTY).number, newest(bench, COUNTY).of(Trigger.NO_GROUNDS).red_points) == (1, 6)


def test_it_is_known_from_when_it_came_and_holds_from_its_day(bench: "Bench", api: SupervisionApi) -> None:
    arrived(bench, standard(days=10))
    assert rules_of(bench, api).number == 0
    assert bench.tower.edition(COUNTY, MONDAY + timedelta(days=11)).from_site == CITY_SITE


def test_the_county_tightens_what_is_open_and_undoes_nothing(bench: "Bench", api: SupervisionApi) -> None:
    arrived(bench, standard())
    for undone, code in ((points(PROMISE, 3), "rules_looser"), (points(GROUNDS, 9), "rules_from_above")):
        with pytest.raises(Forbidden, match=code):
            change(bench, api, COUNTY, undone)
    own = change(bench, api, COUNTY, points(PROMISE, 6))
    assert (own.from_site, own.number, len(own.tightened)) == (CITY_SITE, 2, 1)
    arrived(bench, standard(2, content(grounds=7)))
    kept = newest(bench, COUNTY)
    assert (kept.of(Trigger.PROMISE).red_points, kept.of(Trigger.NO_GROUNDS).red_points) == (6, 7)


def test_what_the_site_above_lets_go_of_is_the_countys_own_again(bench: "Bench", api: SupervisionApi) -> None:
    arrived(bench, standard())
    arrived(bench, standard(2, withdrawn=True))
    assert (newest(bench, COUNTY).from_center, newest(bench, TOWNSHIP).from_center) == ("", "")
    assert change(bench, api, COUNTY, points(GROUNDS, 2)).rules[GROUNDS].red_points == 2


def test_a_new_center_without_one_above_it_comes_under_the_site_above(bench: "Bench", api: SupervisionApi) -> None:
    bench.tower = replace(bench.tower, site="hall-7")
    arrived(bench, standard())
    beside = [*bench.tower.reference.centers(), sample_center("610903")]
    bench.tower = replace(bench.tower, reference=filled(bench.store, centers=beside))
    changed = catalog_messages.Center(id="610903", version=1)
    bench.deliver("catalog", catalog_events.CenterChanged(center=changed))
    heard(bench)
    assert newest(bench, "610903").from_site == CITY_SITE


def test_the_center_of_the_sites_division_goes_by_the_site_above_before_one_beside_it(
    bench: "Bench", api: SupervisionApi
) -> None:
    tree = [sample_center("610900"), *bench.tower.reference.centers()]
    bench.tower = replace(bench.tower, reference=filled(bench.store, centers=tree))
    arrived(bench, standard())
    supervisor = replace(SUPERVISOR, centers=SUPERVISOR.centers | {"610900"})
    with bench.by(supervisor):
        now = api.GetSupervisionRules(rule_requests_pb2.GetSupervisionRulesRequest(center_id="610900"), None).rules
        assert not now.number
        request = rule_requests_pb2.SetSupervisionRulesRequest(
            center_id="610900", effective_on="2026-11-23", rules=now.rules, ladder=now.ladder, period=now.period,
            below=True, reason="本站点另设",
        )  # fmt: skip
        api.SetSupervisionRules(request, None)
    heard(bench)
    assert (newest(bench, COUNTY).from_site, newest(bench, COUNTY).number) == (CITY_SITE, 1)


def to_sites(*sites: str, below: bool = True) -> Change:
    def set_(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
        del request.sites[:]
        request.sites.extend(sites)
        request.below = below

    return set_


def test_a_county_hands_on_to_its_towns_what_came_and_what_it_tightened(bench: "Bench", api: SupervisionApi) -> None:
    arrived(bench, standard())
    change(bench, api, COUNTY, points(PROMISE, 6), to_sites(TOWN_SITE, below=False))
    told = told_of(bench, 2)
    assert (list(told.bound_sites), told.rules.rules[PROMISE].red_points) == ([TOWN_SITE], 6)
    arrived(bench, standard(2, content(grounds=7)))
    told = told_of(bench, 3)
    assert (list(told.bound_sites), told.rules.rules[GROUNDS].red_points) == ([TOWN_SITE], 7)
    arrived(bench, standard(3, withdrawn=True))
    told = told_of(bench, 4)
    assert (list(told.bound_sites), list(told.left_sites)) == ([], [TOWN_SITE])


def test_a_site_that_is_left_out_is_let_go(bench: "Bench", api: SupervisionApi) -> None:
    change(bench, api, COUNTY, to_sites(TOWN_SITE, "610902102.town"))
    change(bench, api, COUNTY, to_sites(TOWN_SITE))
    assert list(told_of(bench, 2).left_sites) == ["610902102.town"]
    change(bench, api, COUNTY, to_sites(below=False))
    assert list(told_of(bench, 3).left_sites) == [TOWN_SITE]


@pytest.mark.parametrize(
    ("center", "set_", "code"),
    [
        (COUNTY, to_sites(PARTNER_SITE), "site_not_below"),
        (COUNTY, to_sites("610900.city"), "site_not_below"),
        (COUNTY, to_sites(TOWN_SITE, below=False), "rules_for_sites"),
        (TOWNSHIP, to_sites(TOWN_SITE), "site_center_only"),
    ],
    ids=["a stranger", "one above", "not for those below", "by a township of the site"],
)
def test_rules_go_down_only_and_by_the_sites_own_center(
    bench: "Bench", api: SupervisionApi, center: str, set_: Change, code: str
) -> None:
    with pytest.raises((Invalid, Forbidden), match=code):
        change(bench, api, center, set_)
    assert not bench.told


def without(said: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key != name}


@pytest.mark.parametrize(
    "said",
    [
        content() | {"JC-99": {}},
        without(content(), "JC-03"),
        content() | {"JC-03": "严"},
        content() | {"JC-03": {"trigger": "CARD_TRIGGER_LAW", "red_points": 10**6, "colour": "CARD_COLOUR_RED"}},
        content() | {"ladder": []},
        without(content(), "period"),
    ],
    ids=["of a later release", "incomplete", "no rule", "out of range", "without a ladder", "without a period"],
)
def test_what_this_release_cannot_follow_is_refused_and_changes_nothing(
    bench: "Bench", api: SupervisionApi, said: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        arrived(bench, standard(said=said))
    assert rules_of(bench, api).number == 0


def test_before_any_center_is_known_it_waits(bench: "Bench", tmp_path: Path) -> None:
    bench.tower = replace(bench.tower, reference=Reference(store(tmp_path, REFERENCE_KINDS, "new")))
    above: RuleEdition = edition_of(standard())
    assert (above.center_id, to_ms(above.effective_from)) == (CITY, to_ms(MONDAY))
    with pytest.raises(NotReady):
        arrived(bench, standard())
