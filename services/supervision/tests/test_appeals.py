"""A red card is never deleted, only appealed and re-judged, with both texts kept (facts 7)."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.actor import Actor
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.testing import MONDAY, actor
from services.supervision.domain.cards import Card, CardState, Colour, RedCardRaised, Ruling, SubjectKind
from services.supervision.events import TABLE
from services.supervision.grpc_api import SupervisionApi
from tongban.supervision.v1 import messages_pb2, service_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CHIEF = replace(actor("chief"), id="staff-chief", name="何主任", department="minzheng")
SUPERVISOR = replace(actor("supervisor"), id="staff-supervisor", name="安监察")
RED = Card(
    id="case-c-1-red",
    center_id="610902",
    colour=Colour.RED,
    state=CardState.ACTIVE,
    subject_kind=SubjectKind.CASE,
    subject_id="c-1",
    subject_number="610902-1",
    title="低保审核",
    department_key="minzheng",
    due_at=MONDAY - timedelta(days=1),
    raised_at=MONDAY,
    recovered_at=None,
    reason="已超期",
    journey="j-1",
)


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    bench.tower.cards.create(RED, [], bench.call())
    return SupervisionApi(bench.tower)


def appeal(bench: "Bench", api: SupervisionApi, who: Actor = CHIEF, card: str = RED.id) -> messages_pb2.Card:
    request = service_pb2.AppealCardRequest(card_id=card, grounds="停电期间系统无法登录", expected_version=1)
    with bench.by(who):
        return api.AppealCard(request, None).card


def rule(bench: "Bench", api: SupervisionApi, *, overturned: bool, who: Actor = SUPERVISOR) -> messages_pb2.Card:
    request = service_pb2.RuleOnAppealRequest(
        card_id=RED.id, overturned=overturned, reason="供电记录属实", expected_version=2
    )
    with bench.by(who):
        return api.RuleOnAppeal(request, None).card


@pytest.mark.parametrize("overturned", [True, False])
def test_an_appeal_is_decided_and_both_texts_stay(bench: "Bench", api: SupervisionApi, overturned: bool) -> None:
    assert appeal(bench, api).appeal.ruling == messages_pb2.APPEAL_RULING_PENDING
    card = rule(bench, api, overturned=overturned)
    assert (card.appeal.grounds, card.appeal.ruling_reason) == ("停电期间系统无法登录", "供电记录属实")
    assert (card.appeal.filed_by_name, card.appeal.ruled_by_name) == ("何主任", "安监察")
    kept = bench.tower.cards.get(RED.id)
    assert kept.state is (CardState.OVERTURNED if overturned else CardState.ACTIVE)
    assert kept.colour is Colour.RED
    bench.listen()
    assert bench.told_types() == ["red_card_appealed", "red_card_overturned" if overturned else "red_card_upheld"]


def test_a_card_may_be_appealed_once_and_a_ruling_is_final(bench: "Bench", api: SupervisionApi) -> None:
    appeal(bench, api)
    with pytest.raises(Stale):
        appeal(bench, api)
    rule(bench, api, overturned=False)
    with bench.by(CHIEF), pytest.raises(Conflict, match="card_appealed"):
        api.AppealCard(service_pb2.AppealCardRequest(card_id=RED.id, grounds="再申诉", expected_version=3), None)
    again = service_pb2.RuleOnAppealRequest(card_id=RED.id, overturned=True, reason="改主意", expected_version=3)
    with bench.by(SUPERVISOR), pytest.raises(Conflict, match="appeal_decided"):
        api.RuleOnAppeal(again, None)
    assert bench.tower.cards.get(RED.id).state is CardState.ACTIVE


def test_what_its_clock_tells_later_does_not_undo_an_appeal(bench: "Bench", api: SupervisionApi) -> None:
    appeal(bench, api)
    rule(bench, api, overturned=True)
    bench.deliver("supervision", TABLE[RedCardRaised].message(RedCardRaised(RED)))
    card = bench.tower.cards.get(RED.id)
    assert card.state is CardState.OVERTURNED
    assert card.appeal is not None
    assert card.appeal.ruling is Ruling.OVERTURNED


def test_an_appeal_comes_in_time(bench: "Bench", api: SupervisionApi) -> None:
    with bench.by(CHIEF):
        until = api.GetCard(service_pb2.GetCardRequest(card_id=RED.id), None).card.appeal_until
    bench.clock.advance(timedelta(seconds=until.seconds - MONDAY.timestamp() + 1))
    with pytest.raises(Conflict, match="appeal_too_late"):
        appeal(bench, api)
    assert bench.tower.cards.get(RED.id).appeal is None


def test_only_its_department_appeals_and_nobody_decides_on_the_own_appeal(bench: "Bench", api: SupervisionApi) -> None:
    with pytest.raises(Forbidden):
        appeal(bench, api, replace(CHIEF, department="shehui-baozhang"))
    with pytest.raises(Forbidden):
        appeal(bench, api, replace(CHIEF, centers=frozenset({"610903"})))
    appeal(bench, api)
    with pytest.raises(Forbidden, match="own_appeal"):
        rule(bench, api, overturned=True, who=replace(SUPERVISOR, id=CHIEF.id))


def test_what_is_no_red_card_or_not_there_is_refused_and_changes_nothing(bench: "Bench", api: SupervisionApi) -> None:
    yellow = replace(RED, id="case-c-1-yellow", colour=Colour.YELLOW)
    bench.tower.cards.create(yellow, [], bench.call())
    with pytest.raises(Conflict, match="card_not_red"):
        appeal(bench, api, card=yellow.id)
    with pytest.raises(NotFound, match="card_not_found"):
        appeal(bench, api, card="nothing")
    with bench.by(CHIEF), pytest.raises(Invalid):
        api.AppealCard(service_pb2.AppealCardRequest(card_id=RED.id, grounds=" ", expected_version=1), None)
    with pytest.raises(Stale), bench.by(SUPERVISOR):
        api.RuleOnAppeal(service_pb2.RuleOnAppealRequest(card_id=RED.id, reason="无", expected_version=9), None)
    assert bench.tower.cards.get(RED.id).version == 1
    assert not bench.told
