"""Measures on a page: the form that somebody gets is the one that they may use."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.supervision.v1 import accountability_pb2 as messages
from tongban.supervision.v1 import measure_requests_pb2 as measure_requests
from tongban.supervision.v1 import rules_pb2 as rules

PROPOSED, IMPOSED, ANSWERED, CLOSED = (
    messages.MEASURE_STATE_PROPOSED,
    messages.MEASURE_STATE_IMPOSED,
    messages.MEASURE_STATE_ANSWERED,
    messages.MEASURE_STATE_CLOSED,
)


def there_is(site: FakeSite, state: messages.MeasureState.ValueType, now: int = 3) -> None:
    measure = messages.AccountabilityMeasure(
        id="m-1",
        center_id="样例",
        department_key="d",
        person_id="somebody-else",
        person_name="李审查",
        sanction=rules.SANCTION_CRITICISM,
        points=3,
        threshold=3,
        state=state,
        version=4,
    )
    site.answers("GetMeasure", measure_requests.GetMeasureResponse(measure=measure, points_now=now))


@pytest.mark.parametrize(
    ("role", "state", "offered"),
    [
        ("supervisor", PROPOSED, {"decide"}),
        ("supervisor", IMPOSED, {"conclude"}),
        ("supervisor", ANSWERED, {"conclude"}),
        ("supervisor", CLOSED, {"conclude"}),
        ("manager", PROPOSED, set()),
        ("chief", IMPOSED, set()),
        ("clerk", IMPOSED, set()),
    ],
)
def test_who_gets_which_form(
    visitor: Visitor, site: FakeSite, role: str, state: messages.MeasureState.ValueType, offered: set[str]
) -> None:
    visitor.sign_in(role)
    there_is(site, state)
    text = visitor.get("/supervision/measures/m-1")[1]
    assert {act for act in ("decide", "answer", "conclude") if f"/measures/m-1/{act}" in text} == offered


def test_what_fell_below_its_threshold_is_said(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    there_is(site, IMPOSED, now=0)
    assert "已低于门槛" in visitor.get("/supervision/measures/m-1")[1]


def test_a_decision_is_sent_with_its_reason_and_the_version_that_was_seen(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    there_is(site, PROPOSED)
    assert visitor.post("/supervision/measures/m-1/decide", reason="查实", version="4")[0] == 422
    assert visitor.post("/supervision/measures/m-1/decide", imposed="yes", reason="查实", version="4")[0] == 303
    (asked,) = site.asked_of("DecideMeasure")
    assert (asked.request.imposed, asked.request.reason, asked.request.expected_version) == (True, "查实", 4)
