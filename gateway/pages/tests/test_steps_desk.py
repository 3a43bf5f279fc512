"""The form of an item's steps: what other sites do can be added, changed and taken back; nothing else is lost."""

from __future__ import annotations

import pytest

from gateway.pages.management.step_fields import as_typed
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.catalog.v1 import checklists_pb2 as checklists
from tongban.catalog.v1 import messages_pb2 as messages
from tongban.catalog.v1 import routes_pb2 as routes
from tongban.catalog.v1 import service_pb2 as catalog
from tongban.relay.v1 import links_pb2, site_pb2

PART = messages.Elsewhere(
    kind=messages.ELSEWHERE_KIND_PART,
    places=[messages.ElsewherePlace(site="610900.ankang", center_id="610900", days=5, title="消防核查")],
)
STEPS = [
    messages.Step(
        key="examine",
        name="审查",
        role="reviewer",
        days=3,
        kind=routes.STEP_KIND_SITE_VISIT,
        signers=1,
        after=["start"],
        when=[routes.StepCondition(field="shop", values=["yes", "no"])],
        sign_departments=["gaj"],
    ),
    messages.Step(key="fire", name="消防", elsewhere=PART),
    messages.Step(key="decide", name="决定", role="approver"),
]
ITEM = messages.ServiceItem(
    id="i-1",
    item_version=2,
    version=7,
    name="开办餐馆",
    keywords=["餐饮"],
    steps=STEPS,
    state=messages.ITEM_STATE_PUBLISHED,
    questions=[checklists.SituationQuestion(key="shop", label="是否租房", options=[])],
    form_schema='{"type": "object", "properties": {"area": {"type": "number", "title": "面积"}}}',
)
AT = "/manage/items/i-1/2/steps"


@pytest.fixture(autouse=True)
def published(site: FakeSite, visitor: Visitor) -> None:
    site.answers("GetItem", catalog.GetItemResponse(item=ITEM))
    visitor.sign_in("manager")


def typed(**changed: str) -> dict[str, str]:
    counts = {f"{each.key}-{part}": "3" for each in STEPS for part in ("places", "conditions")}
    return {"version": "7", **as_typed(ITEM), **counts, **changed}


def drafted(visitor: Visitor, site: FakeSite, **changed: str) -> messages.ServiceItem:
    assert visitor.post(AT, **typed(**changed))[0] == 303
    (asked,) = site.asked_of("DraftItem")
    assert asked.request.expected_version == 7
    item: messages.ServiceItem = asked.request.item
    return item


def test_the_form_shows_what_other_sites_do(visitor: Visitor) -> None:
    text = visitor.get(AT)[1]
    assert 'value="610900.ankang"' in text
    assert 'value="消防核查"' in text
    assert '<option value="part" selected>' in text


def test_what_is_saved_unchanged_is_the_same(visitor: Visitor, site: FakeSite) -> None:
    item = drafted(visitor, site)
    assert list(item.steps) == STEPS
    assert list(item.keywords) == ["餐饮"]


def test_another_place_gets_a_part(visitor: Visitor, site: FakeSite) -> None:
    more = {"fire-2-site": "511600.guangan", "fire-2-center_id": "511600", "fire-2-days": "3"}
    (_, fire, _) = drafted(visitor, site, **more).steps
    assert [(each.site, each.days) for each in fire.elsewhere.places] == [("610900.ankang", 5), ("511600.guangan", 3)]


def test_a_step_is_done_here_again(visitor: Visitor, site: FakeSite) -> None:
    (_, fire, _) = drafted(visitor, site, **{"fire-by": "chief"}).steps
    assert (fire.role, fire.HasField("elsewhere")) == ("chief", False)


