"""The desk of licences, over services that answer what a test wants."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Conflict
from tongban.approval_routing.v1 import certificates_pb2 as certificates
from tongban.approval_routing.v1 import conduct_pb2
from tongban.approval_routing.v1 import licences_pb2 as licences


def licence(state: str = "VALID", **changes: Any) -> licences.Licence:
    validity = licences.ResultValidity(valid_from="2026-11-23", valid_until="2027-11-22", apply_by="2027-10-23")
    return licences.Licence(
        id="c-1",
        number="证〔2026〕7号",
        name="食品经营许可证",
        center_id="610902",
        department_key="gaj",
        item_id="item-1",
        item_name="食品经营许可",
        holder_masked="张**（990101********1230）",
        validity=validity,
        state=licences.LicenceState.Value(f"LICENCE_STATE_{state}"),
        **changes,
    )


def has(site: FakeSite, found: licences.Licence, **beside: Any) -> None:
    site.answers("ListLicences", licences.ListLicencesResponse(licences=[found], next_cursor="next"))
    site.answers("GetLicence", licences.GetLicenceResponse(licence=found, case_version=4, **beside))


def test_what_must_be_applied_for_soon_is_a_list_of_its_own(site: FakeSite, visitor: Visitor) -> None:
    has(site, licence())
    visitor.sign_in("clerk")
    shown = visitor.get("/licences?state=due")[1]
    assert "证〔2026〕7号" in shown
    assert "2027-10-23" in shown
    (asked,) = site.asked_of("ListLicences")
    assert (asked.request.apply_within_days, asked.request.state) == (30, licences.LICENCE_STATE_VALID)


def test_a_search_is_asked_for_as_it_was_typed_and_goes_on_with_its_page(site: FakeSite, visitor: Visitor) -> None:
    has(site, licence())
    visitor.sign_in("supervisor")
    shown = visitor.get("/licences?state=expired&query=张&before=2027-12-31&item=item-1")[1]
    (asked,) = site.asked_of("ListLicences")
    wanted = asked.request
    assert (wanted.query, wanted.before, wanted.item_id) == ("张", "2027-12-31", "item-1")
    assert wanted.state == licences.LICENCE_STATE_EXPIRED
    assert "cursor=next" in shown


def test_one_tells_its_history_and_to_whom_it_isnt_theirs_nothing_to_end(site: FakeSite, visitor: Visitor) -> None:
    end = certificates.ResultEnd(kind=certificates.RESULT_END_KIND_REVOKED, reason="以欺骗手段取得", by_name="李处长")
    has(
        site,
        licence("ENDED"),
        ended=end,
        renews_id="c-0",
        renews_number="证〔2025〕1号",
        issued_at=Timestamp(seconds=1_790_000_000),
    )
    visitor.sign_in("clerk")
    shown = visitor.get("/licences/c-1")[1]
    for said in ("以欺骗手段取得", "李处长", "证〔2025〕1号"):
        assert said in shown
    assert "不能恢复" not in shown


def test_its_department_ends_it_with_reason_and_basis(site: FakeSite, visitor: Visitor) -> None:
    has(site, licence())
    site.answers("EndResult", conduct_pb2.EndResultResponse())
    visitor.sign_in("approver")
    assert "不能恢复" in visitor.get("/licences/c-1")[1]
    led = visitor.post("/licences/c-1/end", kind="revoked", reason="查明", basis="许可法69", version="4")[1]
    assert led == "/licences/c-1?done=result_ended"
    (asked,) = site.asked_of("EndResult")
    assert (asked.request.case_id, asked.request.kind, asked.request.expected_version) == (
        "c-1",
        certificates.RESULT_END_KIND_REVOKED,
        4,
    )


def test_a_refusal_is_told_on_the_page_of_the_licence(site: FakeSite, visitor: Visitor) -> None:
    has(site, licence())
    site.answers("EndResult", Conflict("result_ended", "证照已经撤销或者注销，不能重复办理。"))
    visitor.sign_in("chief")
    status, text = visitor.post("/licences/c-1/end", kind="cancelled", reason="查明", basis="许可法70", version="4")
    assert status == 409
    assert "不能重复办理" in text


@pytest.mark.parametrize("role", ["clerk", "reviewer", "supervisor", "manager"])
def test_nobody_else_ends_one(site: FakeSite, visitor: Visitor, role: str) -> None:
    has(site, licence())
    visitor.sign_in(role)
    assert visitor.post("/licences/c-1/end", kind="revoked", reason="查明", basis="法", version="4")[0] == 403
    assert not site.asked_of("EndResult")
