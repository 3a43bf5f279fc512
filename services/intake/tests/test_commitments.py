"""By commitment: told, chosen or refused, signed, verified, broken, appealed, repaired (告知承诺; rules D03–D05)."""

from dataclasses import replace
from typing import Any

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import actor
from reference import Commitment, Material
from reference.papers.testing import words
from reference.testing import CENTER_ID, DEPARTMENT, sample_item
from services.intake.domain.application import Application, ApplicationState, RefusalKind
from services.intake.domain.committing import LETTER_KEY
from services.intake.domain.material import Declared, MaterialState
from services.intake.domain.paper import PaperKind
from services.intake.domain.undertaking import CommitmentChoice, FindingResult, UndertakingState
from services.intake.handlers.commitments import (
    appeal_breach,
    choose_commitment,
    repair_breach,
    rule_on_breach,
    sign_commitment,
    verify_commitment,
)
from services.intake.handlers.judge import accept_application, refuse_application
from services.intake.handlers.materials import record_material
from services.intake.handlers.supplement import request_supplement
from services.intake.queries.applications import list_commitments
from services.intake.tests.intake_hall import CITIZEN, CLERK, Hall, MakeHall
from services.intake.tests.test_reading import pdf_of

LETTER = Commitment(
    laws="《公共场所卫生管理条例》第八条",
    conditions="室内空气质量合格",
    consequences="撤销许可决定",
    supervision="两个月内现场核查，电话 0915-0020000",
    breach="一般失信、严重失信",
    remedies="可以说明、申诉；整改后可以申请信用修复",
    correction_days=10,
    verification_days=20,
    waived=("plan",),
)
ITEM = sample_item(
    materials=(
        Material("application-form", "申请书"),
        Material("plan", "平面图"),
        Material("note", "说明", main=False),
    ),
    commitment=LETTER,
)
REVIEWER = actor("reviewer", id="staff-5", department=DEPARTMENT)
SUPERVISOR = actor("supervisor", id="staff-9")
CHOSEN, DECLINED = CommitmentChoice.CHOSEN, CommitmentChoice.DECLINED


@pytest.fixture
def hall(make_hall: MakeHall) -> Hall:
    return make_hall(items=[ITEM])


def signed(hall: Hall, **changes: Any) -> Application:
    application = hall.received(commitment=CHOSEN, **changes)
    return sign_commitment(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        code="",
        signed_by="张三丰",
        expected_version=0,
    )


def accepted(hall: Hall, application: Application | None = None) -> Application:
    application = application or signed(hall)
    return accept_application(desk=hall.desk, call=hall.by(), application_id=application.id, expected_version=0)


def verified(hall: Hall, application: Application, result: FindingResult, who: Any = REVIEWER) -> Application:
    return verify_commitment(
        desk=hall.desk,
        call=hall.by(who),
        application_id=application.id,
        result=result,
        said="通风管道未清洗",
        expected_version=0,
    )


def broken(hall: Hall) -> Application:
    return verified(hall, accepted(hall), FindingResult.FALSE)


def appealed(hall: Hall, application: Application) -> Application:
    return appeal_breach(
        desk=hall.desk,
        call=hall.by(CITIZEN),
        application_id=application.id,
        code="",
        text="已按要求清洗，有照片",
        expected_version=0,
    )


def ruled(hall: Hall, application: Application, *, upheld: bool, who: Any = SUPERVISOR) -> Application:
    return rule_on_breach(
        desk=hall.desk,
        call=hall.by(who),
        application_id=application.id,
        upheld=upheld,
        ruling="复核照片",
        expected_version=0,
    )


def listed(hall: Hall, state: UndertakingState) -> list[str]:
    found = list_commitments(desk=hall.desk, call=hall.by(), center_id=CENTER_ID, state=state, limit=10, cursor="")
    return [each.id for each in found.items]


def state_of(application: Application) -> UndertakingState:
    assert application.undertaking is not None
    return application.undertaking.state


def test_nobody_is_received_without_having_been_told_of_it(hall: Hall) -> None:
    with pytest.raises(Invalid, match="commitment_unanswered"):
        hall.received()


def test_it_is_not_offered_where_the_item_does_not_offer_it(make_hall: MakeHall) -> None:
    with pytest.raises(Invalid, match="commitment_not_offered"):
        make_hall().received(commitment=CHOSEN)


def test_who_refuses_it_applies_by_the_ordinary_procedure_with_all_materials(hall: Hall) -> None:
    application = hall.received(commitment=DECLINED)
    assert (application.commitment, application.undertaking) == (DECLINED, None)
    with pytest.raises(Conflict, match="materials_incomplete"):
        accepted(hall, application)


def test_the_letter_says_each_part_that_it_must(hall: Hall) -> None:
    application = hall.received(commitment=CHOSEN)
    letter = next(paper for paper in application.papers if paper.kind is PaperKind.COMMITMENT)
    texts = [part.text for part in letter.fields.parts]
    assert texts == [
        LETTER.laws,
        LETTER.conditions,
        LETTER.consequences,
        LETTER.supervision,
        LETTER.breach,
        LETTER.remedies,
    ]
    assert "20 个工作日" in letter.fields.limit
    assert "10 个工作日" in letter.fields.limit
    assert [line.name for line in letter.fields.materials] == ["平面图"]


