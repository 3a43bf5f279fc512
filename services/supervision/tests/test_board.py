"""The board counts what is over and due, and lists exactly what it counted (rules G02)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from kit.errors import Forbidden, Invalid
from kit.testing import MONDAY, actor
from kit.timestamps import to_timestamp
from kit.workdays import local_date, local_instant
from services.supervision import queries
from services.supervision.grpc_api import SupervisionApi
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.supervision.v1 import messages_pb2, service_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

SUPERVISOR = actor("supervisor")
TODAY = local_instant(local_date(MONDAY))
#: Instants around the two midnights that matter, and in which column each belongs.
DUE = [
    (MONDAY - timedelta(milliseconds=1), "overdue"),
    (MONDAY, "today"),
    (TODAY + timedelta(days=1, milliseconds=-1), "today"),
    (TODAY + timedelta(days=1), "tomorrow"),
    (TODAY + timedelta(days=2, milliseconds=-1), "tomorrow"),
    (TODAY + timedelta(days=2), "later"),
]


def case(
    bench: "Bench", id: str, due_at: datetime | None, department: str, item: str = "低保审核", window: str = ""
) -> None:
    made = approval.Case(
        id=id,
        number=f"610902-{id}",
        center_id="610902",
        item_name=item,
        department_key=department,
        state=approval.CASE_STATE_PAUSED if due_at is None else approval.CASE_STATE_IN_PROGRESS,
        accepted_at=to_timestamp(MONDAY - timedelta(days=9)),
        due_at=None if due_at is None else to_timestamp(due_at),
        version=1,
        window_number=window,
    )
    bench.deliver("approval_routing", approval_events.CaseOpened(case=made), id=f"event-{id}")


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    for number, (due_at, _) in enumerate(DUE):
        case(bench, f"c-{number}", due_at, "minzheng")
    case(bench, "c-9", MONDAY - timedelta(hours=1), "renshe", "社保卡申领", "07")
    case(bench, "c-paused", None, "minzheng")
    return SupervisionApi(bench.tower)


def board(bench: "Bench", api: SupervisionApi, by: str = "") -> messages_pb2.DeadlineBoard:
    with bench.by(SUPERVISOR):
        return api.GetDeadlineBoard(service_pb2.GetDeadlineBoardRequest(center_id="610902", by=by), None).board


def listed(bench: "Bench", api: SupervisionApi, **wanted: str) -> list[str]:
    with bench.by(SUPERVISOR):
        found = api.ListDue(service_pb2.ListDueRequest(center_id="610902", **wanted), None)
    return [watch.subject_id for watch in found.watches]


def test_what_is_over_today_and_tomorrow_is_told_apart_to_the_millisecond(bench: "Bench", api: SupervisionApi) -> None:
    found = board(bench, api)
    assert [(row.department_key, row.overdue, row.today, row.tomorrow) for row in found.rows] == [
        ("minzheng", 1, 2, 2),
        ("renshe", 1, 0, 0),
    ]
    assert (found.later, found.paused, found.truncated) == (1, 1, False)
    for column in ("overdue", "today", "tomorrow"):
        wanted = [f"c-{number}" for number, (_, where) in enumerate(DUE) if where == column]
        assert listed(bench, api, when=column, department_key="minzheng") == wanted


def test_rows_stand_for_departments_items_or_centers_and_add_up_to_the_same(
    bench: "Bench", api: SupervisionApi
) -> None:
    for by, names in (("item", {"低保审核", "社保卡申领"}), ("center", {""}), ("department", {""})):
        rows = board(bench, api, by).rows
        assert {row.title for row in rows} == names
        assert sum(row.overdue + row.today + row.tomorrow for row in rows) == len(listed(bench, api)) == 6
    assert listed(bench, api, title="社保卡申领") == ["c-9"]
    windows = {row.window: row.overdue + row.today + row.tomorrow for row in board(bench, api, "window").rows}
    assert windows == {"07": 1, "-": 5}
    assert listed(bench, api, window="07") == ["c-9"]
    assert len(listed(bench, api, window="-")) == 5
    assert listed(bench, api, at_center="610903") == []


def test_red_ones_are_counted_among_them(bench: "Bench", api: SupervisionApi) -> None:
    bench.sweep()
    for _ in range(2):
        bench.clock.advance(timedelta(minutes=2))
        bench.sweep()
    assert [(row.department_key, row.red) for row in board(bench, api).rows] == [("minzheng", 2), ("renshe", 1)]


def test_more_than_one_board_holds_is_said(
    bench: "Bench", api: SupervisionApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries.board, "MAX_DUE", 3)
    found = board(bench, api)
    assert found.truncated
    assert sum(row.overdue + row.today + row.tomorrow for row in found.rows) == 3


def test_it_is_for_those_who_work_for_the_center(bench: "Bench", api: SupervisionApi) -> None:
    elsewhere = actor("supervisor", center="610903")
    with bench.by(elsewhere), pytest.raises(Forbidden):
        api.GetDeadlineBoard(service_pb2.GetDeadlineBoardRequest(center_id="610902"), None)
    with bench.by(elsewhere), pytest.raises(Forbidden):
        api.ListDue(service_pb2.ListDueRequest(center_id="610902"), None)


def test_what_it_does_not_know_is_refused(bench: "Bench", api: SupervisionApi) -> None:
    with bench.by(SUPERVISOR):
        with pytest.raises(Invalid, match="board_unknown"):
            api.GetDeadlineBoard(service_pb2.GetDeadlineBoardRequest(center_id="610902", by="colour"), None)
        with pytest.raises(Invalid, match="when_unknown"):
            api.ListDue(service_pb2.ListDueRequest(center_id="610902", when="never"), None)
