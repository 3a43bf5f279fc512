"""The operators' pages of lines to other sites: what is shown, who may act, what a refusal looks like."""

from __future__ import annotations

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Conflict, Invalid
from tongban.relay.v1 import messages_pb2, operating_pb2, reconcile_pb2, site_pb2
from tongban.relay.v1 import service_pb2 as relay

TRAFFIC = operating_pb2.Traffic(
    link_id="l-1",
    peer="510000.sichuan",
    peer_name="四川省政务服务大厅",
    direction=site_pb2.DIRECTION_PARTNER,
    state=site_pb2.LINK_STATE_ACTIVE,
    sent=9,
    acknowledged=4,
    backlog=5,
    via="partner",
    stops=[operating_pb2.Stop(outgoing=True, sequence=4, code="chain_forked")],
)
ASIDE = operating_pb2.LetterAside(
    letter_id="letter-1",
    type="crossing.submitted",
    origin="510000.sichuan",
    destination="610902.hanbin",
    state=messages_pb2.SETTLEMENT_SET_ASIDE,
    code="letter_not_allowed",
    message="链路不承载此类函件。",
)


def with_letters(site: FakeSite) -> None:
    site.answers("ListTraffic", relay.ListTrafficResponse(traffic=[TRAFFIC], aside=1, site="610902.hanbin"))
    site.answers("ListLettersAside", relay.ListLettersAsideResponse(letters=[ASIDE]))


def test_a_link_shows_what_waits_and_that_it_stands_still(visitor: Visitor, site: FakeSite) -> None:
    with_letters(site)
    visitor.sign_in("manager")
    _, text = visitor.get("/relay")
    for said in ("四川省政务服务大厅", "协作站点", "正常", "已停止", "协作接口", "有 1 封函件被搁置"):
        assert said in text
    _, text = visitor.get("/relay/links/l-1")
    assert "已写 9，对方已收 4，待收 5" in text
    assert "双方在第 4 封之后不一致" in text


def test_a_link_that_is_not_there_is_no_page(visitor: Visitor, site: FakeSite) -> None:
    with_letters(site)
    visitor.sign_in("manager")
    assert visitor.get("/relay/links/other")[0] == 404


def test_an_administrator_decides_with_a_reason(visitor: Visitor, site: FakeSite) -> None:
    with_letters(site)
    visitor.sign_in("admin")
    status, target = visitor.post("/relay/aside/letter-1/resend", reason=" 已放开该类函件 ")
    assert (status, target.partition("?")[2]) == (303, "done=letter_resent")
    request = site.asked_of("ResendLetter")[0].request
    assert (request.letter_id, request.reason) == ("letter-1", "已放开该类函件")
    assert visitor.post("/relay/aside/letter-1/refuse", reason="请走线下")[0] == 303


def test_a_manager_sees_and_does_not_decide(visitor: Visitor, site: FakeSite) -> None:
    with_letters(site)
    visitor.sign_in("manager")
    _, text = visitor.get("/relay/aside")
    assert "链路不承载此类函件。" in text
    assert "重新转交</button>" not in text
    assert visitor.post("/relay/aside/letter-1/refuse", reason="请走线下")[0] == 403
    assert not site.asked_of("RefuseLetter")


def test_a_refusal_is_shown_at_its_letter(visitor: Visitor, site: FakeSite) -> None:
    with_letters(site)
    visitor.sign_in("admin")
    site.answers("RefuseLetter", Invalid("reason_missing", "请填写理由。", field="reason"))
    status, text = visitor.post("/relay/aside/letter-1/refuse", reason="")
    assert (status, text.count('aria-invalid="true"')) == (422, 1)
    site.answers("ResendLetter", Conflict("letter_not_aside", "该函件没有被搁置，无需处理。"))
    assert visitor.post("/relay/aside/letter-1/resend", reason="再来")[0] == 409


def test_nobody_else_comes_in(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    assert visitor.get("/relay")[0] == 403


def test_reports_are_shown_and_a_comparison_is_asked_for(visitor: Visitor, site: FakeSite) -> None:
    with_letters(site)
    direction = reconcile_pb2.ReconcileDirection(
        way=reconcile_pb2.RECONCILE_WAY_IN, first=1, last=90, differing=2, mended=2
    )
    report = reconcile_pb2.ReconcileReport(id="r-1", link_id="l-1", agrees=True, directions=[direction])
    report.finished_at.seconds = 1
    site.answers("ListReconcileReports", relay.ListReconcileReportsResponse(reports=[report]))
    visitor.sign_in("admin")
    _, text = visitor.get("/relay/links/l-1")
    assert "来自对方：比对 1～90，相异 2，已补齐 2" in text
    assert "一致</span>" in text
    assert visitor.post("/relay/links/l-1/reconcile") == (303, "/relay/links/l-1?done=reconcile_asked")
    assert site.asked_of("ReconcileLink")[0].request.link_id == "l-1"
