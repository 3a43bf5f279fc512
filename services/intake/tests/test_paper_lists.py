"""Collected papers go to departments by lists that both sides sign; what is left to be fetched is followed (B08, C16)."""

from datetime import timedelta
from typing import Any

import pytest

from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.store.port import Mark
from kit.testing import MONDAY, actor
from reference.papers.testing import words
from reference.testing import CENTER_ID, DEPARTMENT
from services.intake.domain import hand_over as lists
from services.intake.domain.application import Application
from services.intake.domain.bundle import Bundle
from services.intake.domain.hand_over import LineFinding, ListState, PaperList, Settlement
from services.intake.domain.material import Declared, MaterialState
from services.intake.handlers import hand_overs
from services.intake.handlers.bundles import (
    count_fetched,
    fetch_left_papers,
    follow_papers,
    hand_over_by,
    leave_papers,
)
from services.intake.handlers.judge import accept_application, refuse_application
from services.intake.handlers.originals import return_originals
from services.intake.queries import keeping
from services.intake.tests.intake_hall import CLERK, Hall

RECEIVER = actor("reviewer", id="staff-5", department=DEPARTMENT)
MANAGER = actor("manager", id="staff-6")
#: The smallest picture there is.
SIGNATURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe"
    "0def46b80000000049454e44ae426082"
)


def accepted(hall: Hall, originals: int = 2) -> Application:
    form = (Declared("application-form", MaterialState.HANDED_IN, originals=originals),)
    application = hall.received(declared=form)
    application = accept_application(desk=hall.desk, call=hall.by(), application_id=application.id, expected_version=0)
    followed(hall, application)
    return application


def followed(hall: Hall, application: Application) -> None:
    follow_papers(desk=hall.desk, call=hall.by(), application_id=application.id)


def bundle_of(hall: Hall, application: Application) -> Bundle:
    return hall.desk.bundles.get(application.id)


def drafted(hall: Hall, *applications: Application, **changes: Any) -> PaperList:
    arguments: dict[str, Any] = {
        "center_id": CENTER_ID,
        "department_key": DEPARTMENT,
        "application_ids": [each.id for each in applications],
    }
    return hand_overs.draft_list(desk=hall.desk, call=hall.by(), **(arguments | changes))


def given(hall: Hall, made: PaperList, who: Any = CLERK) -> PaperList:
    return hand_overs.give_list(
        desk=hall.desk, call=hall.by(who), list_id=made.id, list_sha256=made.list_sha256, expected_version=made.version
    )


def received(hall: Hall, made: PaperList, who: Any = RECEIVER, **states: LineFinding) -> PaperList:
    found = {
        (line.application_id, line.key): (states.get("all", LineFinding.RECEIVED), "少一份" if states else "")
        for line in made.lines
    }
    return hand_overs.receive_list(
        desk=hall.desk,
        call=hall.by(who),
        list_id=made.id,
        found=found,
        list_sha256=made.list_sha256,
        expected_version=made.version,
    )


def test_a_list_takes_what_waits_and_is_signed_by_both_sides(hall: Hall) -> None:
    first, second = accepted(hall), accepted(hall, originals=1)
    made = drafted(hall)
    assert sorted((line.application_number, line.originals) for line in made.lines) == [
        (first.number, 2),
        (second.number, 1),
    ]
    assert made.number.startswith(f"{CENTER_ID}交〔2026〕")
    signed = received(hall, given(hall, made))
    assert signed.state is ListState.RECEIVED
    assert (signed.given_by, signed.received_by) != (None, None)
    assert bundle_of(hall, first).waiting == ()
    assert hall.told()[-4:] == ["paper_list_given", "paper_list_received", "papers_handed_over", "papers_handed_over"]
    with pytest.raises(Invalid, match="nothing_to_hand_over"):
        drafted(hall)


