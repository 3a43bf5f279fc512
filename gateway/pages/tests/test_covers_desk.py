"""The page of leave and delegation: one files, confirms and ends; whoever heads others sees theirs."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.approval_routing.v1 import messages_pb2 as messages
from tongban.approval_routing.v1 import service_pb2 as routing
from tongban.catalog.v1 import service_pb2 as catalog
from tongban.workforce.v1 import covers_pb2 as pb

COVER = pb.Cover(
    id="c-1",
    kind=pb.COVER_KIND_LEAVE,
    staff_id="staff-2",
    staff_name="样一",
    substitute_id="staff-1",
    substitute_name="样二",
    first_day="2026-11-24",
    last_day="2026-11-25",
    day_part=pb.DAY_PART_WHOLE,
    reason="公休",
    version=3,
)


@pytest.fixture(autouse=True)
def filed(site: FakeSite) -> None:
    site.answers("ListCovers", pb.ListCoversResponse(covers=[COVER]))
    site.answers("ListColleagues", pb.ListColleaguesResponse(colleagues=[pb.Colleague(id="staff-2", name="样一")]))


def test_who_stands_in_sees_for_whom_and_confirms_that_they_are_here(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("approver")
    text = visitor.get("/covers")[1]
    assert "我为 样一 顶岗" in text
    assert "备案</h2>" not in text
    assert visitor.post("/covers/c-1/confirm", version="3")[0] == 303
    (asked,) = site.asked_of("ConfirmCover")
    assert (asked.request.cover_id, asked.request.expected_version) == ("c-1", 3)


def test_the_center_hands_badges_out_and_says_how_somebody_stood_in(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    assert "顶岗管理" in visitor.get("/covers")[1]
    assert visitor.post("/covers/c-1/badge", number="临-01", version="3")[0] == 303
    assert visitor.post("/covers/c-1/badge/return", version="4")[0] == 303
    assert visitor.post("/covers/c-1/feedback", text="认真负责", version="5")[0] == 303
    asked = [site.asked_of(name)[0].request for name in ("IssueBadge", "ReturnBadge", "GiveStandInFeedback")]
    assert [each.expected_version for each in asked] == [3, 4, 5]
    assert (asked[0].number, asked[2].text) == ("临-01", "认真负责")


def test_a_chief_reads_the_year_and_manages_nothing(visitor: Visitor, site: FakeSite) -> None:
    said = pb.StandInFeedback(text="认真负责", by_name="何主任")
    rows = [pb.StandInRow(name="样二", covers=2, days=3.5, badges_out=1, feedback=[said])]
    site.answers("ListStandIns", pb.ListStandInsResponse(year=2026, rows=rows))
    visitor.sign_in("chief")
    text = visitor.get("/covers/year?year=2026")[1]
    assert "3.5" in text
    assert "认真负责" in text
    assert "顶岗管理" not in visitor.get("/covers")[1]
    assert visitor.post("/covers/c-1/badge", number="临-01", version="3")[0] == 403


def test_a_delegation_is_filed_once_however_often_it_is_sent(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("approver")
    fields = {
        "kind": "delegation",
        "substitute_id": "staff-2",
        "first_day": "2026-11-24",
        "reason": "外出开会",
        "idempotency_key": "once",
    }
    assert visitor.post("/covers", **fields)[0] == 303
    (asked,) = site.asked_of("FileCover")
    assert (asked.request.kind, asked.request.substitute_id, asked.idempotency_key) == (
        pb.COVER_KIND_DELEGATION,
        "staff-2",
        "once",
    )


def test_a_manager_sees_all_of_the_center_and_ends_any(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    text = visitor.get("/covers")[1]
    assert "全中心备案" in text
    assert "委托代办</span>" not in text
    assert visitor.post("/covers/c-1/end", version="3")[0] == 303
    assert site.asked_of("EndCover")[0].request.cover_id == "c-1"


def test_who_stands_in_works_on_what_the_other_has_taken(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("approver")
    step = messages.CaseStep(
        key="decide", name="决定", role="approver", state=messages.STEP_STATE_CLAIMED, assignee_id="staff-2",
        assignee_name="样一",
    )  # fmt: skip
    case = messages.Case(id="c-1", number="1", state=messages.CASE_STATE_IN_PROGRESS, steps=[step], version=2)
    site.answers("GetItem", catalog.GetItemResponse())
    site.answers("ExplainDeadline", routing.ExplainDeadlineResponse(case=case))
    site.answers("GetColleague", pb.GetColleagueResponse(colleague=pb.Colleague(id="staff-1")))
    assert "作出决定" not in visitor.get("/approval/cases/c-1")[1]
    covered = pb.Covered(staff_id="staff-2", name="样一")
    site.answers("GetColleague", pb.GetColleagueResponse(colleague=pb.Colleague(id="staff-1", covers=[covered])))
    text = visitor.get("/approval/cases/c-1")[1]
    assert "您正在为 样一 代办" in text
    assert "作出决定" in text
