"""Rules set for the centers below: taken over, tightened where that is left open, never undone (rules G02)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.errors import Forbidden, Stale
from kit.testing import MONDAY, actor
from kit.workdays import local_date
from reference.testing import filled, sample_center
from services.supervision.domain.cards import Trigger
from services.supervision.domain.rules import RuleEdition
from services.supervision.grpc_api import SupervisionApi
from services.supervision.tests.test_findings import GROUNDLESS
from tongban.catalog.v1 import events_pb2 as catalog_events
from tongban.catalog.v1 import messages_pb2 as catalog_messages
from tongban.supervision.v1 import messages_pb2, rule_requests_pb2, rules_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CITY, COUNTY, TOWNSHIP = "610900", "610902", "610902100"
SUPERVISOR = replace(actor("supervisor"), id="staff-s", name="安监察", centers=frozenset({CITY, COUNTY, TOWNSHIP}))
YELLOW, RED = messages_pb2.CARD_COLOUR_YELLOW, messages_pb2.CARD_COLOUR_RED
Change = Callable[[rule_requests_pb2.SetSupervisionRulesRequest], None]
#: Places of rules in an edition.
STEP, PROMISE, GROUNDS = 0, 1, 4


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    """A city with a county, and a township below that."""
    tree = [
        sample_center(CITY),
        sample_center(COUNTY, parent_id=CITY, version=2),
        sample_center(TOWNSHIP, parent_id=COUNTY),
    ]
    bench.tower = replace(bench.tower, reference=filled(bench.store, centers=tree))
    return SupervisionApi(bench.tower)


def change(
    bench: "Bench", api: SupervisionApi, center: str, *changes: Change, days: int = 0, below: bool | None = None
) -> rules_pb2.SupervisionRules:
    """Sets a center's newest rules with changes, and lets them be handed down."""
    with bench.by(SUPERVISOR):
        found = api.GetSupervisionRules(rule_requests_pb2.GetSupervisionRulesRequest(center_id=center), None)
        now = found.upcoming if found.HasField("upcoming") else found.rules
        request = rule_requests_pb2.SetSupervisionRulesRequest(
            center_id=center,
            effective_on=local_date(bench.clock.now() + timedelta(days=days)).isoformat(),
            rules=now.rules,
            ladder=now.ladder,
            period=now.period,
            recovered_counts=now.recovered_counts,
            reason="全市统一",
            below=now.below if below is None else below,
            ladder_open=now.ladder_open,
        )
        for each in changes:
            each(request)
        changed = api.SetSupervisionRules(request, None).rules
    heard(bench)
    return changed


def heard(bench: "Bench") -> None:
    """Until nothing more is told: what is handed down is told again."""
    while bench.store.pending(1):
        bench.listen()


