"""An accepted application becomes one case, however often and in whatever order its events come."""

from datetime import UTC, datetime

import pytest

from kit.clock import to_ms
from kit.errors import Invalid, Unavailable
from kit.events import Event
from kit.store.port import AlreadyApplied
from kit.testing import MONDAY
from kit.workdays import Limit, Unit, local_text
from reference import Step
from reference.testing import DEPARTMENT, immediate_item, sample_item
from services.approval_routing.domain.case import CaseState, StepState
from services.approval_routing.events import subscriptions
from services.approval_routing.tests.approval_office import Bench, MakeBench


def at(text: str) -> datetime:
    """A UTC time from ``2026-11-23T02:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_case_keeps_the_applications_id_and_the_item_versions_terms(bench: Bench) -> None:
    case = bench.opened()
    assert (case.id, case.journey, case.code, case.delivery) == ("a-1", "j-1", "code-a-1", "post")
    assert case.state is CaseState.IN_PROGRESS
    assert [(step.key, step.role, step.department_key, step.state) for step in case.steps] == [
        ("examine", "reviewer", DEPARTMENT, StepState.OPEN),
        ("confirm", "chief", DEPARTMENT, StepState.WAITING),
        ("decide", "approver", DEPARTMENT, StepState.WAITING),
    ]
    assert case.applicant_masked == "张**（990101********1230）"
    assert (case.result_name, case.licence) == ("食品经营许可证", True)
    assert bench.told() == ["case_opened"]
    assert to_ms(bench.events[0].at) == to_ms(MONDAY)


def test_both_clocks_run_from_the_acceptance_in_working_days(bench: Bench) -> None:
    case = bench.opened()
    assert case.due_at is not None
    assert case.statutory_due_at is not None
    assert local_text(case.due_at) == "2026-12-07 23:59"
    assert local_text(case.statutory_due_at) == "2026-12-21 23:59"
    assert not case.due_provisional


def test_a_clock_into_an_unpublished_year_is_provisional_and_never_an_error(bench: Bench) -> None:
    assert bench.opened(accepted_at=at("2026-12-20T02:00")).due_provisional
    assert bench.opened("a-2", accepted_at=at("2031-12-20T02:00")).due_provisional


@pytest.mark.parametrize(
    ("accepted_at", "due"),
    [
        ("2026-11-23T02:00", "2026-11-23 23:59"),  # Monday morning: the same day
        ("2026-11-23T09:30", "2026-11-24 23:59"),  # after hours: the next working day
        ("2026-11-28T02:00", "2026-11-30 23:59"),  # a Saturday
    ],
)
def test_an_immediate_case_is_due_the_same_day_or_the_next_working_day(
    make_bench: MakeBench, accepted_at: str, due: str
) -> None:
    item = immediate_item()
    bench = make_bench(items=[item])
    case = bench.opened(
        item_id=item.id, item_kind="immediate", department_key=item.department_key, accepted_at=at(accepted_at)
    )
    assert case.due_at is not None
    assert local_text(case.due_at) == due
    assert case.statutory_due_at is None


def test_an_item_promised_in_calendar_days_or_hours_is_counted_so(make_bench: MakeBench) -> None:
    for limit, due in ((Limit(5, Unit.CALENDAR_DAY), "2026-11-30 23:59"), (Limit(9, Unit.HOUR), "2026-11-24 12:00")):
        case = make_bench(items=[sample_item(promised_limit=limit, statutory_limit=None)]).opened()
        assert case.due_at is not None
        assert local_text(case.due_at) == due  # the fifth day is a Saturday, so Monday


def test_a_step_of_another_department_keeps_it(make_bench: MakeBench) -> None:
    steps = (Step("ask", "会签", "reviewer", "renli-shebao"), Step("decide", "决定", "approver"))
    case = make_bench(items=[sample_item(steps=steps)]).opened()
    assert [step.department_key for step in case.steps] == ["renli-shebao", DEPARTMENT]


def test_the_same_event_again_changes_nothing(bench: Bench) -> None:
    bench.opened(event="e-1")
    bench.claim(bench.now(bench.office.cases.get("a-1")))
    with pytest.raises(AlreadyApplied):
        bench.opened(event="e-1")
    assert bench.told() == ["case_opened", "step_claimed"]


def test_a_second_event_of_the_same_application_opens_no_second_case(bench: Bench) -> None:
    first = bench.opened(event="e-1")
    assert bench.opened(event="e-2") == first
    assert bench.told() == ["case_opened"]


def test_an_item_version_that_is_still_on_its_way_is_waited_for(bench: Bench) -> None:
    with pytest.raises(Unavailable, match="reference_not_ready"):
        bench.opened(item_version=2)
    assert bench.office.cases.find_by_id("a-1") is None


def test_a_center_whose_calendar_is_still_on_its_way_is_waited_for(bench: Bench) -> None:
    with pytest.raises(Unavailable, match="reference_not_ready"):
        bench.opened(center_id="610900")


def test_an_event_that_cannot_be_read_is_a_dead_letter_not_a_case(bench: Bench) -> None:
    event = Event("e-1", "tongban.intake.application_accepted.v1", "local/intake", "a", "j", MONDAY, b"\xff\xff")
    with pytest.raises(Invalid, match="event_undecodable"):
        bench.receive(event)


def test_events_of_other_types_are_passed_over(bench: Bench) -> None:
    bench.receive(Event("e-1", "tongban.intake.application_refused.v1", "local/intake", "a", "j", MONDAY, b""))
    assert bench.told() == []


def test_the_consumer_groups_are_named_for_what_they_do(bench: Bench) -> None:
    names = {each.group: tuple(each.topics) for each in subscriptions(bench.office)}
    assert names == {
        "approval_routing.crossings": ("tongban.federation.v1",),
        "approval_routing.cases": ("tongban.intake.v1",),
        "approval_routing.calendar": ("tongban.catalog.v1",),
        "approval_routing.tasks": ("tongban.approval_routing.v1",),
        "approval_routing.fees": ("tongban.fees.v1",),
        "approval_routing.licences": ("tongban.intake.v1", "tongban.approval_routing.v1"),
    }
