"""What can't be done is reported first and decided level by level (否定事项报备制; rules C18)."""

from typing import Any

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import actor
from reference.testing import CENTER_ID, DEPARTMENT, ITEM_ID
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.denial import DenialReport, DenialState
from services.intake.handlers.denials import answer_denial_report, file_denial_report
from services.intake.handlers.judge import refuse_application
from services.intake.queries.denials import list_denial_reports
from services.intake.tests.intake_hall import CLERK, Hall, MakeHall

CHIEF = actor("chief", id="staff-2", department=DEPARTMENT)
MANAGER = actor("manager", id="staff-3")


def filed(hall: Hall, who: Any = CLERK, **changes: Any) -> DenialReport:
    arguments: dict[str, Any] = {
        "center_id": CENTER_ID,
        "item_id": ITEM_ID,
        "application_id": "",
        "asked_for": "在居民楼内开办餐饮",
        "reason": "场所不符合条件",
        "basis": "",
    }
    return file_denial_report(desk=hall.desk, call=hall.by(who), **(arguments | changes))


def answered(
    hall: Hall, report: DenialReport, who: Any, *, agrees: bool = True, basis: str = "条例第十条"
) -> DenialReport:
    return answer_denial_report(
        desk=hall.desk,
        call=hall.by(who),
        report_id=report.id,
        agrees=agrees,
        said="同意" if agrees else "可以办理",
        basis=basis,
        expected_version=0,
    )


def refused(hall: Hall, application: Application) -> Application:
    return refuse_application(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        reason="场所不符合条件",
        basis="条例第十条",
        expected_version=0,
    )


def test_it_goes_up_the_levels_and_the_last_one_decides_with_grounds(hall: Hall) -> None:
    report = answered(hall, filed(hall), CHIEF)
    assert (report.state, report.level) == (DenialState.OPEN, "manager")
    with pytest.raises(Invalid, match="basis_required"):
        answered(hall, report, MANAGER, basis="")
    report = answered(hall, report, MANAGER)
    assert report.state is DenialState.CONFIRMED
    assert [opinion.level for opinion in report.opinions] == ["chief", "manager"]
    with pytest.raises(Conflict, match="report_decided"):
        answered(hall, report, actor("manager", id="staff-4"))
    assert hall.told() == ["denial_reported", "denial_report_answered", "denial_report_answered"]


def test_any_level_may_say_that_it_can_be_done(hall: Hall) -> None:
    assert answered(hall, filed(hall), CHIEF, agrees=False).state is DenialState.OVERTURNED


@pytest.mark.parametrize(
    "who",
    [MANAGER, actor("chief", id="staff-8", department="renli-shebao"), actor("chief", id="staff-8", center="610903")],
    ids=["a higher level before its turn", "another department", "another center"],
)
def test_only_the_level_whose_turn_it_is_answers(hall: Hall, who: Any) -> None:
    report = filed(hall)
    with pytest.raises(Forbidden):
        answered(hall, report, who)


def test_nobody_answers_twice_or_what_they_filed(hall: Hall) -> None:
    both = actor("chief", "manager", id="staff-2", department=DEPARTMENT)
    report = filed(hall, both)
    assert report.levels == ("manager",), "the level of whoever filed it is left out"
    with pytest.raises(Conflict, match="own_report"):
        answered(hall, report, both)
    second = answered(hall, filed(hall), both)
    with pytest.raises(Conflict, match="own_report"):
        answered(hall, second, both)


def test_of_two_at_one_level_the_second_is_told_that_it_has_gone_on(hall: Hall) -> None:
    report = filed(hall)
    answered(hall, report, CHIEF)
    with pytest.raises(Forbidden):
        answered(hall, report, actor("chief", id="staff-7", department=DEPARTMENT))


def test_levels_are_those_that_the_center_had_set_when_it_was_filed(make_hall: MakeHall) -> None:
    hall = make_hall({"denial_report_levels": ["supervisor"]})
    assert filed(hall).levels == ("supervisor",)


def test_where_the_center_wants_it_nothing_is_refused_without_a_confirmed_report(make_hall: MakeHall) -> None:
    hall = make_hall({"refusal_needs_report": True, "denial_report_levels": ["chief"]})
    application = hall.received()
    report = filed(hall, application_id=application.id)
    assert report.application_number == application.number
    with pytest.raises(Conflict, match="report_open"):
        filed(hall, application_id=application.id)
    with pytest.raises(Conflict, match="denial_report_missing"):
        refused(hall, application)
    answered(hall, report, CHIEF)
    assert refused(hall, application).state is ApplicationState.REFUSED


def test_whoever_works_on_a_case_files_on_it_and_nobody_of_another_department(hall: Hall) -> None:
    application = hall.received()
    approver = actor("approver", id="staff-9", department=DEPARTMENT)
    report = filed(hall, approver, application_id=application.id)
    assert report.filed_by.id == "staff-9"
    for stranger in (
        actor("approver", id="staff-8", department="renli-shebao"),
        actor("approver", id="staff-8", center="610903", department=DEPARTMENT),
    ):
        with pytest.raises(Forbidden):
            filed(hall, stranger, application_id=application.id)
    with pytest.raises(Forbidden):
        filed(hall, approver)


def test_the_reports_on_an_application_are_listed_newest_first(hall: Hall) -> None:
    application = hall.received()
    first = answered(hall, filed(hall, application_id=application.id), CHIEF, agrees=False)
    hall.pass_time(hours=1)
    second = filed(hall, application_id=application.id)
    filed(hall)
    found = list_denial_reports(
        desk=hall.desk,
        call=hall.by(),
        center_id=CENTER_ID,
        state=None,
        limit=1,
        cursor="",
        application_id=application.id,
    )
    assert [each.id for each in found.items] == [second.id, first.id]


def test_an_overturned_report_lets_nothing_be_refused(make_hall: MakeHall) -> None:
    hall = make_hall({"refusal_needs_report": True, "denial_report_levels": ["chief"]})
    application = hall.received()
    answered(hall, filed(hall, application_id=application.id), CHIEF, agrees=False)
    with pytest.raises(Conflict, match="denial_report_missing"):
        refused(hall, application)


def test_a_center_lists_its_own(hall: Hall) -> None:
    report = filed(hall)
    found = list_denial_reports(
        desk=hall.desk, call=hall.by(), center_id=CENTER_ID, state=DenialState.OPEN, limit=10, cursor=""
    )
    assert [each.id for each in found.items] == [report.id]
    with pytest.raises(Forbidden):
        list_denial_reports(desk=hall.desk, call=hall.by(), center_id="610903", state=None, limit=10, cursor="")
