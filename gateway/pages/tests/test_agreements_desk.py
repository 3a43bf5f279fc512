"""The desk of agreements: either side proposes the next edition, and a page says what it changes."""

from __future__ import annotations

import pytest

from gateway.pages.agreements.differences import Difference, differences, editions
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Conflict, NotFound
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1 import service_pb2 as catalog_rpc
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import service_pb2 as federation

CONFIRMED, PROPOSED = messages.EDITION_STATE_CONFIRMED, messages.EDITION_STATE_PROPOSED


def terms(**changed: object) -> messages.Terms:
    said: dict[str, object] = {
        "handling_site": "511602.yangli",
        "collecting_site": "610902.hanbin",
        "item_id": "item-1",
        "item_name": "食品经营许可",
        "modes": [messages.MODE_COLLECT_FOR, messages.MODE_MULTI_PLACE],
        "handling_unit": "样例区市场监管局",
        "materials": [
            messages.AgreedMaterial(key="form", name="申请书", main=True, form="original", standard="A4"),
            messages.AgreedMaterial(key="plan", name="平面图", form="copy"),
        ],
        "deliveries": ["post"],
        "days": messages.SegmentDays(collection=1, transit=1, hand_back=3),
        "effective_from": "2026-01-01",
    }
    return messages.Terms(**{**said, **changed})  # type: ignore[arg-type]


def agreement(*states: messages.EditionState.ValueType, side: messages.Side.ValueType) -> messages.Agreement:
    return messages.Agreement(
        id="a-1",
        side=side,
        version=2,
        edition_in_force="e-1",
        editions=[messages.Edition(id=f"e-{at}", state=state, terms=terms()) for at, state in enumerate(states, 1)],
    )


def typed(**changed: str) -> dict[str, str]:
    return {
        "collect_for": "1",
        "multi_place": "1",
        "handling_unit": "样例区市场监管局",
        "delivery_post": "1",
        "collection": "1",
        "transit": "0",
        "hand_back": "3",
        "effective_from": "2027-01-01",
        "sealing": "required",
        "m-form-main": "1",
        "m-form-form": "original",
        "m-form-standard": "A4，本人签字",
        "m-plan-dropped": "1",
        **changed,
    }


@pytest.mark.parametrize("side", [messages.SIDE_COLLECTING, messages.SIDE_HANDLING])
def test_either_side_proposes_a_next_edition_of_the_same_parties(
    visitor: Visitor, site: FakeSite, side: messages.Side.ValueType
) -> None:
    site.answers("GetAgreement", federation.GetAgreementResponse(agreement=agreement(CONFIRMED, side=side)))
    visitor.sign_in("manager")
    text = visitor.get("/manage/agreements/a-1/edition")[1]
    assert ('name="from_guide"' in text) == (side == messages.SIDE_HANDLING)
    assert 'name="m-form-standard" type="text" maxlength="500" autocomplete="off" value="A4"' in text
    status, target = visitor.post("/manage/agreements/a-1/edition", **typed())
    assert (status, target.partition("?")[0]) == (303, "/manage/agreements/a-1")
    (asked,) = site.asked_of("ProposeAgreement")
    said = asked.request.terms
    assert asked.request.agreement_id == "a-1"
    assert (said.item_id, said.collecting_site) == ("item-1", "610902.hanbin")
    assert (said.days.transit, said.effective_from, said.effective_until) == (0, "2027-01-01", "")
    assert said.sealing == messages.SEALING_REQUIRED
    assert [(each.key, each.standard) for each in said.materials] == [("form", "A4，本人签字")]
    assert list(said.modes) == [messages.MODE_COLLECT_FOR, messages.MODE_MULTI_PLACE]


def test_materials_are_taken_from_the_guide_where_that_is_wanted(visitor: Visitor, site: FakeSite) -> None:
    held = agreement(CONFIRMED, side=messages.SIDE_HANDLING)
    site.answers("GetAgreement", federation.GetAgreementResponse(agreement=held))
    visitor.sign_in("manager")
    visitor.post("/manage/agreements/a-1/edition", **typed(from_guide="1"))
    assert [each.key for each in site.asked_of("ProposeAgreement")[0].request.terms.materials] == ["样例"]


def test_a_refused_proposal_keeps_what_was_typed(visitor: Visitor, site: FakeSite) -> None:
    held = agreement(CONFIRMED, side=messages.SIDE_COLLECTING)
    site.answers("GetAgreement", federation.GetAgreementResponse(agreement=held))
    site.answers("ProposeAgreement", Conflict("proposal_pending", "上一版本尚待答复。"))
    visitor.sign_in("manager")
    status, text = visitor.post("/manage/agreements/a-1/edition", **typed())
    assert status == 409
    assert "上一版本尚待答复" in text
    assert 'value="A4，本人签字"' in text


