"""Accepting, noticing, refusing, withdrawing, and what the clocks do by themselves."""

from collections.abc import Callable, Sequence

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.testing import MONDAY, actor
from kit.workdays import local_text
from reference.testing import immediate_item
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.material import Declared, MaterialState
from services.intake.domain.paper import PaperKind
from services.intake.handlers.judge import accept_application, refuse_application
from services.intake.handlers.materials import record_material
from services.intake.handlers.supplement import hand_in_supplement, request_supplement
from services.intake.handlers.withdraw import withdraw_application
from services.intake.tests.intake_hall import CITIZEN, CLERK, Hall, MakeHall
from tongban.intake.v1 import events_pb2

FAULTY = Declared("application-form", MaterialState.WRONG_FORM, "请使用 2026 年版申请书")
MENDED = Declared("application-form", MaterialState.HANDED_IN, originals=1)


def accept(hall: Hall, application: Application, who: Actor = CLERK, version: int = 0) -> Application:
    return accept_application(
        desk=hall.desk, call=hall.by(who), application_id=application.id, expected_version=version
    )


def notice(hall: Hall, application: Application, who: Actor = CLERK, version: int = 0) -> Application:
    return request_supplement(
        desk=hall.desk, call=hall.by(who), application_id=application.id, wants=[FAULTY], expected_version=version
    )


def hand_in(
    hall: Hall,
    application: Application,
    who: Actor = CLERK,
    code: str = "",
    declared: Sequence[Declared] = (MENDED,),
    version: int = 0,
) -> Application:
    return hand_in_supplement(
        desk=hall.desk,
        call=hall.by(who),
        application_id=application.id,
        code=code,
        declared=declared,
        expected_version=version,
    )


def refuse(
    hall: Hall,
    application: Application,
    who: Actor = CLERK,
    version: int = 0,
    *,
    reason: str = "不属于本中心受理范围",
    basis: str = "行政许可法第三十二条",
) -> Application:
    return refuse_application(
        desk=hall.desk,
        call=hall.by(who),
        application_id=application.id,
        reason=reason,
        basis=basis,
        expected_version=version,
    )


def withdraw(hall: Hall, application: Application, who: Actor = CLERK, code: str = "", version: int = 0) -> Application:
    return withdraw_application(
        desk=hall.desk,
        call=hall.by(who),
        application_id=application.id,
        code=code,
        reason="不办了",
        expected_version=version,
    )


def kinds(application: Application) -> list[PaperKind]:
    return [paper.kind for paper in application.papers]


def test_a_complete_application_is_accepted_with_its_notice(hall: Hall) -> None:
    application = accept(hall, hall.received())
    assert application.state is ApplicationState.ACCEPTED
    assert kinds(application) == [PaperKind.RECEIPT, PaperKind.ACCEPTANCE]
    fields = application.papers[1].fields
    assert (fields.limit, fields.delivery, fields.delivery_window) == ("10 个工作日", "window", "03")
    assert hall.told() == ["application_received", "application_accepted"]
    accepted = events_pb2.ApplicationAccepted.FromString(hall.events[1].data)
    assert not accepted.deemed
    assert accepted.application.accepted_at.ToMilliseconds() > 0


def test_an_incomplete_one_is_not_accepted_and_says_what_is_lacking(hall: Hall) -> None:
    application = hall.received(declared=[FAULTY])
    with pytest.raises(Conflict) as refused:
        accept(hall, application)
    assert (refused.value.code, refused.value.details["materials"]) == ("materials_incomplete", "申请书")
    assert hall.now(application) == application


def test_what_is_mended_on_the_spot_is_accepted(hall: Hall) -> None:
    application = hall.received(declared=[FAULTY])
    record_material(desk=hall.desk, call=hall.by(), application_id=application.id, declared=MENDED, expected_version=1)
    assert accept(hall, application).state is ApplicationState.ACCEPTED
    assert hall.told() == ["application_received", "material_recorded", "application_accepted"]


