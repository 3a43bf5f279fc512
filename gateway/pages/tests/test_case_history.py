"""The page of a case's history: every line in words, and whether anybody has tampered with it."""

from __future__ import annotations

from gateway.pages.approval.history import CHANGES
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.approval_routing.v1 import conduct_pb2, events_pb2
from tongban.approval_routing.v1 import messages_pb2 as messages

LINE = messages.HistoryLine(number=1, actor_name="样二", behalf="样一", what="StepPassed", hash="a" * 64)


def test_every_event_of_a_case_has_its_words() -> None:
    events = events_pb2.DESCRIPTOR.message_types_by_name.items()
    assert {name for name, event in events if "case" in event.fields_by_name} <= set(CHANGES)


def test_who_did_it_for_whom_is_shown_and_that_it_is_whole(visitor: Visitor, site: FakeSite) -> None:
    site.answers("GetCaseHistory", conduct_pb2.GetCaseHistoryResponse(lines=[LINE], intact=True))
    visitor.sign_in("reviewer")
    text = visitor.get("/approval/cases/c-1/history")[1]
    assert "样二（代样一）" in text
    assert "环节通过" in text
    assert "没有被改动" in text


def test_a_broken_chain_says_where(visitor: Visitor, site: FakeSite) -> None:
    site.answers("GetCaseHistory", conduct_pb2.GetCaseHistoryResponse(lines=[LINE], broken_at=1))
    visitor.sign_in("supervisor")
    text = visitor.get("/approval/cases/c-1/history")[1]
    assert "核验未通过：第 1 条记录" in text