def test_differences_are_told_field_by_field() -> None:
    after = terms(
        handling_unit="样例区行政审批局",
        materials=[messages.AgreedMaterial(key="form", name="申请书", main=True, form="original", standard="A4")],
        effective_until="2027-12-31",
    )
    assert differences(terms(), after) == [
        Difference("办理单位", "样例区市场监管局", "样例区行政审批局"),
        Difference("失效日期", "长期", "2027-12-31"),
        Difference("材料：平面图", "次要，复印件", ""),
    ]


def test_an_edition_is_compared_with_the_last_that_was_confirmed() -> None:
    declined = messages.EDITION_STATE_DECLINED
    held = agreement(CONFIRMED, declined, PROPOSED, side=messages.SIDE_HANDLING)
    held.editions[2].terms.handling_unit = "样例区行政审批局"
    last, second, first = editions(held)
    assert (last.compared_with, [each.name for each in last.differences]) == (1, ["办理单位"])
    assert (second.compared_with, second.standing) == (1, "未达成")
    assert (first.compared_with, first.standing, first.differences) == (0, "执行中", ())


def test_what_was_confirmed_ahead_says_from_when_it_holds() -> None:
    held = agreement(CONFIRMED, CONFIRMED, side=messages.SIDE_HANDLING)
    held.editions[1].terms.effective_from = "2027-01-01"
    ahead, now = editions(held)
    assert ahead.standing == "双方已确认，2027-01-01 起执行"
    held.edition_in_force = "e-2"
    assert editions(held)[1].standing == "已由新版本接替"
    assert now.in_force


def test_whose_turn_it_is_decides_what_is_offered(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    held = agreement(CONFIRMED, PROPOSED, side=messages.SIDE_COLLECTING)
    for waits, offered in ((True, True), (False, False)):
        held.waits_for_us = waits
        site.answers("GetAgreement", federation.GetAgreementResponse(agreement=held))
        text = visitor.get("/manage/agreements/a-1")[1]
        assert ("/manage/agreements/a-1/confirm" in text) is offered
        assert "/manage/agreements/a-1/edition" not in text
    held.editions[1].state = CONFIRMED
    site.answers("GetAgreement", federation.GetAgreementResponse(agreement=held))
    assert "/manage/agreements/a-1/edition" in visitor.get("/manage/agreements/a-1")[1]


NEW = {
    "our_site": "610902.hanbin",
    "site": "511602.yangli",
    "center_id": "511602",
    "center_name": "样例区政务服务中心",
    "handling_unit": "样例区市场监管局",
    "collect_for": "1",
    "delivery_post": "1",
    "effective_from": "2027-01-01",
}


def test_the_collecting_side_proposes_what_it_knows_of_the_other_s_item(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    text = visitor.get("/manage/agreements/new?side=collecting")[1]
    assert ('name="item_id"' in text, 'name="item"' in text) == (True, False)
    typed = {
        "side": "collecting",
        "item_id": "item-9",
        "item_name": "食品经营许可",
        "materials": "申请书｜A4\n\n平面图",
    }
    assert visitor.post("/manage/agreements/new", **NEW, **typed)[0] == 303
    said = site.asked_of("ProposeAgreement")[0].request.terms
    assert (said.handling_site, said.handling_center_id) == ("511602.yangli", "511602")
    assert (said.collecting_site, said.collecting_center_id) == ("610902.hanbin", "样例")
    assert [(each.name, each.standard) for each in said.materials] == [("申请书", "A4"), ("平面图", "")]


def test_the_handling_side_proposes_its_own_item_with_its_guide_s_materials(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    assert visitor.post("/manage/agreements/new", **NEW, item="item-1")[0] == 303
    said = site.asked_of("ProposeAgreement")[0].request.terms
    assert (said.handling_site, said.collecting_site) == ("610902.hanbin", "511602.yangli")
    assert [each.key for each in said.materials] == ["样例"]


@pytest.mark.parametrize(
    ("guide", "doubt"),
    [
        (["form", "plan"], ""),
        (["form", "licence"], "材料与本中心办事指南不一致（licence、平面图）"),
        (None, "本中心没有编号为 item-1 的事项"),
    ],
)
def test_the_handling_side_is_told_where_a_proposal_is_unlike_its_guide(
    visitor: Visitor, site: FakeSite, guide: list[str] | None, doubt: str
) -> None:
    visitor.sign_in("manager")
    held = agreement(PROPOSED, side=messages.SIDE_HANDLING)
    held.waits_for_us = True
    site.answers("GetAgreement", federation.GetAgreementResponse(agreement=held))
    materials = [catalog.Material(key=key, name=key) for key in guide or ()]
    item = catalog_rpc.GetItemResponse(item=catalog.ServiceItem(materials=materials))
    site.answers("GetItem", NotFound("item_not_found", "没有该事项") if guide is None else item)
    text = visitor.get("/manage/agreements/a-1")[1]
    assert "/manage/agreements/a-1/confirm" in text
    assert doubt in text
    assert bool(doubt) == ('<p class="warning">' in text)
