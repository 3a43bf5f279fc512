"""Drafts on pages: saved and resumed online, opened at a window by their code (rules C15)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.pages.drafting import values_of
from gateway.pages.tests.visitor import CITIZEN, Visitor
from gateway.testing import FakeSite
from kit.errors import NotFound
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1 import service_pb2 as catalog_service
from tongban.intake.v1 import drafts_pb2 as drafts
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import service_pb2 as intake
from tongban.queuing.v1 import messages_pb2 as halls
from tongban.queuing.v1 import service_pb2 as queuing

FORM = orjson.dumps(
    {
        "type": "object",
        "properties": {
            "shop": {"type": "string", "title": "店铺名称"},
            "open": {"type": "boolean", "title": "已经开业"},
            "owners": {
                "type": "array",
                "title": "出资人",
                "maxItems": 3,
                "items": {"type": "object", "properties": {"name": {"type": "string", "title": "姓名"}}},
            },
        },
    }
).decode()
SAID = {"shop": "样例茶铺", "open": True, "owners": [{"name": "例知远"}]}
DRAFT = drafts.Draft(
    id="d-1",
    code="3k9h2m7x4q8w1z5t6v0y2b4c8d",
    center_id="610902",
    item_id="item-1",
    item_name="饮品店备案",
    applicant=messages.Applicant(name="例云帆", id_number="990101"),
    form_json=orjson.dumps(SAID).decode(),
    delivery=messages.DELIVERY_METHOD_POST,
    version=2,
)


@pytest.fixture(autouse=True)
def has_form(site: FakeSite) -> None:
    site.answers("GetChecklist", intake.GetChecklistResponse(checklist=messages.Checklist(form_schema=FORM)))
    site.answers("GetDraft", drafts.GetDraftResponse(draft=DRAFT, changes=["新增材料“照片”"]))
    site.answers("OpenDraft", drafts.OpenDraftResponse(draft=DRAFT))
    site.answers("SaveDraft", drafts.SaveDraftResponse(draft=DRAFT))


def asked(site: FakeSite, method: str) -> Any:
    return next(each.request for each in site.asked if each.method == method)


def test_a_draft_is_drawn_as_it_was_typed() -> None:
    values = values_of(DRAFT)
    assert values["form.owners.0.name"] == "例知远"
    assert (values["form.open"], values["delivery"]) == ("1", "post")


def test_who_has_signed_in_does_not_type_who_they_are(visitor: Visitor) -> None:
    visitor.sign_in_as_citizen()
    text = visitor.get("/apply/610902/item-1")[1]
    assert f'value="{CITIZEN["id_number"]}"' in text


def test_what_was_filled_in_is_kept_and_found_again(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in_as_citizen()
    status, where = visitor.post(
        "/apply/610902/item-1/draft",
        **{"applicant_name": "例", "form.shop": "样例茶铺", "form.owners.0.name": "例知远", "form.open": "1"},
    )
    assert (status, where) == (303, "/apply/610902/item-1?draft=d-1&done=draft_saved")
    assert orjson.loads(asked(site, "SaveDraft").form_json) == SAID
    text = visitor.get(where)[1]
    assert "样例茶铺" in text
    assert "新增材料“照片”" in text
    assert "3k9h 2m7x" in text


def test_it_is_handed_in_with_its_code(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in_as_citizen()
    visitor.post("/apply/610902/item-1", draft_id="d-1", draft_code=DRAFT.code, draft_version="2")
    assert asked(site, "ReceiveApplication").draft_code == DRAFT.code


def test_ones_drafts_are_listed_and_thrown_away(visitor: Visitor, site: FakeSite) -> None:
    site.answers("ListDrafts", drafts.ListDraftsResponse(drafts=[DRAFT]))
    visitor.sign_in_as_citizen()
    assert "饮品店备案" in visitor.get("/my/drafts")[1]
    visitor.post("/my/drafts/d-1/discard")
    assert asked(site, "DiscardDraft").draft_id == "d-1"


def at_window(site: FakeSite) -> None:
    window = halls.HallWindow(id="610902-01", center_id="610902", state=halls.WINDOW_STATE_OPEN, ticket_id="t-1")
    ticket = halls.Ticket(id="t-1", center_id="610902", item_id="item-1", state=halls.TICKET_STATE_SERVING)
    site.answers("ListWindows", queuing.ListWindowsResponse(windows=[window]))
    site.answers("GetTicket", queuing.GetTicketResponse(ticket=ticket))
    site.answers("ListApplications", intake.ListApplicationsResponse())
    served = catalog.ServiceItem(id="item-1", center_id="610902", name="饮品店备案", form_schema=FORM)
    site.answers("GetItem", catalog_service.GetItemResponse(item=served))


def test_a_window_opens_it_by_its_code_however_that_is_typed(visitor: Visitor, site: FakeSite) -> None:
    at_window(site)
    visitor.sign_in("clerk")
    text = visitor.get("/counter/610902-01?draft=3K9H-2M7X-4Q8W-1Z5T-6V0Y-2B4C-8D")[1]
    assert asked(site, "OpenDraft").code == DRAFT.code
    assert "样例茶铺" in text
    assert 'value="例云帆"' in text


def test_a_wrong_code_is_said_beside_the_field(visitor: Visitor, site: FakeSite) -> None:
    at_window(site)
    site.answers("OpenDraft", NotFound("draft_not_found", "没有找到该草稿"))
    visitor.sign_in("clerk")
    assert "没有找到该草稿" in visitor.get("/counter/610902-01?draft=nothing")[1]
