"""Lists of collected papers and papers that wait to be fetched, on pages (rules B08, C16)."""

from __future__ import annotations

import base64
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.intake.v1 import bundles_pb2 as bundles
from tongban.intake.v1 import hand_overs_pb2 as lists

LINE = lists.PaperListLine(
    application_id="a-1",
    application_number="6109022026112300001",
    material_key="form",
    material_name="申请书",
    originals=1,
    state=lists.PAPER_LINE_STATE_PENDING,
)
SHA = "0" * 64


def made(state: lists.PaperListState.ValueType, **changes: Any) -> lists.GetPaperListResponse:
    line = lists.PaperListLine()
    line.CopyFrom(LINE)
    line.state = changes.pop("found", line.state)
    return lists.GetPaperListResponse(
        list=lists.PaperList(id="l-1", number="交1号", state=state, lines=[line], list_sha256=SHA, version=2, **changes)
    )


def asked(site: FakeSite, method: str) -> Any:
    return next(each.request for each in site.asked if each.method == method)


def test_a_window_lists_what_waits_and_signs_the_hash_that_it_saw(visitor: Visitor, site: FakeSite) -> None:
    waiting = bundles.PaperBundle(application_id="a-1", department_key="d", item_name="样例事项", late=True)
    site.answers("ListWaitingPapers", bundles.ListWaitingPapersResponse(bundles=[waiting]))
    site.answers("DraftPaperList", lists.DraftPaperListResponse(list=made(lists.PAPER_LIST_STATE_DRAFT).list))
    site.answers("GetPaperList", made(lists.PAPER_LIST_STATE_DRAFT))
    visitor.sign_in("clerk")
    assert "已逾时" in visitor.get("/paper-lists")[1]
    visitor.post("/paper-lists", department="d", case="a-1")
    assert list(asked(site, "DraftPaperList").application_ids) == ["a-1"]
    assert "确认移交清单所列材料" in visitor.get("/paper-lists/l-1")[1]
    visitor.post("/paper-lists/l-1/give", version="2", list_sha256=SHA)
    assert asked(site, "GivePaperList").list_sha256 == SHA


def test_a_department_says_line_by_line_what_it_has_got(visitor: Visitor, site: FakeSite) -> None:
    site.answers("GetPaperList", made(lists.PAPER_LIST_STATE_GIVEN))
    visitor.sign_in("reviewer")
    visitor.post(
        "/paper-lists/l-1/receive", **{"version": "2", "list_sha256": SHA, "state-0": "missing", "note-0": "无"}
    )
    line = asked(site, "ReceivePaperList").lines[0]
    assert (line.material_key, line.state, line.note) == ("form", lists.PAPER_LINE_STATE_MISSING, "无")


def test_who_watches_settles_what_differed(visitor: Visitor, site: FakeSite) -> None:
    site.answers("GetPaperList", made(lists.PAPER_LIST_STATE_DIFFERING, found=lists.PAPER_LINE_STATE_MISSING))
    visitor.sign_in("supervisor")
    assert "登记处理" in visitor.get("/paper-lists/l-1")[1]
    visitor.post("/paper-lists/l-1/settle", **{"version": "2", "said": "已找到", "settlement-0": "accepted"})
    assert asked(site, "SettlePaperList").lines[0].settlement == lists.PAPER_LINE_SETTLEMENT_ACCEPTED


def test_the_board_of_who_watches_has_what_is_late_and_what_differs(visitor: Visitor, site: FakeSite) -> None:
    late = bundles.PaperBundle(application_id="a-1", item_name="样例事项", late=True)
    site.answers("ListWaitingPapers", bundles.ListWaitingPapersResponse(bundles=[late]))
    differing = made(lists.PAPER_LIST_STATE_DIFFERING).list
    site.answers("ListPaperLists", lists.ListPaperListsResponse(lists=[differing]))
    visitor.sign_in("supervisor")
    text = visitor.get("/supervision")[1]
    assert "逾时未交接" in text
    assert "清单 交1号" in text


def test_papers_are_fetched_with_what_was_drawn(visitor: Visitor, site: FakeSite) -> None:
    left = bundles.LeftPapers(place="2 号柜", since=Timestamp(seconds=1))
    bundle = bundles.PaperBundle(application_id="a-1", left=left, version=3)
    site.answers("GetPaperBundle", bundles.GetPaperBundleResponse(bundle=bundle))
    visitor.sign_in("clerk")
    assert "2 号柜" in visitor.get("/left-papers/a-1")[1]
    drawn = "data:image/png;base64," + base64.b64encode(b"picture").decode()
    visitor.post("/left-papers/a-1/fetch", version="3", fetched_by="张三丰", signature=drawn)
    assert asked(site, "FetchLeftPapers").signature == b"picture"
    assert "重新签名" in visitor.post("/left-papers/a-1/fetch", version="3", fetched_by="张三", signature="***")[1]


def test_the_page_of_a_code_says_what_is_to_be_fetched(visitor: Visitor, site: FakeSite) -> None:
    left = bundles.LeftPapers(place="2 号柜", since=Timestamp(seconds=1))
    site.answers("GetPaperBundle", bundles.GetPaperBundleResponse(bundle=bundles.PaperBundle(left=left)))
    assert "请取回材料" in visitor.get("/c/abc")[1]
