"""A center's seals on pages (rules C02–C04, AA03)."""

from __future__ import annotations

import io

from gateway.auth import CSRF_FIELD
from gateway.pages.seals.views import KINDS
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from reference.papers.sealing import PAPER_KINDS
from reference.papers.testing import sample_png
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.catalog.v1 import seals_pb2 as catalog
from tongban.intake.v1 import papers_pb2 as intake_papers
from tongban.papers.v1 import messages_pb2 as papers

SEAL = catalog.Seal(
    id="s-1", center_id="610902", name="收件专用章", kinds=["receipt"], roles=["clerk"], image=sample_png(), version=3
)


def known(site: FakeSite) -> None:
    used = papers.SealedPaper(title="收件凭证", number="收1号", issued_by="王小窗", sha256="ab" * 32)
    site.answers("GetSeal", catalog.GetSealResponse(seal=SEAL))
    site.answers("ListSeals", catalog.ListSealsResponse(seals=[SEAL]))
    site.answers("RegisterSeal", catalog.RegisterSealResponse(seal=SEAL))
    site.answers("ListSealedPapers", intake_papers.ListSealedPapersResponse(papers=[used], next_cursor="more"))
    site.answers("ListSealedCasePapers", case_papers.ListSealedCasePapersResponse())


def test_the_manager_uploads_looks_and_withdraws(visitor: Visitor, site: FakeSite) -> None:
    known(site)
    visitor.sign_in("manager")
    assert "收件专用章" in visitor.get("/seals")[1]
    sent = {
        CSRF_FIELD: visitor.csrf,
        "name": "收件专用章",
        "kinds": ["receipt", "acceptance"],
        "roles": ["clerk"],
        "file": (io.BytesIO(sample_png()), "seal.png"),
    }
    answer = visitor.client.post("/seals", data=sent, headers={"Accept": "text/html"})
    assert answer.headers["Location"].startswith("/seals/s-1")
    asked = next(each.request for each in site.asked if each.method == "RegisterSeal")
    assert (list(asked.kinds), list(asked.roles), asked.image) == (["receipt", "acceptance"], ["clerk"], sample_png())
    text = visitor.get("/seals/s-1")[1]
    assert "收1号" in text
    assert "cursor=more" in text
    assert visitor.client.get("/seals/s-1/picture").data == sample_png()
    visitor.post("/seals/s-1/withdraw", version="3", reason="换发新章")
    withdrawn = next(each.request for each in site.asked if each.method == "WithdrawSeal")
    assert (withdrawn.reason, withdrawn.expected_version) == ("换发新章", 3)


def test_without_a_picture_it_says_so(visitor: Visitor, site: FakeSite) -> None:
    known(site)
    visitor.sign_in("manager")
    assert "没有选择文件" in visitor.post("/seals", name="收件专用章")[1]


def test_a_supervisor_only_looks(visitor: Visitor, site: FakeSite) -> None:
    known(site)
    visitor.sign_in("supervisor")
    assert "登记印章" not in visitor.get("/seals")[1]
    assert "停用原因" not in visitor.get("/seals/s-1")[1]
    assert visitor.post("/seals/s-1/withdraw", version="3", reason="换发新章")[0] == 403


def test_a_window_has_nothing_to_do_with_it(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    assert visitor.get("/seals")[0] == 403


def test_every_kind_of_paper_that_may_be_sealed_can_be_chosen() -> None:
    assert set(KINDS) == set(PAPER_KINDS)
