"""What is on file, offered beside what is lacking, at the window and online; and one's own page of it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Unavailable
from tongban.certificates.v1 import messages_pb2 as holdings
from tongban.certificates.v1 import service_pb2 as certificates
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import reuse_pb2 as reuse
from tongban.intake.v1 import service_pb2 as intake

WINDOW = "/applications/a-1"
ONLINE = "/my/applications/code1"
CARD = messages.ApplicationMaterial(key="id-card", name="身份证", main=True, state=messages.MATERIAL_STATE_MISSING)


def has(site: FakeSite, *materials: messages.ApplicationMaterial, **changes: Any) -> None:
    fields: dict[str, Any] = {
        "id": "a-1",
        "number": "61090220261123001",
        "item_name": "食品经营许可",
        "state": messages.APPLICATION_STATE_RECEIVED,
        "materials": materials or (CARD,),
        "version": 3,
    }
    application = messages.Application(**(fields | changes))
    site.answers("GetApplication", intake.GetApplicationResponse(application=application))


def offers(site: FakeSite, **changes: Any) -> None:
    fields: dict[str, Any] = {
        "material_key": "id-card",
        "holding_id": "h-1",
        "name": "身份证",
        "trust": "B",
        "case_number": "61090220261120009",
        "valid_until": "2027-11-20",
    }
    offer = reuse.ReusableMaterial(**(fields | changes))
    site.answers("ListReusableMaterials", reuse.ListReusableMaterialsResponse(offers=[offer]))


def test_a_window_is_offered_what_is_on_file_and_takes_it(visitor: Visitor, site: FakeSite) -> None:
    has(site)
    offers(site)
    visitor.sign_in("clerk")
    text = visitor.get(WINDOW)[1]
    assert "可直接使用" in text
    assert "已核验原件" not in text
    assert visitor.post(f"{WINDOW}/materials/id-card/reuse", version="3", holding="h-1")[0] == 303
    (asked,) = site.asked_of("ReuseMaterial")
    sent = asked.request
    assert (sent.application_id, sent.material_key, sent.holding_id, sent.expected_version) == (
        "a-1",
        "id-card",
        "h-1",
        3,
    )
    assert not sent.original_seen


def test_an_upload_asks_the_window_for_its_original(visitor: Visitor, site: FakeSite) -> None:
    has(site)
    offers(site, trust="C", needs_original=True)
    visitor.sign_in("clerk")
    text = visitor.get(WINDOW)[1]
    assert "需核验原件" in text
    visitor.post(f"{WINDOW}/materials/id-card/reuse", version="3", holding="h-1", original_seen="yes")
    assert site.asked_of("ReuseMaterial")[0].request.original_seen


def test_an_applicant_takes_their_own_online(visitor: Visitor, site: FakeSite) -> None:
    has(site)
    offers(site, trust="C", needs_original=True)
    visitor.sign_in_as_citizen()
    text = visitor.get(ONLINE)[1]
    assert "需核验原件" in text
    assert "已核验原件" not in text
    assert visitor.post(f"{ONLINE}/materials/id-card/reuse", version="3", holding="h-1")[0] == 303
    assert site.asked_of("ReuseMaterial")[0].request.code == "code1"


@pytest.mark.parametrize("down", ["library", "intake"])
def test_a_page_says_that_the_library_is_down_and_goes_on(visitor: Visitor, site: FakeSite, down: str) -> None:
    has(site)
    answer = reuse.ListReusableMaterialsResponse(library_down=True)
    site.answers(
        "ListReusableMaterials", answer if down == "library" else Unavailable("service_unavailable", "请稍后。")
    )
    visitor.sign_in("clerk")
    status, text = visitor.get(WINDOW)
    assert status == 200
    assert "证照和材料库暂时不可用" in text


def test_what_stands_for_a_material_is_shown_with_where_it_came_from(visitor: Visitor, site: FakeSite) -> None:
    taken = messages.ApplicationMaterial()
    taken.CopyFrom(CARD)
    taken.state = messages.MATERIAL_STATE_HANDED_IN
    taken.reuse.name, taken.reuse.trust, taken.reuse.case_number = "身份证", "B", "61090220261120009"
    taken.reuse.end_reason = "查实系伪造"
    has(site, taken)
    visitor.sign_in("clerk")
    text = visitor.get(WINDOW)[1]
    assert "引用库中材料" in text
    assert "已失效：查实系伪造" in text
    assert not site.asked_of("ListReusableMaterials")


def test_nothing_is_asked_of_what_is_judged(visitor: Visitor, site: FakeSite) -> None:
    has(site, state=messages.APPLICATION_STATE_ACCEPTED)
    visitor.sign_in("clerk")
    visitor.get(WINDOW)
    assert not site.asked_of("ListReusableMaterials")


def test_a_citizen_reads_what_is_on_file_and_takes_it_off(visitor: Visitor, site: FakeSite) -> None:
    holding = holdings.Holding(
        id="h-1",
        name="身份证",
        trust=holdings.TRUST_LEVEL_B,
        state=holdings.HOLDING_STATE_VALID,
        origin=holdings.HOLDING_ORIGIN_MATERIAL,
        item_name="食品经营许可",
        uses=[holdings.HoldingUse(application_number="61090220261123001")],
    )
    site.answers("ListMyHoldings", certificates.ListMyHoldingsResponse(holdings=[holding]))
    look = holdings.HoldingLook(by_name="李窗口", purpose="办理申请 61090220261123001", shown=["身份证"])
    site.answers("ListHoldingLooks", certificates.ListHoldingLooksResponse(looks=[look]))
    visitor.sign_in_as_citizen()
    text = visitor.get("/my/holdings")[1]
    for words in ("B 级：窗口核验过原件", "李窗口", "办理申请 61090220261123001", "引用记录（1）", "从库中撤回"):
        assert words in text
    assert visitor.post("/my/holdings/h-1/withdraw")[0] == 303
    assert site.asked_of("WithdrawHolding")[0].request.holding_id == "h-1"


def test_nobody_signed_in_reads_anybodys(visitor: Visitor, site: FakeSite) -> None:
    visitor.get("/my/holdings")
    assert not site.asked_of("ListMyHoldings")
