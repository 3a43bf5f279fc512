"""The one extension of a case: by whom, how long, in time, reviewed or told, with its notice (许可法 42; rules F04, ZZ15)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kit.actor import PUBLIC
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.workdays import Limit, Unit, local_text
from reference.model import Cooperation
from reference.papers.testing import words
from reference.testing import CENTER_ID, sample_item
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.extension import ApprovalLevel, ExtensionState
from services.approval_routing.queries.cases import Scope, list_cases
from services.approval_routing.queries.papers import get_clock_notice
from services.approval_routing.tests.approval_office import APPROVER, CLERK, MANAGER, REVIEWER, Bench, MakeBench
from tongban.approval_routing.v1 import events_pb2

TOLD_ONLY = {"extension_requires_approval": False}


def dates(case: Case) -> tuple[str, str]:
    """The promised and the legal end."""
    assert case.due_at is not None
    assert case.statutory_due_at is not None
    return local_text(case.due_at)[:10], local_text(case.statutory_due_at)[:10]


@pytest.fixture
def telling(make_bench: MakeBench) -> Bench:
    """An office of a center that is only told of extensions (002)."""
    return make_bench(TOLD_ONLY)


def test_an_extension_waits_for_the_center_and_then_moves_both_ends_with_a_notice(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    assert dates(case) == ("2026-12-07", "2026-12-21")
    asked = bench.extend(case)
    assert (dates(asked), asked.extensions[0].state) == (dates(case), ExtensionState.REQUESTED)
    bench.pass_time(days=1)
    granted = bench.review(case, opinion="情况属实")
    assert dates(granted) == ("2026-12-21", "2027-01-05")
    [extension] = granted.extensions
    assert (extension.reviewed_by_id, extension.level) == ("manager-1", ApprovalLevel.AGENCY_HEAD)
    assert extension.notice is not None
    assert extension.notice.number == "610902延〔2026〕000001号"
    assert extension.notice.old_due_at == case.due_at
    assert extension.notice.new_due_at == granted.due_at
    assert extension.notice.counted[1] == "2026-11-24 至 2026-11-27 计入第 1 至 4 日：工作日"
    assert bench.told()[-2:] == ["extension_requested", "case_extended"]
    told = events_pb2.CaseExtended.FromString(bench.events[-1].data).case
    assert told.due_at.ToDatetime(tzinfo=UTC) == granted.due_at


def test_where_the_center_is_only_told_it_holds_at_once(telling: Bench) -> None:
    extended = telling.extend(telling.claim(telling.opened()), amount=3)
    assert dates(extended) == ("2026-12-10", "2026-12-24")
    assert telling.told()[-1] == "case_extended"


def test_what_the_center_refuses_moves_nothing_and_may_be_asked_for_again(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.extend(case)
    refused = bench.review(case, granted=False, opinion="理由不充分")
    assert (dates(refused), refused.extensions[0].notice) == (dates(case), None)
    assert bench.told()[-1] == "extension_refused"
    bench.extend(case, amount=2)
    assert len(bench.review(case).extensions) == 2


def test_joint_items_are_extended_by_the_head_of_the_government(make_bench: MakeBench) -> None:
    bench = make_bench(items=[sample_item(cooperation=Cooperation.JOINT)])
    extended = bench.extend(bench.claim(bench.opened()))
    assert extended.extensions[0].level is ApprovalLevel.GOVERNMENT_HEAD


def test_a_promise_that_was_missed_stays_missed_and_only_the_laws_end_moves(telling: Bench) -> None:
    case = telling.claim(telling.opened())
    telling.pass_time(days=15)  # 2026-12-08: the promise is over, the law's limit isn't
    extended = telling.extend(case)
    assert dates(extended) == ("2026-12-07", "2027-01-05")
    [extension] = extended.extensions
    assert extension.notice is not None
    assert extension.notice.new_due_at == extended.statutory_due_at


def test_a_promise_in_another_unit_than_the_laws_stays_as_it_is(make_bench: MakeBench) -> None:
    bench = make_bench(TOLD_ONLY, items=[sample_item(promised_limit=Limit(12, Unit.CALENDAR_DAY))])
    case = bench.claim(bench.opened())
    extended = bench.extend(case)
    assert extended.due_at == case.due_at
    assert dates(extended)[1] == "2027-01-05"


def test_an_extension_during_a_special_procedure_holds_when_the_clock_goes_on(telling: Bench) -> None:
    case = telling.claim(telling.opened())
    telling.pause(case)
    telling.extend(case)
    telling.pass_time(days=1)
    # Monday and Tuesday are paused, so that the first counted day is Wednesday; ten and ten days from there.
    assert dates(telling.resume(case))[0] == "2026-12-22"


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"amount": 0}, Invalid, "extension_amount_invalid"),
        ({"amount": -3}, Invalid, "extension_amount_invalid"),
        ({"amount": 11}, Invalid, "extension_amount_invalid"),
        ({"amount": 2**31 - 1}, Invalid, "extension_amount_invalid"),
        ({"reason": "  "}, Invalid, "text_required"),
        ({"approved_by": ""}, Invalid, "text_required"),
        ({"who": APPROVER}, Forbidden, "step_not_yours"),
        ({"who": CLERK}, Forbidden, "step_not_yours"),
    ],
)
def test_an_extension_without_its_grounds_is_refused(
    telling: Bench, change: dict[str, Any], error: type[Exception], code: str
) -> None:
    case = telling.claim(telling.opened())
    with pytest.raises(error, match=code):
        telling.extend(case, **change)
    assert telling.now(case) == case


def test_a_case_is_extended_once_only(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.extend(case)
    with pytest.raises(Conflict, match="extension_pending"):
        bench.extend(case)
    granted = bench.review(case)
    with pytest.raises(Conflict, match="extension_already_granted"):
        bench.extend(case)
    with pytest.raises(Conflict, match="extension_not_requested"):
        bench.review(case)
    assert bench.now(case) == granted


def test_a_limit_that_has_run_out_is_not_extended_any_more(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.extend(case)
    bench.pass_time(days=29)
    with pytest.raises(Conflict, match="extension_too_late"):
        bench.review(case)
    bench.review(case, granted=False, opinion="已届满")
    with pytest.raises(Conflict, match="extension_too_late"):
        bench.extend(case)


@pytest.mark.parametrize(
    ("limit", "code"),
    [(None, "extension_not_of_item"), (Limit(10, Unit.CALENDAR_DAY), "extension_unit_differs")],
)
def test_an_item_that_gives_no_fitting_extension_has_none(
    make_bench: MakeBench, limit: Limit | None, code: str
) -> None:
    bench = make_bench(TOLD_ONLY, items=[sample_item(extension_limit=limit)])
    with pytest.raises(Conflict, match=code):
        bench.extend(bench.claim(bench.opened()))


def test_a_decided_case_is_neither_extended_nor_reviewed(bench: Bench) -> None:
    case = bench.at_last_step()
    bench.extend(case, APPROVER)
    bench.decide(case)
    with pytest.raises(Conflict, match="case_decided"):
        bench.review(case)
    with pytest.raises(Conflict, match="case_decided"):
        bench.extend(case, APPROVER)
    assert waiting(bench) == []


def waiting(bench: Bench) -> list[str]:
    found = list_cases(
        office=bench.office,
        call=bench.by(MANAGER),
        center_id=CENTER_ID,
        scope=Scope.EXTENSIONS,
        state=None,
        department_key="",
        limit=0,
        cursor="",
    )
    return [case.id for case in found.items]


def test_the_center_lists_the_extensions_that_wait_for_it(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.opened("a-2")
    assert waiting(bench) == []
    bench.extend(case)
    assert waiting(bench) == [case.id]
    bench.review(case)
    assert waiting(bench) == []


# ── Papers ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_notice_of_an_extension_says_why_by_whom_until_when_and_how_it_is_counted(telling: Bench) -> None:
    case = telling.claim(telling.opened(accepted_at=datetime(2026, 12, 18, 2, tzinfo=UTC)))
    [extension] = telling.extend(case).extensions
    assert extension.notice is not None
    number = extension.notice.number
    by_code = telling.by(PUBLIC)
    _, pdf = get_clock_notice(office=telling.office, call=by_code, case_id="", code=case.code, number=number)
    text = words(pdf)
    for expected in (
        "延长办理期限告知书",
        number,
        "需要向外地核实材料",
        "本行政机关负责人",
        "10个工作日",
        "暂定",
        "计入第",
        "张**",
    ):
        assert expected in text
    # Whatever the calendar says later, the paper stays as it was handed out.
    telling.pass_time(days=3)
    again = get_clock_notice(office=telling.office, call=by_code, case_id="", code=case.code, number=number)
    assert again == (number, pdf)


def test_a_stop_of_the_clock_has_its_written_notice(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    [pause] = bench.pause(case).pauses
    assert pause.notice is not None
    assert pause.notice.number == "610902特〔2026〕000001号"
    _, pdf = get_clock_notice(
        office=bench.office, call=bench.by(REVIEWER), case_id=case.id, code="", number=pause.notice.number
    )
    text = words(pdf)
    for expected in ("特别程序告知书", "专家评审", "组织专家评审", "5日", "张三丰"):
        assert expected in text
    with pytest.raises(NotFound, match="notice_not_found"):
        get_clock_notice(office=bench.office, call=bench.by(REVIEWER), case_id=case.id, code="", number="x")