def test_a_center_may_spare_the_notice_of_an_immediate_item(make_hall: MakeHall) -> None:
    item = immediate_item()
    for spared, papers in ((True, [PaperKind.RECEIPT]), (False, [PaperKind.RECEIPT, PaperKind.ACCEPTANCE])):
        hall = make_hall({"accept_notice_for_immediate": not spared})
        hall.tickets.change("ticket-1", item_id=item.id)
        received = hall.received(item_id=item.id, declared=[Declared("id-card", MaterialState.HANDED_IN)])
        assert kinds(accept(hall, received)) == papers


@pytest.mark.parametrize(("on_spot", "since"), [(True, "2026-11-23 10:00"), (False, "2026-11-25 10:00")])
def test_a_late_acceptance_costs_the_center_that_accepts_on_the_spot(
    make_hall: MakeHall, on_spot: bool, since: str
) -> None:
    hall = make_hall({"accept_on_spot": on_spot})
    application = hall.received()
    hall.pass_time(days=2)
    accepted_at = accept(hall, application).accepted_at
    assert accepted_at is not None
    assert local_text(accepted_at) == since


def test_the_one_time_notice_names_all_and_says_until_when(hall: Hall) -> None:
    application = notice(hall, hall.received(declared=()))
    assert application.state is ApplicationState.SUPPLEMENT_REQUESTED
    paper = application.papers[-1]
    assert (paper.kind, paper.number) == (PaperKind.ONE_TIME_NOTICE, "610902告〔2026〕000001号")
    assert [(line.name, line.problem) for line in paper.fields.materials] == [("申请书", FAULTY.problem)]
    assert application.supplement_due_at is not None
    assert local_text(application.supplement_due_at) == "2027-01-19 23:59"
    assert hall.told()[-1] == "supplement_requested"


def test_there_is_one_notice_only(hall: Hall) -> None:
    application = notice(hall, hall.received())
    with pytest.raises(Conflict, match="notice_already_given"):
        notice(hall, application)
    hand_in(hall, application)
    with pytest.raises(Conflict, match="notice_already_given"):
        notice(hall, application)
    assert accept(hall, application).state is ApplicationState.ACCEPTED


def test_a_center_of_the_other_way_refuses_what_is_incomplete(make_hall: MakeHall) -> None:
    hall = make_hall({"incomplete_notice_kind": "refusal_notice"})
    application = hall.received(declared=[FAULTY])
    with pytest.raises(Conflict, match="incomplete_is_refused"):
        notice(hall, application)
    fields = refuse(hall, application).papers[-1].fields
    assert [line.problem for line in fields.materials] == [FAULTY.problem]


def test_the_applicant_hands_the_supplement_in_by_code_or_signed_in(hall: Hall) -> None:
    for signed_in in (True, False):
        application = notice(hall, hall.received())
        other = Actor("citizen:somebody-else", "", frozenset({"citizen"}))
        handed_in = (
            hand_in(hall, application, CITIZEN)
            if signed_in
            else hand_in(hall, application, other, code=application.code)
        )
        assert handed_in.state is ApplicationState.RECEIVED
        with pytest.raises(NotFound):
            hand_in(hall, application, other)


def test_a_citizen_does_not_judge_their_own_supplement(hall: Hall) -> None:
    application = notice(hall, hall.received())
    with pytest.raises(Invalid, match="material_state_not_allowed"):
        hand_in(hall, application, CITIZEN, declared=[FAULTY])


def test_a_refusal_gives_reason_basis_and_rights(hall: Hall) -> None:
    application = refuse(hall, hall.received())
    assert application.state is ApplicationState.REFUSED
    fields = application.papers[-1].fields
    assert fields.reason == "不属于本中心受理范围"
    assert "行政复议" in fields.rights
    assert "行政诉讼" in fields.rights
    assert hall.told()[-1] == "application_refused"


@pytest.mark.parametrize(("reason", "basis"), [(" ", "依据"), ("理由", ""), ("理" * 1001, "依据")])
def test_a_refusal_without_usable_reason_and_basis_is_not_issued(hall: Hall, reason: str, basis: str) -> None:
    application = hall.received()
    with pytest.raises(Invalid, match="text_"):
        refuse(hall, application, reason=reason, basis=basis)
    assert hall.now(application) == application


