"""What the pages of a case say of its clocks: every one explained, extensions, notices, dates that a calendar moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.approval_routing.v1 import licences_pb2
from tongban.approval_routing.v1 import messages_pb2 as routing
from tongban.approval_routing.v1 import service_pb2 as routing_rpc
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1 import service_pb2 as catalog_rpc

STAFF, CITIZEN = "/approval/cases/c-1", "/c/code"


def at(day: int, month: int = 12) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime(2026, month, day, 15, 59, tzinfo=UTC))
    return stamp


def answers(
    site: FakeSite,
    *,
    extensions: Sequence[routing.ClockExtension] = (),
    date_changes: Sequence[routing.DateChange] = (),
    **more: Any,
) -> None:
    """The case c-1, claimed by the visitor, of an item that may be extended by ten days."""
    step = routing.CaseStep(
        key="d", role="approver", department_key="gaj", state=routing.STEP_STATE_CLAIMED, assignee_id="staff-1"
    )
    state = routing.CASE_STATE_IN_PROGRESS
    case = routing.Case(id="c-1", state=state, current_step="d", steps=[step], due_at=at(7), **more)
    case.extensions.extend(extensions)
    case.date_changes.extend(date_changes)
    day = routing.ExplainedDay(date="2026-12-07", weekday="星期一", effect="counted", number=10, reason="工作日")
    clocks = [
        routing.ExplainedClock(kind="promised", title="承诺期限", due_at=at(7), days=[day]),
        routing.ExplainedClock(kind="statutory", title="法定期限", due_at=at(21), provisional=True, days=[day]),
    ]
    site.answers("ExplainDeadline", routing_rpc.ExplainDeadlineResponse(case=case, days=[day], clocks=clocks))
    limit = catalog.Limit(amount=10, unit=catalog.LIMIT_UNIT_WORKING_DAY)
    site.answers("GetItem", catalog_rpc.GetItemResponse(item=catalog.ServiceItem(id="i", extension_limit=limit)))


def extension(state: routing.ExtensionState.ValueType) -> routing.ClockExtension:
    notice = routing.ClockNotice(number="延〔2026〕1号") if state == routing.EXTENSION_STATE_GRANTED else None
    return routing.ClockExtension(
        state=state,
        amount=10,
        unit=catalog.LIMIT_UNIT_WORKING_DAY,
        reason="需向外地核实",
        approved_by="李局长",
        level=routing.APPROVAL_LEVEL_AGENCY_HEAD,
        notice=notice,
    )


@pytest.mark.parametrize("page", [STAFF, CITIZEN])
def test_each_clock_is_explained_and_says_whether_it_is_provisional(
    visitor: Visitor, site: FakeSite, page: str
) -> None:
    visitor.sign_in("approver")
    answers(site)
    text = visitor.get(page)[1]
    for expected in ("这个日期是怎么算出来的", "法定期限是怎么算出来的", "第 10 日", "暂定"):
        assert expected in text


@pytest.mark.parametrize("page", [STAFF, CITIZEN])
def test_a_date_that_a_calendar_moved_is_told_with_who_and_why(visitor: Visitor, site: FakeSite, page: str) -> None:
    visitor.sign_in("approver")
    change = routing.DateChange(
        at=at(1), changed_by="王主任", old_due_at=at(7), new_due_at=at(8), reason="工作日历更新为第 2 版"
    )
    answers(site, date_changes=[change])
    text = visitor.get(page)[1]
    for expected in ("因工作日历变化", "王主任", "工作日历更新为第 2 版"):
        assert expected in text


@pytest.mark.parametrize("page", [STAFF, CITIZEN])
def test_a_granted_extension_stands_with_its_reason_and_its_notice(visitor: Visitor, site: FakeSite, page: str) -> None:
    visitor.sign_in("approver")
    answers(site, extensions=[extension(routing.EXTENSION_STATE_GRANTED)])
    text = visitor.get(page)[1]
    for expected in ("需向外地核实", "李局长", "已延期", "告知书 延〔2026〕1号", "notice.pdf?number="):
        assert expected in text
    assert "申请延期" not in text


def test_an_extension_is_offered_until_there_is_one(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("approver")
    for states, offered in (
        ((), True),
        ((routing.EXTENSION_STATE_REFUSED,), True),
        ((routing.EXTENSION_STATE_REQUESTED,), False),
    ):
        answers(site, extensions=[extension(state) for state in states])
        text = visitor.get(STAFF)[1]
        assert ("申请延期（只能一次）" in text) is offered
        assert "审核延期申请" not in text


def test_an_extension_that_waits_is_reviewed_by_the_manager(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("manager")
    answers(site, extensions=[extension(routing.EXTENSION_STATE_REQUESTED)])
    assert "审核延期申请" in visitor.get(STAFF)[1]


@pytest.mark.parametrize(
    ("in_time", "deemed", "said"),
    [
        (True, False, "逾期未作决定的，视为准予延续"),
        (True, True, "依法视为准予延续"),
        (False, False, "已超过延续申请的期限"),
    ],
)
def test_the_page_of_a_renewal_says_what_the_law_gives(
    visitor: Visitor, site: FakeSite, in_time: bool, deemed: bool, said: str
) -> None:
    renewal = licences_pb2.CaseRenewal(number="证〔2025〕7号", valid_until="2026-12-31", in_time=in_time)
    if deemed:
        renewal.deemed_at.CopyFrom(at(31))
    answers(site, renewal=renewal)
    page = visitor.get(CITIZEN)[1]
    assert "证〔2025〕7号" in page
    assert said in page


def test_the_page_of_a_result_says_until_when_it_is_valid_and_by_when_to_renew_it(
    visitor: Visitor, site: FakeSite
) -> None:
    validity = licences_pb2.ResultValidity(valid_from="2026-12-07", valid_until="2030-12-06", apply_by="2030-11-06")
    result = routing.CaseResult(name="卫生许可证", number="证1", validity=validity)
    answers(site, result=result, decision=routing.Decision(outcome=routing.OUTCOME_APPROVED))
    page = visitor.get(CITIZEN)[1]
    assert "有效期 2026-12-07 至 2030-12-06" in page
    assert "2030-11-06" in page