def test_a_paper_is_never_on_two_open_lists(hall: Hall) -> None:
    application = accepted(hall)
    first = drafted(hall, application)
    second = drafted(hall, application)
    assert (len(first.lines), second.state, second.lines) == (1, ListState.WITHDRAWN, ())
    with pytest.raises(Conflict, match="papers_listed"):
        return_originals(
            desk=hall.desk,
            call=hall.by(),
            application_id=application.id,
            pieces={"application-form": 1},
            taken_by="张三丰",
            expected_version=0,
        )
    hand_overs.withdraw_list(
        desk=hall.desk, call=hall.by(), list_id=first.id, reason="重做", expected_version=first.version
    )
    assert len(drafted(hall, application).lines) == 1


def test_of_two_clerks_who_list_everything_at_once_one_gets_each_case(hall: Hall) -> None:
    accepted(hall)
    call = hall.by()
    mine = hand_overs.draft_list(
        desk=hall.desk, call=call, center_id=CENTER_ID, department_key=DEPARTMENT, application_ids=[]
    )
    with pytest.raises(Invalid, match="nothing_to_hand_over"):
        drafted(hall)
    given(hall, mine)
    with pytest.raises(Stale):
        given(hall, mine)


def test_a_draft_that_was_left_in_the_middle_is_finished_by_the_alarm(hall: Hall) -> None:
    application = accepted(hall)
    made = drafted(hall, application)
    withdrawn = lists.withdraw(made, reason="断电", now=hall.clock.now())
    hall.desk.lists.save(withdrawn, [], hall.by())
    assert bundle_of(hall, application).list_id == made.id
    hall.pass_time(minutes=1)
    assert bundle_of(hall, application).list_id is None


def test_what_differs_waits_again_only_when_somebody_else_has_settled_it(hall: Hall) -> None:
    application = accepted(hall)
    differing = received(hall, given(hall, drafted(hall)), all=LineFinding.MISSING)
    assert differing.state is ListState.DIFFERING
    assert bundle_of(hall, application).waiting == (), "it is looked for first"
    settled = hand_overs.settle_list(
        desk=hall.desk,
        call=hall.by(MANAGER),
        list_id=differing.id,
        settled={(application.id, "application-form"): Settlement.RETURNED},
        said="在窗口找到",
        expected_version=differing.version,
    )
    assert settled.state is ListState.SETTLED
    assert [each.originals for each in bundle_of(hall, application).waiting] == [2]
    hand_overs.finish(hall.desk, hall.by(), settled)
    assert len(drafted(hall).lines) == 1


def test_only_the_department_signs_and_never_who_gave_it(hall: Hall) -> None:
    accepted(hall)
    chief = actor("chief", id="staff-7", department=DEPARTMENT)
    made = given(hall, drafted(hall), chief)
    with pytest.raises(Conflict, match="own_list"):
        received(hall, made, chief)
    for stranger in (
        actor("reviewer", id="staff-8", department="renli-shebao"),
        actor("reviewer", id="staff-9", department=DEPARTMENT, center="610903"),
    ):
        with pytest.raises(Forbidden):
            received(hall, made, stranger)
    with pytest.raises(NotFound):
        keeping.get_list(
            desk=hall.desk, call=hall.by(actor("reviewer", id="s", department="renli-shebao")), list_id=made.id
        )


def test_a_signed_list_is_the_same_paper_ever_after(hall: Hall) -> None:
    application = accepted(hall)
    draft = drafted(hall)
    with pytest.raises(NotFound, match="paper_list_not_given"):
        keeping.print_list(desk=hall.desk, call=hall.by(), list_id=draft.id)
    made = given(hall, draft)
    paper, pdf = keeping.print_list(desk=hall.desk, call=hall.by(), list_id=made.id)
    assert application.number in words(pdf)
    signed = received(hall, made, all=LineFinding.DAMAGED)
    after, second = keeping.print_list(desk=hall.desk, call=hall.by(RECEIVER), list_id=signed.id)
    assert "破损：少一份" in words(second)
    assert (paper.number, after.title) == (signed.number, "材料交接清单（签收）")
    assert keeping.print_list(desk=hall.desk, call=hall.by(), list_id=made.id)[1] == second
    assert hall.desk.shelf.verified(paper.code)[0].sha256 == paper.sha256