@pytest.mark.parametrize(
    "lacking",
    ["laws", "conditions", "consequences", "supervision", "breach", "remedies", "correction_days", "verification_days"],
)
def test_a_letter_without_one_of_its_parts_is_not_issued(make_hall: MakeHall, lacking: str) -> None:
    changes: dict[str, Any] = {lacking: 0 if lacking.endswith("days") else ""}
    hall = make_hall(items=[replace(ITEM, commitment=replace(LETTER, **changes))])
    with pytest.raises(Invalid, match="commitment_letter_incomplete"):
        hall.received(commitment=CHOSEN)
    assert hall.told() == []


def test_it_is_accepted_on_the_signed_letter_without_what_that_waives(hall: Hall) -> None:
    application = hall.received(commitment=CHOSEN)
    with pytest.raises(Conflict, match="materials_incomplete"):
        accepted(hall, application)
    application = accepted(hall)
    assert application.state is ApplicationState.ACCEPTED
    assert state_of(application) is UndertakingState.VERIFYING
    letter = application.material(LETTER_KEY)
    assert letter is not None
    assert letter.originals == 1, "the signed paper is kept"
    assert listed(hall, UndertakingState.VERIFYING) == [application.id]


def test_a_letter_ticked_as_handed_in_is_still_to_be_signed(hall: Hall) -> None:
    declared = (Declared("application-form", MaterialState.HANDED_IN, originals=1),)
    application = hall.received(commitment=CHOSEN, declared=declared)
    record_material(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        declared=Declared(LETTER_KEY, MaterialState.HANDED_IN, originals=1),
        expected_version=0,
    )
    with pytest.raises(Conflict, match="commitment_unsigned"):
        accepted(hall, application)


def test_online_the_citizen_signs_as_who_they_signed_in_as(hall: Hall) -> None:
    application = hall.received(CITIZEN, commitment=CHOSEN)
    made = sign_commitment(
        desk=hall.desk,
        call=hall.by(CITIZEN),
        application_id=application.id,
        code="",
        signed_by="张三丰",
        expected_version=0,
    )
    assert state_of(made) is UndertakingState.SIGNED
    letter = made.material(LETTER_KEY)
    assert letter is not None
    assert (letter.state, letter.originals) == (MaterialState.HANDED_IN, 0)


def test_the_choice_may_be_changed_until_it_is_judged(hall: Hall) -> None:
    application = signed(hall)
    back = choose_commitment(
        desk=hall.desk, call=hall.by(), application_id=application.id, choice=DECLINED, expected_version=0
    )
    assert back.undertaking is None
    assert [material.key for material in back.materials] == ["application-form", "plan", "note"]
    assert not any(material.waived for material in back.materials)
    again = choose_commitment(
        desk=hall.desk, call=hall.by(), application_id=application.id, choice=CHOSEN, expected_version=0
    )
    assert state_of(again) is UndertakingState.OFFERED
    accepted(hall, signed(hall))
    with pytest.raises(Conflict, match="commitment_chosen"):
        choose_commitment(
            desk=hall.desk, call=hall.by(), application_id=application.id, choice=CHOSEN, expected_version=0
        )


def test_what_the_commitment_stands_for_cannot_be_asked_for(hall: Hall) -> None:
    application = hall.received(commitment=CHOSEN)
    with pytest.raises(Invalid, match="material_waived"):
        request_supplement(
            desk=hall.desk,
            call=hall.by(),
            application_id=application.id,
            wants=[Declared("plan", MaterialState.INCOMPLETE, "缺比例尺")],
            expected_version=0,
        )


def test_what_is_found_wanting_has_its_time_to_be_put_right(hall: Hall) -> None:
    application = verified(hall, accepted(hall), FindingResult.NOT_FULFILLED)
    assert state_of(application) is UndertakingState.CORRECTING
    notice = application.papers[-1]
    assert (notice.kind, notice.fields.reason) == (PaperKind.CORRECTION, "通风管道未清洗")
    assert listed(hall, UndertakingState.CORRECTING) == [application.id]
    with pytest.raises(Conflict, match="correction_period_running"):
        verified(hall, application, FindingResult.NOT_FULFILLED)
    assert state_of(verified(hall, application, FindingResult.FULFILLED)) is UndertakingState.KEPT


def test_what_is_not_put_right_goes_on_record_with_a_notice(hall: Hall) -> None:
    application = verified(hall, accepted(hall), FindingResult.NOT_FULFILLED)
    hall.pass_time(days=30)
    assert hall.told()[-1] == "commitment_overdue"
    application = verified(hall, application, FindingResult.NOT_FULFILLED)
    assert state_of(application) is UndertakingState.BROKEN
    notice = application.papers[-1]
    assert notice.kind is PaperKind.BREACH
    assert (notice.fields.basis, notice.fields.rights) == (LETTER.breach, LETTER.remedies)
    assert "不适用告知承诺" in notice.fields.consequence
    assert hall.told()[-2:] == ["commitment_verified", "breach_recorded"]