def city_rules(bench: "Bench", api: SupervisionApi, *further: Change, days: int = 0) -> rules_pb2.SupervisionRules:
    """The city leaves the promise's rule open, and takes five points for what has no grounds."""

    def open_promise(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
        request.rules[PROMISE].open_below = True
        request.rules[PROMISE].red_points = 4
        request.rules[GROUNDS].red_points = 5

    return change(bench, api, CITY, open_promise, *further, days=days, below=True)


def newest(bench: "Bench", center: str) -> RuleEdition:
    return bench.tower.rules.find("by_center", center_id=center, descending=True, limit=1).items[0]


def points(number: int, value: int) -> Change:
    def set_(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
        request.rules[number].red_points = value

    return set_


def test_what_a_center_sets_for_those_below_holds_all_the_way_down(bench: "Bench", api: SupervisionApi) -> None:
    city_rules(bench, api)
    for center, above in ((COUNTY, CITY), (TOWNSHIP, COUNTY)):
        taken = newest(bench, center)
        assert (taken.number, taken.from_center, taken.from_number) == (1, above, 1)
        assert (taken.of(Trigger.NO_GROUNDS).red_points, taken.set_by.name) == (5, "安监察")
        assert "全市统一" in taken.reason
    assert bench.told_types() == ["supervision_rules_set"] * 3
    bench.deliver("intake", GROUNDLESS)
    bench.listen()
    card = bench.tower.cards.get("grounds-a-1-red")
    assert (card.center_id, card.edition, card.points) == (COUNTY, 1, 5)


def test_told_again_nothing_is_taken_over_twice(bench: "Bench", api: SupervisionApi) -> None:
    city_rules(bench, api)
    for event in list(bench.told):
        bench.receive(event)
    heard(bench)
    assert [newest(bench, center).number for center in (CITY, COUNTY, TOWNSHIP)] == [1, 1, 1]


def test_rules_only_of_its_own_bind_nobody_below(bench: "Bench", api: SupervisionApi) -> None:
    change(bench, api, CITY, points(GROUNDS, 9))
    assert not bench.tower.rules.find("by_center", center_id=COUNTY).items


def test_they_are_known_below_from_when_they_are_set_and_hold_from_their_day(
    bench: "Bench", api: SupervisionApi
) -> None:
    city_rules(bench, api, days=10)
    with bench.by(SUPERVISOR):
        found = api.GetSupervisionRules(rule_requests_pb2.GetSupervisionRulesRequest(center_id=COUNTY), None)
    assert (found.rules.number, found.upcoming.number, found.upcoming.from_center_id) == (0, 1, CITY)
    assert bench.tower.edition(COUNTY, MONDAY + timedelta(days=11)).from_center == CITY


def test_a_center_tightens_what_is_left_open(bench: "Bench", api: SupervisionApi) -> None:
    city_rules(bench, api)
    own = change(bench, api, COUNTY, points(PROMISE, 6))
    assert (own.from_center_id, own.from_number, own.number) == (CITY, 1, 2)
    assert list(own.tightened) == [messages_pb2.CARD_TRIGGER_PROMISE]
    taken = newest(bench, TOWNSHIP)
    assert (taken.from_number, taken.of(Trigger.PROMISE).red_points) == (2, 6), "those below go by the tighter one"


def _off(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
    request.rules[PROMISE].on = False


def _no_reminder(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
    request.rules[PROMISE].ClearField("reminder_days")


def _yellow(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
    request.rules[PROMISE].colour = YELLOW


def _open(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
    request.rules[STEP].open_below = True


def _period(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
    request.period = rules_pb2.POINTS_PERIOD_MONTH


def _ladder(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
    request.ladder[0].person_points = 2


@pytest.mark.parametrize(
    ("undone", "code"),
    [
        (points(GROUNDS, 4), "rules_from_above"),
        (points(GROUNDS, 9), "rules_from_above"),
        (points(PROMISE, 3), "rules_looser"),
        (_off, "rules_looser"),
        (_no_reminder, "rules_looser"),
        (_yellow, "rules_looser"),
        (_open, "rules_from_above"),
        (_period, "rules_from_above"),
        (_ladder, "rules_from_above"),
    ],
    ids=["fewer", "more", "looser", "off", "unwarned", "milder", "opened", "period", "ladder"],
)
def test_nothing_from_above_is_undone(bench: "Bench", api: SupervisionApi, undone: Change, code: str) -> None:
    city_rules(bench, api)
    told = bench.told_types()
    with pytest.raises(Forbidden, match=code):
        change(bench, api, COUNTY, undone)
    bench.listen()
    assert (newest(bench, COUNTY).number, bench.told_types()) == (1, told)


def test_an_open_ladder_may_be_reached_sooner_and_never_later(bench: "Bench", api: SupervisionApi) -> None:
    def open_ladder(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
        request.ladder_open = True

    def later(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
        request.ladder[6].person_points = 0

    city_rules(bench, api, open_ladder)
    assert change(bench, api, COUNTY, _ladder).ladder_tightened
    with pytest.raises(Forbidden, match="rules_looser"):
        change(bench, api, COUNTY, later)


def test_the_next_edition_above_keeps_what_was_tightened_as_far_as_it_is_open(
    bench: "Bench", api: SupervisionApi
) -> None:
    city_rules(bench, api)
    change(bench, api, COUNTY, points(PROMISE, 6))
    change(bench, api, CITY, points(GROUNDS, 7))
    kept = newest(bench, COUNTY)
    assert (kept.of(Trigger.PROMISE).red_points, kept.of(Trigger.NO_GROUNDS).red_points) == (6, 7)
    change(bench, api, CITY, points(PROMISE, 8))
    assert newest(bench, COUNTY).of(Trigger.PROMISE).red_points == 8, "it is stricter above by now"

    def closed(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
        request.rules[PROMISE].open_below = False
        request.rules[PROMISE].red_points = 3

    change(bench, api, CITY, closed)
    assert newest(bench, COUNTY).of(Trigger.PROMISE).red_points == 3
    assert newest(bench, TOWNSHIP).of(Trigger.PROMISE).red_points == 3


def test_what_is_no_longer_set_for_them_is_theirs_again(bench: "Bench", api: SupervisionApi) -> None:
    city_rules(bench, api)
    change(bench, api, CITY, below=False)
    for center in (COUNTY, TOWNSHIP):
        free = newest(bench, center)
        assert (free.from_center, free.of(Trigger.NO_GROUNDS).red_points) == ("", 5)
    assert change(bench, api, COUNTY, points(GROUNDS, 2)).rules[GROUNDS].red_points == 2


def moved(bench: "Bench", center: str, parent: str, version: int = 1) -> None:
    tree = [sample_center(CITY), sample_center(COUNTY, parent_id=CITY, version=2), sample_center("610901")]
    tree = [each for each in tree if each.id != center] + [sample_center(center, parent_id=parent, version=version)]
    bench.tower = replace(bench.tower, reference=filled(bench.store, centers=tree))
    changed = catalog_messages.Center(id=center, parent_id=parent, version=version)
    bench.deliver("catalog", catalog_events.CenterChanged(center=changed))
    heard(bench)


def test_a_new_center_goes_by_what_is_set_above_it(bench: "Bench", api: SupervisionApi) -> None:
    city_rules(bench, api)
    moved(bench, "610903", CITY)
    assert newest(bench, "610903").from_center == CITY


def test_a_center_that_comes_under_another_leaves_the_rules_from_above(bench: "Bench", api: SupervisionApi) -> None:
    city_rules(bench, api)
    moved(bench, TOWNSHIP, "610901", version=2)
    assert (newest(bench, TOWNSHIP).from_center, newest(bench, TOWNSHIP).number) == ("", 2)


def test_of_two_who_set_rules_at_once_one_has_to_look_again(bench: "Bench", api: SupervisionApi) -> None:
    def seen(request: rule_requests_pb2.SetSupervisionRulesRequest) -> None:
        request.expected_version = 1

    city_rules(bench, api)
    with pytest.raises(Stale):
        change(bench, api, COUNTY, points(PROMISE, 6), seen)


def test_who_supervises_the_county_alone_sets_nothing_for_the_city(bench: "Bench", api: SupervisionApi) -> None:
    only = replace(SUPERVISOR, centers=frozenset({COUNTY}))
    request = rule_requests_pb2.SetSupervisionRulesRequest(center_id=CITY, effective_on="2026-11-23", below=True)
    with bench.by(SUPERVISOR):
        now = api.GetSupervisionRules(rule_requests_pb2.GetSupervisionRulesRequest(center_id=CITY), None).rules
    request.rules.extend(now.rules)
    request.ladder.extend(now.ladder)
    request.period = now.period
    request.reason = "越权"
    with bench.by(only), pytest.raises(Forbidden):
        api.SetSupervisionRules(request, None)
    assert not bench.told
