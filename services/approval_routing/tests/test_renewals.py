"""Results that expire: reminded of, renewed in time, or continued by the law (许可法 50)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from kit.actor import service_actor
from kit.alarms import Sweeper
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.testing import actor
from kit.workdays import local_date, local_instant
from reference import ItemResult
from reference.testing import CENTER_ID, sample_item
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.domain.licences import Licence, LicenceState
from services.approval_routing.domain.validity import validity
from services.approval_routing.handlers.licences import alarms
from services.approval_routing.licence_protos import licence_history
from services.approval_routing.queries.cases import explain_deadline
from services.approval_routing.queries.licences import LicenceFilter, get_licence, list_licences
from services.approval_routing.tests.approval_office import APPROVER, CHIEF, CLERK, Bench, MakeBench, accepted
from tongban.approval_routing.v1 import events_pb2

#: From 2026-11-23 on.
UNTIL, APPLY_BY = date(2027, 11, 22), date(2027, 10, 23)


@pytest.fixture
def office(make_bench: MakeBench) -> Bench:
    yearly = ItemResult("食品经营许可证", "licence", "1年", valid_months=12, renewal_field="licence")
    return make_bench(items=[sample_item(results=(yearly,), special_procedures=("expert_review",))])


def given(bench: Bench, id: str = "a-1", **changes: Any) -> Licence:
    bench.issue(finished(bench, bench.opened(id, **changes)))
    bench.catch_up()
    return bench.office.licences.get(id)


def finished(bench: Bench, case: Case, outcome: Outcome = Outcome.APPROVED) -> Case:
    bench.pass_step(bench.claim(case))
    bench.pass_step(bench.claim(case, CHIEF), CHIEF)
    bench.claim(case, APPROVER)
    return bench.decide(case, outcome=outcome, reason="条件已不具备", basis="食品经营许可办法")


def renewing(bench: Bench, on: date, id: str = "b-1", number: str = "", **changes: Any) -> Case:
    """An application for renewal that came on a day."""
    go_to(bench, on)
    named = number or bench.office.licences.get("a-1").number
    case = bench.opened(id, form_json=f'{{"licence": "{named}"}}', **changes)
    return bench.now(case)


def go_to(bench: Bench, on: date, minute: int = 600) -> None:
    bench.clock.advance(local_instant(on, minute) - bench.clock.now())


def sweep(bench: Bench) -> int:
    return Sweeper(alarms(bench.office), bench.clock, service_actor("approval_routing")).sweep()


def licence(bench: Bench, id: str = "a-1") -> Licence:
    return bench.office.licences.get(id)


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (date(2026, 11, 23), 12, date(2027, 11, 22)),
        (date(2026, 11, 23), 60, date(2031, 11, 22)),
        (date(2026, 1, 1), 12, date(2026, 12, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 28)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
    ],
)
def test_a_result_is_valid_to_the_day_before_its_like(first: date, months: int, last: date) -> None:
    found = validity(first, months, 30)
    assert found is not None
    assert (found.valid_from, found.valid_until, found.apply_by) == (first, last, last - timedelta(days=30))


def test_a_result_without_months_is_valid_without_an_end(make_bench: MakeBench) -> None:
    bench = make_bench()
    case = bench.issue(bench.approved())
    bench.catch_up()
    assert case.result is not None
    assert case.result.validity is None
    assert bench.office.licences.find_by_id(case.id) is None
    assert validity(date(2026, 1, 1), 120_000, 30) is None


def test_a_result_says_until_when_it_is_valid_and_its_holder_is_reminded(office: Bench) -> None:
    valid = given(office)
    assert (valid.valid_until, valid.validity.apply_by) == (UNTIL, APPLY_BY)
    go_to(office, APPLY_BY - timedelta(days=31))
    assert sweep(office) == 0
    go_to(office, APPLY_BY - timedelta(days=30))
    assert sweep(office) == 1
    told = events_pb2.LicenceExpiring.FromString(office.events[-1].data).licence
    assert (told.validity.apply_by, told.journey) == (APPLY_BY.isoformat(), "j-1")
    assert sweep(office) == 0


def test_an_item_or_a_center_may_have_another_time_to_apply(make_bench: MakeBench) -> None:
    results = (
        ItemResult("证", "licence", valid_months=12),
        ItemResult("证", "licence", valid_months=12, renewal_days=60),
    )
    leads = [
        (UNTIL - given(make_bench({"renewal_lead_days": 45}, items=[sample_item(results=(result,))])).validity.apply_by)
        for result in results
    ]
    assert [lead.days for lead in leads] == [45, 60]


def test_a_licence_shorter_than_its_reminder_has_none(make_bench: MakeBench) -> None:
    monthly = ItemResult("证", "licence", valid_months=1)
    bench = make_bench(items=[sample_item(results=(monthly,))])
    short = given(bench)
    assert short.remind_at is None
    go_to(bench, short.valid_until + timedelta(days=1), 0)
    assert sweep(bench) == 1
    assert bench.told()[-1] == "licence_expired"


def test_a_renewal_in_time_has_its_clock_and_follows_the_end_of_the_old_one(office: Bench) -> None:
    given(office)
    case = renewing(office, APPLY_BY)
    assert case.renewal is not None
    assert (case.renewal.in_time, case.renewal.valid_until) == (True, UNTIL)
    assert licence(office).renewal_case_id == case.id
    _, clocks = explain_deadline(office=office.office, call=office.by(CLERK), case_id=case.id, code="")
    [clock] = [each for each in clocks if each.kind == "renewal"]
    assert clock.deadline.due_at == case.renewal.decide_by
    assert (clock.deadline.due_on, clock.deadline.explain()[-1].on) == (UNTIL, UNTIL)
    office.issue(finished(office, case))
    office.catch_up()
    assert licence(office, "b-1").validity.valid_from == UNTIL + timedelta(days=1)
    old = licence(office)
    assert (old.state, old.followed_by) == (LicenceState.RENEWED, licence(office, "b-1").number)
    go_to(office, UNTIL + timedelta(days=1))
    assert sweep(office) == 0


def test_undecided_at_the_end_it_counts_as_granted_and_is_not_denied_any_more(office: Bench) -> None:
    given(office)
    case = renewing(office, APPLY_BY)
    assert local_date(office.clock.now()) == APPLY_BY
    office.pass_step(office.claim(case))
    office.pass_step(office.claim(case, CHIEF), CHIEF)
    office.claim(case, APPROVER)
    go_to(office, UNTIL + timedelta(days=1), 0)
    with pytest.raises(Conflict, match="renewal_deemed"):
        office.decide(case, outcome=Outcome.DENIED)  # before anybody has looked at the clock
    assert sweep(office) == 1
    assert office.told()[-2:] == ["renewal_deemed", "licence_continued"]
    deemed = office.now(case).renewal
    assert deemed is not None
    assert deemed.deemed_at == office.clock.now()
    with pytest.raises(Conflict, match="renewal_deemed"):
        office.decide(case, outcome=Outcome.DENIED)
    assert licence(office).state is LicenceState.CONTINUED
    office.issue(office.decide(case))
    office.catch_up()
    assert licence(office).state is LicenceState.RENEWED
    assert licence(office, "b-1").validity.valid_from == UNTIL + timedelta(days=1)


def test_a_special_procedure_does_not_hold_up_the_end(office: Bench) -> None:
    given(office)
    case = office.claim(renewing(office, APPLY_BY))
    office.pause(case)
    go_to(office, UNTIL + timedelta(days=1), 0)
    sweep(office)
    assert licence(office).state is LicenceState.CONTINUED


def test_a_renewal_that_comes_late_is_handled_and_nothing_is_deemed(office: Bench) -> None:
    given(office)
    case = renewing(office, APPLY_BY + timedelta(days=1))
    assert case.renewal is not None
    assert not case.renewal.in_time
    go_to(office, UNTIL + timedelta(days=1), 0)
    sweep(office)
    assert licence(office).state is LicenceState.EXPIRED
    assert office.now(case).renewal == case.renewal
    go_to(office, UNTIL + timedelta(days=9))
    office.issue(finished(office, case))
    office.catch_up()
    assert licence(office, "b-1").validity.valid_from == UNTIL + timedelta(days=9)


def test_a_late_renewal_that_is_refused_after_the_end_changes_nothing_more(office: Bench) -> None:
    given(office)
    case = renewing(office, APPLY_BY + timedelta(days=1))
    go_to(office, UNTIL + timedelta(days=2), 0)
    sweep(office)
    expired = licence(office)
    finished(office, case, Outcome.DENIED)
    office.catch_up()
    assert licence(office) == expired


def test_it_is_in_time_by_when_it_was_handed_in_not_by_when_it_was_accepted(office: Bench) -> None:
    given(office)
    go_to(office, APPLY_BY + timedelta(days=3))
    message_of = {"form_json": f'{{"licence": "{licence(office).number}"}}'}
    office.deliver("intake", _handed_in(office, "b-1", local_instant(APPLY_BY, 900), **message_of))
    renewal = office.office.cases.get("b-1").renewal
    assert renewal is not None
    assert renewal.in_time


def test_a_refused_renewal_may_be_applied_for_once_more(office: Bench) -> None:
    given(office)
    finished(office, renewing(office, APPLY_BY - timedelta(days=5)), Outcome.DENIED)
    office.catch_up()
    assert licence(office).renewal_case_id == ""
    again = renewing(office, APPLY_BY, "b-2")
    assert licence(office).renewal_case_id == again.id
    go_to(office, UNTIL + timedelta(days=1), 0)
    sweep(office)
    assert licence(office).state is LicenceState.CONTINUED


@pytest.mark.parametrize("number", ["没有这个号", "  ", "x" * 300])
def test_a_number_that_is_none_leaves_an_ordinary_case(office: Bench, number: str) -> None:
    given(office)
    assert renewing(office, APPLY_BY, number=number).renewal is None


def test_another_ones_licence_is_not_renewed(office: Bench) -> None:
    held = given(office)
    office.office.licences.save(replace(held, holder_masked="李**（990101********2345）"), [], office.by(CLERK))
    assert renewing(office, APPLY_BY).renewal is None
    assert licence(office).renewal_case_id == ""


def test_a_second_application_for_the_same_renewal_is_an_ordinary_case(office: Bench) -> None:
    given(office)
    first = renewing(office, APPLY_BY - timedelta(days=1))
    assert renewing(office, APPLY_BY, "b-2").renewal is None
    assert licence(office).renewal_case_id == first.id


def test_the_same_events_again_change_nothing(office: Bench) -> None:
    given(office)
    case = renewing(office, APPLY_BY)
    before = office.now(case), licence(office)
    office.catch_up()
    assert (office.now(case), licence(office)) == before


def test_a_center_lists_its_licences_as_they_end(office: Bench) -> None:
    given(office)
    office.pass_time(days=30)
    given(office, "a-2")

    assert listed(office) == ["a-1", "a-2"]
    assert listed(office, before="2027-11-23") == ["a-1"]
    with pytest.raises(Invalid, match="day_invalid"):
        listed(office, before="明年")
    with pytest.raises(Forbidden):
        listed(office, center="another")


def listed(
    office: Bench, center: str = CENTER_ID, state: LicenceState = LicenceState.VALID, **wanted: Any
) -> list[str]:
    found = list_licences(
        office=office.office,
        call=office.by(CLERK),
        center_id=center,
        state=state,
        wanted=LicenceFilter(**wanted),
        limit=0,
        cursor="",
    )
    return [each.id for each in found.items]


def test_licences_are_found_by_number_holder_item_and_expiry(office: Bench) -> None:
    first = given(office)
    given(office, "a-2")
    assert listed(office, words="张** 食品") == ["a-1", "a-2"]
    assert listed(office, words="李") == []
    assert listed(office, item_id=first.item_id) == ["a-1", "a-2"]
    assert listed(office, item_id="another") == []
    assert listed(office, state=LicenceState.ENDED, words=first.number) == ["a-1"], "a whole number, whatever its state"
    assert listed(office, state=LicenceState.ENDED, words=first.number[:-1]) == []


def test_what_must_be_applied_for_soon_is_listed_until_it_was(office: Bench) -> None:
    given(office)
    go_to(office, APPLY_BY - timedelta(days=31))
    assert listed(office, apply_within=30) == []
    go_to(office, APPLY_BY - timedelta(days=30))
    assert listed(office, apply_within=30) == ["a-1"]
    renewing(office, APPLY_BY)
    assert listed(office, apply_within=30) == []
    assert listed(office) == ["a-1"]


def test_one_is_read_with_the_case_that_gave_it_and_only_at_its_center(office: Bench) -> None:
    given(office)
    seen, case = get_licence(office=office.office, call=office.by(CLERK), licence_id="a-1")
    assert (seen.id, case.id) == ("a-1", "a-1")
    said = licence_history(seen, case)
    assert (said.licence.number, said.case_version) == (seen.number, case.version)
    assert said.issued_at.seconds
    for who, id, refused in ((actor("clerk", center="another"), "a-1", Forbidden), (CLERK, "none", NotFound)):
        with pytest.raises(refused):
            get_licence(office=office.office, call=office.by(who), licence_id=id)


def _handed_in(bench: Bench, id: str, at: datetime, **changes: Any) -> Any:
    message = accepted(id, bench.clock.now(), **changes)
    message.application.received_at.FromDatetime(at)
    return message


def test_a_case_at_its_end_is_still_open(office: Bench) -> None:
    given(office)
    case = renewing(office, APPLY_BY)
    go_to(office, UNTIL, 1439)
    assert sweep(office) == 1  # the reminder's turn, of which who has applied hears nothing
    assert office.told()[-1] != "licence_expiring"
    assert office.now(case).state is CaseState.IN_PROGRESS
    assert licence(office).state is LicenceState.VALID