def test_that_nobody_verified_is_told_once(hall: Hall) -> None:
    accepted(hall)
    hall.pass_time(days=60)
    hall.pass_time(days=60)
    assert hall.told().count("commitment_overdue") == 1


def test_the_window_does_not_verify_what_it_took_in_nor_does_another_department(hall: Hall) -> None:
    application = accepted(hall)
    for who in (CLERK, actor("reviewer", department="renli-shebao")):
        with pytest.raises(Forbidden):
            verified(hall, application, FindingResult.FULFILLED, who)


def test_who_broke_one_applies_by_the_ordinary_procedure_for_the_time_that_the_center_sets(hall: Hall) -> None:
    broken(hall)
    with pytest.raises(Conflict, match="commitment_barred"):
        hall.received(commitment=CHOSEN)
    hall.received(commitment=DECLINED)
    hall.pass_time(days=366)
    hall.received(commitment=CHOSEN)


def test_a_center_may_bar_until_the_record_is_repaired(make_hall: MakeHall) -> None:
    hall = make_hall({"commitment_bar_days": 0}, items=[ITEM])
    application = broken(hall)
    hall.pass_time(days=4000)
    with pytest.raises(Conflict, match="commitment_barred"):
        hall.received(commitment=CHOSEN)
    repair_breach(
        desk=hall.desk, call=hall.by(SUPERVISOR), application_id=application.id, reason="已整改", expected_version=0
    )
    hall.received(commitment=CHOSEN)
    assert listed(hall, UndertakingState.BROKEN) == []


def test_a_breach_between_the_choice_and_the_acceptance_bars_too(hall: Hall) -> None:
    second = signed(hall)
    broken(hall)
    with pytest.raises(Conflict, match="commitment_barred"):
        accepted(hall, second)


def test_an_appeal_that_is_granted_revokes_the_record_and_both_texts_are_kept(hall: Hall) -> None:
    application = appealed(hall, broken(hall))
    with pytest.raises(Conflict, match="breach_appealed"):
        appealed(hall, application)
    revoked = ruled(hall, application, upheld=False)
    breach = revoked.undertaking.breach if revoked.undertaking else None
    assert breach is not None
    assert breach.appeal is not None
    assert (breach.appeal.text, breach.appeal.ruling) == ("已按要求清洗，有照片", "复核照片")
    assert not breach.stands
    hall.received(commitment=CHOSEN)
    with pytest.raises(Conflict, match="breach_not_found"):
        ruled(hall, application, upheld=True)


def test_an_appeal_that_is_not_granted_changes_nothing(hall: Hall) -> None:
    application = ruled(hall, appealed(hall, broken(hall)), upheld=True)
    assert listed(hall, UndertakingState.BROKEN) == [application.id]
    with pytest.raises(Conflict, match="no_breach_appeal"):
        ruled(hall, application, upheld=True)


def test_who_found_the_breach_does_not_rule_on_the_appeal(hall: Hall) -> None:
    both = actor("chief", "manager", id="staff-7", department=DEPARTMENT)
    application = verified(hall, accepted(hall), FindingResult.FALSE, both)
    with pytest.raises(Conflict, match="own_finding"):
        ruled(hall, appealed(hall, application), upheld=True, who=both)


def test_an_appeal_has_its_time(hall: Hall) -> None:
    application = broken(hall)
    hall.pass_time(days=90)
    with pytest.raises(Conflict, match="appeal_period_over"):
        appealed(hall, application)


def test_a_refused_application_leaves_nothing_to_verify(hall: Hall) -> None:
    application = signed(hall)
    refused = refuse_application(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        reason="不需要许可",
        basis="条例",
        expected_version=0,
        kind=RefusalKind.NOT_REQUIRED,
    )
    with pytest.raises(Conflict, match="nothing_to_verify"):
        verified(hall, refused, FindingResult.FULFILLED)
    hall.pass_time(days=100)
    assert "commitment_overdue" not in hall.told()


def test_its_three_papers_are_printed_with_all_that_they_must_say(hall: Hall) -> None:
    letter = words(pdf_of(hall, signed(hall), PaperKind.COMMITMENT))
    for part in (
        LETTER.laws,
        LETTER.conditions,
        LETTER.consequences,
        LETTER.supervision,
        LETTER.breach,
        LETTER.remedies,
    ):
        assert "".join(part.split()) in letter
    assert "下列材料无需提交：平面图" in letter
    correcting = verified(hall, accepted(hall), FindingResult.NOT_FULFILLED)
    asked = words(pdf_of(hall, correcting, PaperKind.CORRECTION))
    assert "通风管道未清洗" in asked
    record = words(pdf_of(hall, broken(hall), PaperKind.BREACH))
    for part in ("通风管道未清洗", LETTER.breach, LETTER.remedies, "申诉"):
        assert part in record
