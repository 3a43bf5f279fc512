"""Applying online for another place: who may, what is asked of the services, what is refused on the page itself."""

from __future__ import annotations

import io

import pytest

from gateway.auth import CSRF_FIELD
from gateway.pages.tests.visitor import CITIZEN, Visitor
from gateway.testing import FakeSite
from kit.errors import NotFound
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import service_pb2 as federation

CODE = "3k9h2m7x4q8w1z5t6v0y2b4c8d"
ID = "01912345-0000-7000-8000-000000000001"
TERMS = messages.Terms(
    item_name="食品经营许可（新办）",
    handling_center_name="样例区政务服务中心",
    modes=[messages.MODE_FULLY_ONLINE, messages.MODE_COLLECT_FOR],
    materials=[messages.AgreedMaterial(key="form", name="申请书", main=True, form="original")],
    deliveries=["post", "electronic"],
)


@pytest.fixture(autouse=True)
def offered(site: FakeSite) -> None:
    items = [messages.OfferedItem(agreement_id="a-1", edition_id="e-1", terms=TERMS)]
    site.answers("ListOfferedItems", federation.ListOfferedItemsResponse(items=items))


def has(site: FakeSite, state: messages.CrossingState.ValueType, **more: object) -> None:
    crossing = messages.Crossing(
        id=ID,
        code=CODE,
        number="KY610902-2026-000001",
        side=messages.SIDE_COLLECTING,
        mode=messages.MODE_FULLY_ONLINE,
        state=state,
        version=4,
        materials=[messages.CollectedMaterial(key="form", name="申请书", main=True)],
        **more,  # type: ignore[arg-type]
    )
    for method, answer in (
        ("GetCrossing", federation.GetCrossingResponse(crossing=crossing)),
        ("OpenCrossing", federation.OpenCrossingResponse(crossing=crossing)),
    ):
        site.answers(method, answer)


def test_anybody_sees_what_is_needed_and_only_a_citizen_gets_the_form(visitor: Visitor) -> None:
    text = visitor.get("/online/610902/a-1")[1]
    assert "样例区政务服务中心" in text
    assert "申请书" in text
    assert "登录并申请" in text
    assert 'name="id_number"' not in text
    visitor.sign_in_as_citizen()
    assert 'name="id_number"' in visitor.get("/online/610902/a-1")[1]


def test_a_citizen_finds_what_they_signed_in_with_in_the_form_and_may_change_it(visitor: Visitor) -> None:
    visitor.sign_in_as_citizen()
    text = visitor.get("/online/610902/a-1")[1]
    for typed in CITIZEN.values():
        assert f'value="{typed}"' in text
    again = visitor.post("/online/610902/a-1", name="例知远", id_number="", delivery="")[1]
    assert CITIZEN["id_number"] not in again
    visitor.sign_in("clerk")
    assert CITIZEN["id_number"] not in visitor.get("/collecting/new/a-1?mode=fully_online")[1]


