"""Reports that something can't be done, on pages (rules C18)."""

from __future__ import annotations

from typing import Any

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.intake.v1 import denials_pb2 as denials

REPORT = denials.DenialReport(
    id="r-1",
    asked_for="在居民楼内开办餐饮",
    levels=["chief", "manager"],
    level="chief",
    state=denials.DENIAL_STATE_OPEN,
    version=2,
)


def asked(site: FakeSite, method: str) -> Any:
    return next(each.request for each in site.asked if each.method == method)


def test_a_window_files_and_is_not_asked_for_an_opinion(visitor: Visitor, site: FakeSite) -> None:
    site.answers("GetDenialReport", denials.GetDenialReportResponse(report=REPORT))
    site.answers("FileDenialReport", denials.FileDenialReportResponse(report=REPORT))
    visitor.sign_in("clerk")
    assert "新报备" in visitor.get("/denials")[1]
    visitor.post("/denials/new", asked_for="在居民楼内开办餐饮", reason="场所不符合", application="a-1")
    assert asked(site, "FileDenialReport").application_id == "a-1"
    text = visitor.get("/denials/r-1")[1]
    assert "在居民楼内开办餐饮" in text
    assert "提交意见" not in text


def test_the_level_whose_turn_it_is_answers(visitor: Visitor, site: FakeSite) -> None:
    site.answers("GetDenialReport", denials.GetDenialReportResponse(report=REPORT))
    visitor.sign_in("chief")
    assert "同意，报上一级" in visitor.get("/denials/r-1")[1]
    assert "请选择" in visitor.post("/denials/r-1/answer", version="2", said="同意")[1]
    visitor.post("/denials/r-1/answer", version="2", said="同意", agrees="yes")
    sent = asked(site, "AnswerDenialReport")
    assert (sent.agrees, sent.said, sent.expected_version) == (True, "同意", 2)


def test_a_supervisor_sees_the_reports_of_the_center(visitor: Visitor, site: FakeSite) -> None:
    site.answers("ListDenialReports", denials.ListDenialReportsResponse(reports=[REPORT]))
    visitor.sign_in("supervisor")
    assert "在居民楼内开办餐饮" in visitor.get("/denials?state=all")[1]


def test_whoever_decides_files_on_the_case_and_finds_its_reports(visitor: Visitor, site: FakeSite) -> None:
    site.answers("ListDenialReports", denials.ListDenialReportsResponse(reports=[REPORT]))
    site.answers("FileDenialReport", denials.FileDenialReportResponse(report=REPORT))
    site.answers("GetDenialReport", denials.GetDenialReportResponse(report=REPORT))
    visitor.sign_in("approver")
    assert "新报备" not in visitor.get("/denials")[1]
    assert "新报备" in visitor.get("/denials?application=a-1")[1]
    assert [each.request.application_id for each in site.asked if each.method == "ListDenialReports"] == ["", "a-1"]
    visitor.post("/denials/new", asked_for="开办餐饮", reason="场所不符合", application="a-1")
    assert asked(site, "FileDenialReport").application_id == "a-1"
