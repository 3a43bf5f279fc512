"""The operators' pages of lines to other sites: what is shown, who may act, what a refusal looks like."""

from __future__ import annotations

import io
import json

from gateway.auth import CSRF_FIELD
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


def anchored(site: FakeSite, *, done: bool = False) -> None:
    with_letters(site)
    site.answers("ListEvidence", relay.ListEvidenceResponse())
    anchor = reconcile_pb2.Anchor(link="l-1", from_site="610902.hanbin", sequence=4, digest=bytes(32), signature=b"s")
    site.answers("ReanchorLink", relay.ReanchorLinkResponse(anchor=anchor, done=done, set_aside=3 if done else 0))


def test_what_stands_still_is_filled_in_and_the_word_comes_as_a_file(visitor: Visitor, site: FakeSite) -> None:
    anchored(site)
    visitor.sign_in("admin")
    _, text = visitor.get("/relay/links/l-1")
    assert "/relay/links/l-1/anchor" in text
    _, text = visitor.get("/relay/links/l-1/anchor")
    assert '<option value="610902.hanbin" selected>' in text, "its own letters stand still"
    assert 'value="4"' in text
    status, content = visitor.post(
        "/relay/links/l-1/anchor/word",
        from_site="610902.hanbin",
        sequence="4",
        approved_by="王主任",
        reason="密钥被盗用",
    )
    assert status == 200
    assert json.loads(content)["link_anchor"]["sequence"] == "4"
    request = site.asked_of("ReanchorLink")[0].request
    assert (request.link_id, request.from_site, request.sequence) == ("l-1", "610902.hanbin", 4)
    assert (request.approved_by, request.reason, request.HasField("theirs")) == ("王主任", "密钥被盗用", False)


def test_the_other_ends_file_lets_it_go_on_and_another_file_does_not(visitor: Visitor, site: FakeSite) -> None:
    anchored(site, done=True)
    visitor.sign_in("admin")

    def take(content: bytes) -> tuple[int, str]:
        said = {CSRF_FIELD: visitor.csrf, "approved_by": "王主任", "reason": "电话商定"}
        data = {**said, "file": (io.BytesIO(content), "word.json")}
        answer = visitor.client.post("/relay/links/l-1/anchor/go-on", data=data, headers={"Accept": "text/html"})
        return answer.status_code, answer.headers.get("Location", "") or answer.get_data(as_text=True)

    word = {"link_anchor": {"link": "l-1", "from_site": "610902.hanbin", "sequence": "4"}}
    assert take(json.dumps(word).encode()) == (303, "/relay/links/l-1/anchor?done=link_goes_on")
    assert site.asked_of("ReanchorLink")[0].request.theirs.sequence == 4
    other = {"link_anchor": {**word["link_anchor"], "link": "l-2"}}
    for content in (b"", b"\xff\x00", b"[]", b"{}", json.dumps(other).encode(), b"[" * 5000, b"x" * 70_000):
        status, text = take(content)
        assert (status, text.count('aria-invalid="true"')) == (422, 1), content[:20]
    assert len(site.asked_of("ReanchorLink")) == 1


def test_evidence_is_listed_without_what_it_says(visitor: Visitor, site: FakeSite) -> None:
    anchored(site)
    envelope = messages_pb2.Envelope(
        sequence=5, letter=messages_pb2.Letter(id="letter-5", type="crossing.submitted", payload="张三".encode())
    )
    evidence = reconcile_pb2.Evidence(envelope=envelope, by="李主任", reason="电话商定")
    site.answers("ListEvidence", relay.ListEvidenceResponse(evidence=[evidence], next_cursor="next"))
    visitor.sign_in("admin")
    _, text = visitor.get("/relay/links/l-1/anchor")
    assert all(said in text for said in ("letter-5", "李主任", "电话商定", "cursor=next"))
    assert "张三" not in text


def test_a_manager_does_not_anchor(visitor: Visitor, site: FakeSite) -> None:
    anchored(site)
    visitor.sign_in("manager")
    assert visitor.get("/relay/links/l-1/anchor")[0] == 403
    assert "/relay/links/l-1/anchor" not in visitor.get("/relay/links/l-1")[1]
    assert visitor.post("/relay/links/l-1/anchor/word", from_site="x", sequence="1")[0] == 403