def test_a_step_that_goes_up_is_put_in_and_another_dropped(visitor: Visitor, site: FakeSite) -> None:
    new = {"new-name": "上级审批", "new-by": "sent_up", "new-places": "2", "new-behind": "examine"}
    steps = drafted(visitor, site, **new, **{"fire-dropped": "1"}).steps
    assert [(each.key, each.name) for each in steps] == [
        ("examine", "审查"),
        ("step-1", "上级审批"),
        ("decide", "决定"),
    ]
    assert steps[1].elsewhere.kind == messages.ELSEWHERE_KIND_SENT_UP
    assert [each.site for each in steps[1].elsewhere.places] == ["parent"]


def test_a_draft_is_handed_in_for_review(visitor: Visitor, site: FakeSite) -> None:
    assert "/manage/items/i-1/2/steps" in visitor.get("/manage/items/i-1/2")[1]
    assert visitor.post("/manage/items/i-1/2/submit", version="7")[0] == 303
    (asked,) = site.asked_of("SubmitItem")
    assert (asked.request.item_version, asked.request.expected_version) == (2, 7)


def test_steps_change_places_by_their_numbers(visitor: Visitor, site: FakeSite) -> None:
    steps = drafted(visitor, site, **{"examine-order": "5", "fire-order": "1"}).steps
    assert [each.key for each in steps] == ["fire", "decide", "examine"]


def test_a_step_runs_beside_another_and_only_where_the_answers_ask_for_it(visitor: Visitor, site: FakeSite) -> None:
    changes = {
        "fire-after-start": "1",
        "fire-when-1-field": "area",
        "fire-when-1-values": "100、200",
        "decide-after-examine": "1",
        "decide-after-fire": "1",
        "decide-days": "2",
        "decide-kind": "discussion",
        "decide-signers": "2",
    }
    (_, fire, decide) = drafted(visitor, site, **changes).steps
    assert (list(fire.after), fire.when[0].field, list(fire.when[0].values)) == (["start"], "area", ["100", "200"])
    assert (list(decide.after), decide.days, decide.kind, decide.signers) == (
        ["examine", "fire"],
        2,
        routes.STEP_KIND_DISCUSSION,
        2,
    )


def test_what_follows_a_dropped_step_follows_it_no_more(visitor: Visitor, site: FakeSite) -> None:
    steps = drafted(visitor, site, **{"decide-after-fire": "1", "fire-dropped": "1"}).steps
    assert [list(each.after) for each in steps] == [["start"], []]


def test_a_route_is_checked_and_drawn_before_it_is_kept(visitor: Visitor, site: FakeSite) -> None:
    loop = catalog.ItemFinding(code="route_loop", message="环节形成循环：审查 → 决定 → 审查")
    site.answers("CheckItem", catalog.CheckItemResponse(problems=[loop]))
    status, text = visitor.post(AT, **typed(**{"examine-name": "初审", "do": "check"}))
    assert status == 200
    assert "环节形成循环：审查 → 决定 → 审查" in text
    assert "<title>初审" in text, "the picture is of what was typed"
    assert not site.asked_of("DraftItem")
    asked = site.asked_of("CheckItem")[-1]
    assert asked.request.item.steps[0].name == "初审"


def test_a_number_that_is_none_is_told_beside_its_field(visitor: Visitor, site: FakeSite) -> None:
    status, text = visitor.post(AT, **typed(**{"decide-days": "三"}))
    assert status == 422
    assert "请填写数字" in text
    assert not site.asked_of("DraftItem")


def test_the_site_of_a_place_is_chosen_from_those_that_are_linked_or_typed(visitor: Visitor, site: FakeSite) -> None:
    linked = links_pb2.Neighbour(site="610900.ankang", name="安康市政务服务中心", direction=site_pb2.DIRECTION_PARENT)
    site.answers("ListNeighbours", links_pb2.ListNeighboursResponse(sites=[linked]))
    text = visitor.get(AT)[1]
    assert '<option value="610900.ankang" selected>安康市政务服务中心（610900.ankang）</option>' in text
    assert '<option value="parent">上级站点（按本中心设置）</option>' in text
    found = drafted(visitor, site, **{"fire-1-site-other": "511600.guangan"})
    assert found.steps[1].elsewhere.places[0].site == "511600.guangan"
