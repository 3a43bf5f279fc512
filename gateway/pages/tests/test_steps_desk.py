"""The form of an item's steps: what other sites do can be added, changed and taken back; nothing else is lost."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.catalog.v1 import messages_pb2 as messages
from tongban.catalog.v1 import service_pb2 as catalog

PART = messages.Elsewhere(
    kind=messages.ELSEWHERE_KIND_PART,
    places=[messages.ElsewherePlace(site="610900.ankang", center_id="610900", days=5, title="消防核查")],
)
STEPS = [
    messages.Step(key="examine", name="审查", role="reviewer", days=3),
    messages.Step(key="fire", name="消防", elsewhere=PART),
    messages.Step(key="decide", name="决定", role="approver"),
]
AT = "/manage/items/i-1/2/steps"


@pytest.fixture(autouse=True)
def published(site: FakeSite, visitor: Visitor) -> None:
    item = messages.ServiceItem(
        id="i-1", item_version=2, version=7, name="开办餐馆", keywords=["餐饮"], steps=STEPS,
        state=messages.ITEM_STATE_PUBLISHED,
    )  # fmt: skip
    site.answers("GetItem", catalog.GetItemResponse(item=item))
    visitor.sign_in("manager")


def typed(**changed: str) -> dict[str, str]:
    return {
        "version": "7",
        "examine-name": "审查",
        "examine-by": "reviewer",
        "fire-name": "消防",
        "fire-by": "part",
        "fire-places": "3",
        "fire-1-site": "610900.ankang",
        "fire-1-center_id": "610900",
        "fire-1-days": "5",
        "fire-1-title": "消防核查",
        "decide-name": "决定",
        "decide-by": "approver",
        **changed,
    }


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