def test_a_clerk_is_led_to_the_window_s_form(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    assert "/collecting/new/a-1?mode=fully_online" in visitor.get("/online/610902/a-1")[1]
    visitor.post("/collecting/new/a-1", mode="fully_online", name="例云帆", identity_note="身份证", ticket="t-1")
    (asked,) = site.asked_of("OpenCrossing")
    assert asked.request.mode == messages.MODE_FULLY_ONLINE
    assert (asked.request.identity_note, asked.request.ticket_id) == ("身份证", "t-1")


def test_an_application_is_begun_with_what_was_typed(visitor: Visitor, site: FakeSite) -> None:
    has(site, messages.CROSSING_STATE_COLLECTING)
    visitor.sign_in_as_citizen()
    fields = {**CITIZEN, "id_type": "resident_id", "delivery": "post", "note": "急", "idempotency_key": "k-1"}
    status, target = visitor.post("/online/610902/a-1", **fields)
    assert (status, target.partition("?")[0]) == (303, f"/my/{CODE}")
    (asked,) = site.asked_of("OpenCrossing")
    assert (asked.request.mode, asked.request.agreement_id) == (messages.MODE_FULLY_ONLINE, "a-1")
    assert asked.request.form_json == '{"情况说明": "急"}'
    assert asked.idempotency_key == "k-1"


def test_it_is_sent_only_once_it_was_confirmed(visitor: Visitor, site: FakeSite) -> None:
    has(site, messages.CROSSING_STATE_COLLECTING)
    visitor.sign_in_as_citizen()
    status, text = visitor.post(f"/my/{CODE}/send", version="4")
    assert status == 422
    assert "勾选确认" in text
    assert not site.asked_of("SendCrossing")
    assert visitor.post(f"/my/{CODE}/send", version="4", confirmed="1")[0] == 303
    (asked,) = site.asked_of("SendCrossing")
    assert (asked.request.code, asked.request.expected_version) == (CODE, 4)


def test_its_holder_goes_on_with_it_by_its_id(visitor: Visitor, site: FakeSite) -> None:
    has(site, messages.CROSSING_STATE_COLLECTING)
    visitor.sign_in_as_citizen()
    assert visitor.get(f"/my/{ID}")[0] == 200
    assert (site.last.request.crossing_id, site.last.request.code) == (ID, "")


def test_a_scan_travels_with_its_material(visitor: Visitor, site: FakeSite) -> None:
    has(site, messages.CROSSING_STATE_COLLECTING)
    visitor.sign_in_as_citizen()
    data = {CSRF_FIELD: visitor.csrf, "file": (io.BytesIO(b"%PDF-1.7"), "申请书.pdf", "application/pdf")}
    response = visitor.client.post(f"/my/{CODE}/materials/form/upload", data=data, headers={"Accept": "text/html"})
    assert response.status_code == 303
    (asked,) = site.asked_of("UploadScan")
    header, *chunks = asked.request
    assert (header.header.code, header.header.material_key, header.header.filename) == (CODE, "form", "申请书.pdf")
    assert b"".join(each.chunk for each in chunks) == b"%PDF-1.7"


def test_what_a_notice_asks_for_is_uploaded_and_sent_from_here(visitor: Visitor, site: FakeSite) -> None:
    status = messages.CaseStatus(wanted=[messages.WantedMaterial(key="form", name="申请书", problem="缺签字")])
    has(site, messages.CROSSING_STATE_SUPPLEMENT_REQUESTED, status=status)
    site.answers("GetApplication", NotFound("application_not_found", "没有找到。"))
    assert f"/my/{CODE}" in visitor.get(f"/c/{CODE}")[1]
    visitor.sign_in_as_citizen()
    text = visitor.get(f"/my/{CODE}")[1]
    assert "缺签字" in text
    assert f"/my/{CODE}/materials/form/upload" in text
    assert f"/my/{CODE}/send" not in text
    visitor.post(f"/my/{CODE}/supplement", version="4")
    assert site.asked_of("SendCrossingSupplement")[0].request.code == CODE


def test_nobody_and_staff_have_no_applications_of_their_own(visitor: Visitor) -> None:
    response = visitor.client.get("/my", headers={"Accept": "text/html"})
    assert response.headers["Location"].startswith("/citizen/signin?next=")
    visitor.sign_in("clerk")
    assert visitor.get("/my")[0] == 403


def test_a_citizen_signs_in_with_the_code_that_the_demo_shows(visitor: Visitor) -> None:
    status, text = visitor.post("/citizen/signin", **CITIZEN, next="/my")
    assert status == 200
    code = text.partition('<strong class="big code">')[2].partition("<")[0]
    wrong = "000000" if code != "000000" else "111111"
    status, text = visitor.post("/citizen/session", **CITIZEN, code=wrong, next="/my")
    assert status == 401
    assert "验证码不正确" in text
    status, target = visitor.post("/citizen/session", **CITIZEN, code=code, next="/my")
    assert (status, target) == (303, "/my")
    assert visitor.get("/my")[0] == 200


@pytest.mark.parametrize(
    ("state", "forms"),
    [
        (messages.CROSSING_STATE_ARRIVED, ("offer",)),
        (messages.CROSSING_STATE_OFFERED, ("take", "decline")),
        (messages.CROSSING_STATE_DECIDED, ("result",)),
        (messages.CROSSING_STATE_ACCEPTED, ()),
    ],
)
def test_the_owner_hands_over_what_it_has_not_judged_and_gives_the_result_of_what_it_has(
    visitor: Visitor, site: FakeSite, state: messages.CrossingState.ValueType, forms: tuple[str, ...]
) -> None:
    crossing = messages.Crossing(id=ID, side=messages.SIDE_HANDLING, state=state, version=2)
    site.answers("GetCrossing", federation.GetCrossingResponse(crossing=crossing))
    visitor.sign_in("chief")
    text = visitor.get(f"/collecting/{ID}")[1]
    offered = [each for each in ("offer", "ask-back", "take", "decline", "result") if f'/{ID}/{each}"' in text]
    assert offered == [*forms]


def test_a_crossing_is_offered_to_the_site_that_it_belongs_to(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    visitor.post(f"/collecting/{ID}/offer", site="511600.guangan", center_id="511600", reason="市级权限", version="2")
    (asked,) = site.asked_of("OfferCrossing")
    assert (asked.request.site, asked.request.reason, asked.request.expected_version) == (
        "511600.guangan",
        "市级权限",
        2,
    )


def test_a_result_is_downloaded_by_whoever_is_signed_in(visitor: Visitor, site: FakeSite) -> None:
    status = messages.CaseStatus(result_file=messages.Scan(filename="许可证.pdf"))
    has(site, messages.CROSSING_STATE_ISSUED, status=status)
    visitor.sign_in_as_citizen()
    assert f"/api/v1/crossings/{ID}/result/file" in visitor.get(f"/my/{CODE}")[1]