def test_what_is_not_handed_over_after_closing_is_told_once(hall: Hall) -> None:
    application = accepted(hall)
    by = bundle_of(hall, application).hand_over_by
    assert by is not None
    assert MONDAY.date() == by.date(), "on the day on which it was collected"
    hall.pass_time(hours=24)
    hall.pass_time(hours=24)
    assert hall.told().count("papers_not_handed_over") == 1
    found = keeping.list_waiting(
        desk=hall.desk, call=hall.by(MANAGER), center_id=CENTER_ID, department_key="", limit=10, cursor=""
    )
    assert [each.id for each in found.items] == [application.id]


def test_originals_of_what_was_refused_are_left_reminded_of_and_fetched_with_a_signature(hall: Hall) -> None:
    application = hall.received()
    refuse_application(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        reason="不属于本中心",
        basis="条例第十条",
        expected_version=0,
    )
    followed(hall, application)
    left = keeping.list_left(desk=hall.desk, call=hall.by(MANAGER), center_id=CENTER_ID, limit=10, cursor="").items
    assert [(each.id, each.left.place) for each in left if each.left] == [(application.id, "03 号窗口")]
    hall.pass_time(days=3)
    assert "left_papers_reminded" in hall.told()
    arguments = {"desk": hall.desk, "call": hall.by(), "application_id": application.id, "fetched_by": "张三丰"}
    with pytest.raises(Invalid, match="signature_required"):
        fetch_left_papers(**arguments, signature=b"", expected_version=0)  # type: ignore[arg-type]
    fetched = fetch_left_papers(**arguments, signature=SIGNATURE, expected_version=0)  # type: ignore[arg-type]
    assert fetched.left is not None
    assert fetched.left.fetched_by == "张**"
    assert keeping.get_signature(desk=hall.desk, call=hall.by(), application_id=application.id) == (
        SIGNATURE,
        "image/png",
    )
    count_fetched(desk=hall.desk, call=hall.by(), application_id=application.id, mark=Mark("intake.papers", "e-1"))
    assert hall.now(application).materials[0].returned == 1, "the application's own books say so"
    followed(hall, application)
    followed(hall, application)
    assert bundle_of(hall, application).collected == ()


def test_what_is_left_by_hand_is_not_handed_over_meanwhile(hall: Hall) -> None:
    application = accepted(hall)
    arguments: dict[str, Any] = {
        "desk": hall.desk,
        "call": hall.by(),
        "application_id": application.id,
        "place": "2 号柜",
        "reason": "格式不符，请换原件",
        "expected_version": 0,
    }
    with pytest.raises(Invalid, match="originals_exceeded"):
        leave_papers(**arguments, pieces={"application-form": 3})
    leave_papers(**arguments, pieces={"application-form": 1})
    assert [line.originals for line in drafted(hall).lines] == [1]
    with pytest.raises(Conflict, match="papers_listed"):
        leave_papers(**arguments, pieces={"application-form": 1})


def test_a_case_of_another_department_or_without_papers_can_not_be_listed(hall: Hall) -> None:
    application = accepted(hall)
    with pytest.raises(NotFound, match="no_papers_here"):
        drafted(hall, application, department_key="renli-shebao")
    with pytest.raises(Forbidden):
        drafted(hall, center_id="610903")
    assert bundle_of(hall, application).hand_over_by == hand_over_by(hall.desk, CENTER_ID, MONDAY)
    closed = hand_over_by(hall.desk, CENTER_ID, MONDAY + timedelta(hours=10))
    assert closed.date() == (MONDAY + timedelta(days=1)).date(), "after closing it counts for the next day"
