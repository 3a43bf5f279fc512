"""Templates of papers on pages: edited, looked at as a sample, published, compared (issue: templates as data)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.pages.papers.template_fields import field_values
from gateway.pages.seals.views import KINDS
from gateway.pages.tests.visitor import Visitor
from gateway.routes.paper_templates import OF_CASES
from gateway.testing import FakeSite
from gateway.wire import build, plain_struct
from kit.errors import Invalid
from kit.testing import MONDAY
from reference.papers.layout import SHAPES
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.catalog.v1 import paper_editions_pb2 as pb
from tongban.intake.v1 import papers_pb2 as intake_papers

HELD = build(
    pb.PaperEdition,
    center_id="610902",
    kind="receipt",
    number=1,
    wording={"note": "旧说明"},
    layout={"margin_top": 25},
    edited_by="样一",
    published_by="样一",
    published_at=MONDAY,
    effective_from=MONDAY,
    reason="首次发布",
    version=2,
)
DRAFT = build(
    pb.PaperEdition,
    center_id="610902",
    kind="receipt",
    number=2,
    wording={"note": "新说明"},
    layout={"margin_top": 30, "labels": {"handled_by": "收件人员"}},
    edited_by="样二",
    edited_at=MONDAY,
    version=5,
)


def known(site: FakeSite, *editions: pb.PaperEdition) -> None:
    template = pb.PaperTemplate(kind="receipt", in_force=HELD, draft=DRAFT)
    site.answers("ListPaperTemplates", pb.ListPaperTemplatesResponse(templates=[template]))
    site.answers("ListPaperEditions", pb.ListPaperEditionsResponse(editions=editions or [DRAFT, HELD]))
    site.answers("DraftPaperEdition", pb.DraftPaperEditionResponse(edition=DRAFT))
    site.answers("PublishPaperEdition", pb.PublishPaperEditionResponse(edition=DRAFT))
    site.answers("GetPaperEdition", pb.GetPaperEditionResponse(edition=HELD))
    site.answers("PreviewPaper", intake_papers.PreviewPaperResponse(pdf=b"%PDF-1.7 sample"))
    site.answers("PreviewCasePaper", case_papers.PreviewCasePaperResponse(pdf=b"%PDF-1.7 case"))


def sent(**changes: str) -> dict[str, str]:
    return {**field_values("receipt", {"note": "新说明"}, {"margin_top": 30}), "version": "5", **changes}


def asked(site: FakeSite, method: str) -> Any:
    return next(each.request for each in site.asked if each.method == method)


def test_every_kind_has_a_name_and_somebody_who_prints_it() -> None:
    assert set(SHAPES) <= set(KINDS)
    assert set(OF_CASES) <= set(SHAPES)


def test_the_manager_sees_what_holds_and_edits_the_draft(visitor: Visitor, site: FakeSite) -> None:
    known(site)
    visitor.sign_in("manager")
    assert "第 1 版" in visitor.get("/paper-templates")[1]
    _, text = visitor.get("/paper-templates/receipt")
    for expected in ("发布第 2 版", "新说明", 'value="30"', 'value="收件人员"', "首次发布", "施行中", "拟订中"):
        assert expected in text
    status, target = visitor.post(
        "/paper-templates/receipt/draft", **sent(place_handled_by="4", place_complaint_phone="1")
    )
    assert (status, target.partition("?")[0]) == (303, "/paper-templates/receipt")
    wanted = asked(site, "DraftPaperEdition")
    assert (wanted.center_id, wanted.kind, wanted.expected_version) == ("610902", "receipt", 5)
    assert plain_struct(wanted.wording) == {"note": "新说明"}
    layout = plain_struct(wanted.layout)
    assert (layout["margin_top"], layout["rows"][0], layout["rows"][-1]) == (30, "complaint_phone", "handled_by")


def test_a_sample_is_shown_of_what_the_form_says_and_of_any_edition(visitor: Visitor, site: FakeSite) -> None:
    known(site)
    visitor.sign_in("manager")
    assert visitor.post("/paper-templates/receipt/preview", **sent(hide_signature="1"))[1] == "%PDF-1.7 sample"
    assert plain_struct(asked(site, "PreviewPaper").layout)["hidden"] == ["signature"]
    answer = visitor.client.get("/paper-templates/receipt/editions/1/sample.pdf")
    assert (answer.content_type, answer.data) == ("application/pdf", b"%PDF-1.7 sample")
    assert visitor.client.get("/paper-templates/denied/editions/0/sample.pdf").data == b"%PDF-1.7 case"


def test_it_is_published_for_a_day_with_a_reason(visitor: Visitor, site: FakeSite) -> None:
    known(site)
    visitor.sign_in("manager")
    visitor.post(
        "/paper-templates/receipt/publish", version="5", number="2", effective_on="2026-12-01", reason="统一格式"
    )
    wanted = asked(site, "PublishPaperEdition")
    assert (wanted.number, wanted.effective_on, wanted.reason, wanted.expected_version) == (
        2,
        "2026-12-01",
        "统一格式",
        5,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"margin_top": "宽"}, "“上边距”请填写数字"),
        ({"place_handled_by": "2"}, "有两行排在同一位置"),
    ],
    ids=["no number", "two in one place"],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    visitor: Visitor, site: FakeSite, changes: dict[str, str], said: str
) -> None:
    known(site)
    visitor.sign_in("manager")
    status, text = visitor.post("/paper-templates/receipt/draft", **sent(word_note="还没保存的", **changes))
    assert status == 422
    assert text.count(said) == 2, "above the form, and beside the field"
    assert "还没保存的" in text
    assert not [each for each in site.asked if each.method == "DraftPaperEdition"]


def test_a_refusal_of_the_service_stands_beside_its_field(visitor: Visitor, site: FakeSite) -> None:
    known(site)
    site.answers(
        "DraftPaperEdition",
        Invalid("layout_contradictory", "版式前后矛盾：表格字号大于正文字号，请更正。", field="table_size"),
    )
    visitor.sign_in("manager")
    _, text = visitor.post("/paper-templates/receipt/draft", **sent(table_size="13"))
    assert 'id="table_size-error"' in text


def test_editions_are_compared_item_by_item(visitor: Visitor, site: FakeSite) -> None:
    known(site)
    visitor.sign_in("manager")
    _, text = visitor.get("/paper-templates/receipt/compare?before=0&after=1")
    for expected in ("上边距", "20 毫米", "25 毫米", "旧说明"):
        assert expected in text
    assert "下边距" not in text


def test_nobody_else_has_to_do_with_it(visitor: Visitor, site: FakeSite) -> None:
    known(site)
    visitor.sign_in("clerk", "chief", "supervisor", "admin")
    assert visitor.get("/paper-templates")[0] == 403
    assert visitor.get("/paper-templates/receipt")[0] == 403
    assert visitor.post("/paper-templates/receipt/draft", **sent())[0] == 403
    assert visitor.post("/paper-templates/receipt/publish", version="5", number="2")[0] == 403


def test_a_kind_that_there_is_none_of_leads_back_to_the_list(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    assert visitor.get("/paper-templates/banknote")[0] == 303
    assert visitor.post("/paper-templates/banknote/draft")[0] == 404
