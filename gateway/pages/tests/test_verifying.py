"""Anybody may find out whether a paper is genuine; the file that they compare isn't kept."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pytest

from gateway.auth import CSRF_FIELD
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import NotFound
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.intake.v1 import papers_pb2 as intake_papers
from tongban.papers.v1 import messages_pb2 as papers

OURS, CASES = f"{'a' * 26}n", f"{'a' * 26}r"


def told(**more: object) -> papers.VerifiedPaper:
    paper = papers.VerifiedPaper(
        title="受理通知书",
        number="受〔2026〕1 号",
        office="样例中心",
        holder="张*",
        standing=papers.PAPER_STANDING_VALID,
    )
    for name, value in more.items():
        setattr(paper, name, value)
    return paper


def answers(site: FakeSite, paper: papers.VerifiedPaper) -> None:
    site.answers("VerifyPaper", intake_papers.VerifyPaperResponse(paper=paper))
    site.answers("VerifyCasePaper", case_papers.VerifyCasePaperResponse(paper=paper))


@pytest.mark.parametrize(("code", "rpc"), [(OURS, "VerifyPaper"), (CASES, "VerifyCasePaper")])
def test_the_code_on_a_paper_asks_whoever_gave_it(visitor: Visitor, site: FakeSite, code: str, rpc: str) -> None:
    answers(site, told())
    status, text = visitor.get(f"/verify/{code.upper()}")
    assert (status, site.last.method, site.last.request.code) == (200, rpc, code)
    for said in ("真实有效", "受〔2026〕1 号", "样例中心", "张*"):
        assert said in text


def test_a_file_is_compared_by_its_hash_alone(visitor: Visitor, site: FakeSite) -> None:
    answers(site, told(match=papers.PAPER_MATCH_DIFFERENT))
    data = {CSRF_FIELD: visitor.csrf, "code": OURS, "file": (BytesIO(b"%PDF-1.7 forged"), "a.pdf")}
    text = visitor.client.post("/verify", data=data, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "与原件不一致" in text
    assert "真实有效" not in text
    assert site.last.request.sha256 == hashlib.sha256(b"%PDF-1.7 forged").hexdigest()


def test_a_file_without_a_code_is_looked_for_with_both_who_give_papers(visitor: Visitor, site: FakeSite) -> None:
    answers(site, told(match=papers.PAPER_MATCH_ORIGINAL))
    site.answers("VerifyPaper", NotFound("paper_unknown", "没有查到这份文书。"))
    data = {CSRF_FIELD: visitor.csrf, "file": (BytesIO(b"%PDF-1.7"), "a.pdf")}
    text = visitor.client.post("/verify", data=data, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "完全一致" in text
    assert [each.method for each in site.asked if each.method.startswith("Verify")] == [
        "VerifyPaper",
        "VerifyCasePaper",
    ]


def test_a_revoked_paper_says_so_with_its_reason(visitor: Visitor, site: FakeSite) -> None:
    answers(site, told(standing=papers.PAPER_STANDING_REVOKED, standing_reason="以欺骗手段取得"))
    _, text = visitor.get(f"/verify/{CASES}")
    assert "已撤销" in text
    assert "以欺骗手段取得" in text
    assert "真实有效" not in text


def test_nothing_to_verify_and_what_nobody_gave_are_said_beside_the_form(visitor: Visitor, site: FakeSite) -> None:
    status, text = visitor.post("/verify")
    assert (status, "请填写文书上的验真码" in text) == (422, True)
    site.answers("VerifyPaper", NotFound("paper_unknown", "没有查到这份文书，请核对文书上的验真码。"))
    status, text = visitor.post("/verify", code=OURS)
    assert (status, "没有查到这份文书" in text) == (404, True)


def test_a_further_print_goes_to_whoever_keeps_the_paper(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    site.answers("ReprintCasePaper", case_papers.ReprintCasePaperResponse(title="决定书", number="1", pdf=b"%PDF-1.7"))
    fields = {"paper_id": "a-1/decision", "reason": "遗失", "of_case": "1", "idempotency_key": "k-1"}
    status, _ = visitor.post("/applications/a-1/printed/reprint", **fields)
    assert status == 200
    (asked,) = site.asked_of("ReprintCasePaper")
    assert (asked.request.case_id, asked.request.paper_id, asked.idempotency_key) == ("a-1", "a-1/decision", "k-1")