def test_the_applicant_or_the_window_takes_it_back_before_it_is_judged(hall: Hall) -> None:
    assert withdraw(hall, hall.received()).state is ApplicationState.WITHDRAWN
    own = withdraw(hall, hall.received(CITIZEN), CITIZEN)
    assert (own.state, own.withdrawal_reason) == (ApplicationState.WITHDRAWN, "不办了")
    with pytest.raises(Conflict, match="application_already_judged"):
        withdraw(hall, accept(hall, hall.received()))


Use = Callable[[Hall, Application, Actor], Application]
WINDOW_USES: dict[str, Use] = {
    "accept": accept,
    "notice": notice,
    "refuse": refuse,
    "record": lambda hall, it, who: record_material(
        desk=hall.desk, call=hall.by(who), application_id=it.id, declared=MENDED, expected_version=0
    ),
}


@pytest.mark.parametrize("use", WINDOW_USES)
@pytest.mark.parametrize("who", [CITIZEN, PUBLIC, actor("approver"), actor("clerk", center="610900")])
def test_only_the_window_of_the_center_judges(hall: Hall, use: str, who: Actor) -> None:
    application = hall.received()
    with pytest.raises(Forbidden):
        WINDOW_USES[use](hall, application, who)
    assert hall.now(application) == application


def test_a_stale_page_changes_nothing(hall: Hall) -> None:
    application = hall.received()
    for use in (accept, notice, refuse, withdraw):
        with pytest.raises(Stale):
            use(hall, application, version=9)
    assert hall.now(application) == application


def test_without_notice_in_time_the_law_accepts_from_the_receipt(hall: Hall) -> None:
    application = hall.received(declared=[])
    hall.pass_time(days=7, hours=13)
    assert hall.now(application).state is ApplicationState.RECEIVED  # Monday the 30th, 23:00: the last day
    hall.pass_time(hours=1)
    accepted = hall.now(application)
    assert (accepted.state, accepted.deemed, accepted.accepted_at) == (ApplicationState.ACCEPTED, True, MONDAY)
    assert kinds(accepted) == [PaperKind.RECEIPT, PaperKind.ACCEPTANCE]
    told = events_pb2.ApplicationAccepted.FromString(hall.events[-1].data)
    assert told.deemed
    assert told.application.accepted_at == told.application.received_at
    assert hall.events[-1].rules == "rules C08; 许可法 32"


def test_an_alarm_fires_once(hall: Hall) -> None:
    hall.received()
    hall.pass_time(days=30)
    assert hall.sweep() == 0
    assert hall.told().count("application_accepted") == 1


def test_a_judged_application_sleeps(hall: Hall) -> None:
    accept(hall, hall.received())
    refuse(hall, hall.received())
    withdraw(hall, hall.received())
    hall.pass_time(days=400)
    assert hall.told().count("application_accepted") == 1


def test_a_supplement_that_never_comes_is_refused_as_the_notice_said(hall: Hall) -> None:
    application = notice(hall, hall.received())
    hall.pass_time(days=60)
    refused = hall.now(application)
    assert refused.state is ApplicationState.REFUSED
    assert refused.refusal is not None
    assert "期限" in refused.refusal.reason
    assert refused.papers[-1].kind is PaperKind.REFUSAL


def test_a_center_may_wait_for_a_supplement_instead(make_hall: MakeHall) -> None:
    hall = make_hall({"supplement_lapse": "wait"})
    application = notice(hall, hall.received())
    hall.pass_time(days=400)
    assert hall.now(application).state is ApplicationState.SUPPLEMENT_REQUESTED
    assert hand_in(hall, application).state is ApplicationState.RECEIVED


def test_after_the_supplement_the_center_has_to_judge_in_time_again(hall: Hall) -> None:
    application = notice(hall, hall.received())
    hall.pass_time(days=1)
    handed_in_at = hand_in(hall, application).supplement_handed_in_at
    hall.pass_time(days=8)
    accepted = hall.now(application)
    assert (accepted.deemed, accepted.accepted_at) == (True, handed_in_at)
