"""What may become of an application, and what may not: the whole table."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from kit.errors import Conflict, Invalid
from kit.testing import MONDAY
from services.intake.domain import transitions
from services.intake.domain.application import (
    Application,
    ApplicationState,
    Channel,
    DeliveryMethod,
    Origin,
    RefusalKind,
)
from services.intake.domain.material import MOST_UPLOADS, Declared, MaterialState
from services.intake.domain.officer import Officer
from services.intake.tests.application_samples import (
    DAY,
    FILE,
    HANDED_IN,
    MATERIALS,
    NOTICE_DUE,
    OFFICER,
    REFUSAL,
    SUPPLEMENT_DUE,
    WANTED,
    accepted,
    received,
    requested,
)

IN_STATE: dict[ApplicationState, Callable[[], Application]] = {
    ApplicationState.RECEIVED: received,
    ApplicationState.SUPPLEMENT_REQUESTED: requested,
    ApplicationState.ACCEPTED: accepted,
    ApplicationState.REFUSED: lambda: transitions.refuse(received(), REFUSAL, officer=OFFICER, now=MONDAY),
    ApplicationState.WITHDRAWN: lambda: transitions.withdraw(received(), reason="", now=MONDAY),
}

LATE = MONDAY + 60 * DAY
ACTIONS: dict[str, Callable[[Application], Application]] = {
    "accept": lambda it: transitions.accept(it, officer=OFFICER, on_spot=True, now=LATE),
    "deem_accepted": lambda it: transitions.deem_accepted(it, now=LATE),
    "request_supplement": lambda it: transitions.request_supplement(
        it, WANTED, officer=OFFICER, due_at=LATE, lapses=True, now=LATE
    ),
    "hand_in_supplement": lambda it: transitions.hand_in_supplement(
        it, HANDED_IN, notice_due_at=NOTICE_DUE, now=MONDAY
    ),
    "refuse": lambda it: transitions.refuse(it, REFUSAL, officer=OFFICER, now=LATE),
    "lapse": lambda it: transitions.lapse(it, REFUSAL, notice_due_at=LATE, now=LATE),
    "withdraw": lambda it: transitions.withdraw(it, reason="", now=LATE),
    "record_material": lambda it: transitions.record_material(it, HANDED_IN[0], now=LATE),
    "attach_upload": lambda it: transitions.attach_upload(it, "form", FILE, now=LATE),
}

RECEIVED, REQUESTED = ApplicationState.RECEIVED, ApplicationState.SUPPLEMENT_REQUESTED
LEGAL: dict[tuple[ApplicationState, str], ApplicationState] = {
    (RECEIVED, "accept"): ApplicationState.ACCEPTED,
    (RECEIVED, "deem_accepted"): ApplicationState.ACCEPTED,
    (RECEIVED, "request_supplement"): REQUESTED,
    (RECEIVED, "refuse"): ApplicationState.REFUSED,
    (RECEIVED, "withdraw"): ApplicationState.WITHDRAWN,
    (RECEIVED, "record_material"): RECEIVED,
    (RECEIVED, "attach_upload"): RECEIVED,
    (REQUESTED, "hand_in_supplement"): RECEIVED,
    (REQUESTED, "refuse"): ApplicationState.REFUSED,
    (REQUESTED, "lapse"): ApplicationState.REFUSED,
    (REQUESTED, "withdraw"): ApplicationState.WITHDRAWN,
    (REQUESTED, "record_material"): REQUESTED,
    (REQUESTED, "attach_upload"): REQUESTED,
}


@pytest.mark.parametrize(("state", "action"), LEGAL)
def test_a_legal_transition_leads_where_it_should(state: ApplicationState, action: str) -> None:
    assert ACTIONS[action](IN_STATE[state]()).state is LEGAL[state, action]


@pytest.mark.parametrize(("state", "action"), [pair for pair in product(IN_STATE, ACTIONS) if pair not in LEGAL])
def test_every_other_transition_is_refused(state: ApplicationState, action: str) -> None:
    with pytest.raises(Conflict):
        ACTIONS[action](IN_STATE[state]())


def test_acceptance_names_the_main_materials_that_are_lacking() -> None:
    application = received((Declared("form", MaterialState.INCOMPLETE, "缺第二页"),))
    with pytest.raises(Conflict) as refused:
        transitions.accept(application, officer=OFFICER, on_spot=True, now=MONDAY)
    assert refused.value.code == "materials_incomplete"
    assert refused.value.details["materials"] == "申请书、平面图"


def test_a_secondary_material_does_not_bar_acceptance() -> None:
    assert accepted().material("note") == MATERIALS[2]


def test_on_the_spot_the_clock_runs_from_when_the_papers_were_complete() -> None:
    application = received(HANDED_IN[:1])
    complete = transitions.record_material(application, HANDED_IN[1], now=MONDAY + DAY)
    late = MONDAY + 3 * DAY
    assert transitions.accept(complete, officer=OFFICER, on_spot=True, now=late).accepted_at == MONDAY + DAY
    assert transitions.accept(complete, officer=OFFICER, on_spot=False, now=late).accepted_at == late


def test_online_the_clock_runs_from_the_acceptance() -> None:
    application = received(origin=Origin(Channel.ONLINE, "j-1"))
    late = MONDAY + 3 * DAY
    assert transitions.accept(application, officer=OFFICER, on_spot=True, now=late).accepted_at == late


def test_a_material_that_turns_out_faulty_takes_the_completeness_back() -> None:
    faulty = transitions.record_material(received(), WANTED[0], now=MONDAY + DAY)
    mended = transitions.record_material(faulty, HANDED_IN[1], now=MONDAY + 2 * DAY)
    assert faulty.complete_since is None
    assert mended.complete_since == MONDAY + 2 * DAY


def test_the_law_accepts_from_the_receipt_also_what_was_incomplete() -> None:
    deemed = transitions.deem_accepted(received(()), now=NOTICE_DUE)
    assert (deemed.state, deemed.accepted_at, deemed.deemed) == (ApplicationState.ACCEPTED, MONDAY, True)


def test_the_law_does_not_accept_a_millisecond_early() -> None:
    with pytest.raises(Conflict, match="notice_not_due"):
        transitions.deem_accepted(received(), now=NOTICE_DUE - timedelta(milliseconds=1))


def test_after_a_supplement_the_law_accepts_from_its_hand_in() -> None:
    handed_in = transitions.hand_in_supplement(requested(), HANDED_IN, notice_due_at=LATE, now=MONDAY + DAY)
    assert transitions.deem_accepted(handed_in, now=LATE).accepted_at == MONDAY + DAY


def test_a_second_notice_is_refused_even_after_the_supplement() -> None:
    handed_in = transitions.hand_in_supplement(requested(), HANDED_IN, notice_due_at=LATE, now=MONDAY)
    for application in (requested(), handed_in):
        with pytest.raises(Conflict, match="notice_already_given"):
            requested(application)


def test_a_notice_names_every_lacking_main_material_even_if_the_clerk_forgot_one() -> None:
    application = requested(received(()))
    form, plan = application.material("form"), application.material("plan")
    assert form is not None
    assert plan is not None
    assert form.problem
    assert plan.problem == "请按比例重绘"


def test_a_secondary_material_may_be_asked_for_and_then_has_to_come() -> None:
    asked = transitions.request_supplement(
        received(),
        [Declared("note", MaterialState.MISSING)],
        officer=OFFICER,
        due_at=SUPPLEMENT_DUE,
        lapses=True,
        now=MONDAY,
    )
    assert transitions.hand_in_supplement(asked, (), notice_due_at=LATE, now=MONDAY).state is REQUESTED
    note = Declared("note", MaterialState.HANDED_IN)
    assert transitions.hand_in_supplement(asked, [note], notice_due_at=LATE, now=MONDAY).state is RECEIVED


def test_a_notice_keeps_the_pieces_that_were_handed_in() -> None:
    plan = requested().material("plan")
    assert plan is not None
    assert plan.originals == 1


@pytest.mark.parametrize(
    ("wants", "code"),
    [
        ((), "nothing_wanted"),
        ((Declared("plan", MaterialState.HANDED_IN),), "material_in_order"),
        ((Declared("plan", MaterialState.INCOMPLETE),), "problem_required"),
        ((Declared("passport", MaterialState.MISSING),), "material_unknown"),
        ((WANTED[0], WANTED[0]), "material_repeated"),
    ],
)
def test_a_notice_that_says_nothing_usable_is_refused(wants: tuple[Declared, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        transitions.request_supplement(
            received(), wants, officer=OFFICER, due_at=SUPPLEMENT_DUE, lapses=True, now=MONDAY
        )
    assert refused.value.code == code


def test_an_impossible_number_of_pieces_is_refused() -> None:
    with pytest.raises(Invalid, match="pieces_invalid"):
        received((Declared("form", MaterialState.HANDED_IN, originals=-1),))


def test_part_of_a_supplement_leaves_the_notice_open() -> None:
    application = requested(received(()))
    part = transitions.hand_in_supplement(application, HANDED_IN[:1], notice_due_at=LATE, now=MONDAY)
    assert part.state is REQUESTED
    assert transitions.hand_in_supplement(part, HANDED_IN[1:], notice_due_at=LATE, now=MONDAY).state is RECEIVED


def test_a_supplement_after_its_period_comes_too_late_only_where_the_notice_said_so() -> None:
    after = SUPPLEMENT_DUE + timedelta(milliseconds=1)
    with pytest.raises(Conflict, match="supplement_period_over"):
        transitions.hand_in_supplement(requested(), HANDED_IN, notice_due_at=LATE, now=after)
    waiting = requested(lapses=False)
    assert transitions.hand_in_supplement(waiting, HANDED_IN, notice_due_at=LATE, now=after).state is RECEIVED


def test_nobody_is_refused_while_they_may_still_hand_in() -> None:
    with pytest.raises(Conflict, match="supplement_period_running"):
        transitions.refuse(requested(), REFUSAL, officer=OFFICER, now=SUPPLEMENT_DUE)


def test_a_lapse_does_not_refuse_somebody_who_brought_everything() -> None:
    brought = transitions.record_material(requested(), HANDED_IN[1], now=MONDAY)
    lapsed = transitions.lapse(brought, REFUSAL, notice_due_at=LATE + DAY, now=LATE)
    assert (lapsed.state, lapsed.notice_due_at) == (RECEIVED, LATE + DAY)


@pytest.mark.parametrize("part", ["reason", "basis", "rights"])
def test_a_refusal_without_one_of_its_three_parts_cannot_be_issued(part: str) -> None:
    lacking: dict[str, Any] = {part: ""}
    with pytest.raises(Invalid):
        transitions.refuse(received(), replace(REFUSAL, **lacking), officer=OFFICER, now=MONDAY)


def test_what_is_another_authoritys_cannot_be_refused_without_saying_whose() -> None:
    not_ours = replace(REFUSAL, kind=RefusalKind.NOT_OURS)
    with pytest.raises(Invalid, match="refusal_needs_authority"):
        transitions.refuse(received(), not_ours, officer=OFFICER, now=MONDAY)
    named = replace(not_ours, authority="样例市公安局，样例路9号")
    assert transitions.refuse(received(), named, officer=OFFICER, now=MONDAY).refusal == named


def test_post_needs_an_address() -> None:
    with pytest.raises(Invalid, match="address_required"):
        received(delivery=DeliveryMethod.POST)


def test_the_first_officer_stays_responsible() -> None:
    online = received(origin=Origin(Channel.ONLINE, "j-1"))
    other = Officer("staff-2", "李")
    noticed = requested(online)
    handed_in = transitions.hand_in_supplement(noticed, HANDED_IN, notice_due_at=LATE, now=MONDAY)
    assert transitions.accept(handed_in, officer=other, on_spot=True, now=MONDAY).responsible == OFFICER


def test_the_same_file_is_linked_once_and_there_is_an_end_to_files() -> None:
    application = transitions.attach_upload(received(), "form", FILE, now=MONDAY)
    assert transitions.attach_upload(application, "form", FILE, now=MONDAY) == application
    for number in range(1, MOST_UPLOADS):
        application = transitions.attach_upload(application, "form", replace(FILE, sha256=str(number)), now=MONDAY)
    with pytest.raises(Conflict, match="too_many_uploads"):
        transitions.attach_upload(application, "form", replace(FILE, sha256="one more"), now=MONDAY)


def test_a_file_hands_in_what_was_missing_but_does_not_mend_what_was_faulty() -> None:
    application = received((Declared("plan", MaterialState.WRONG_FORM, "重绘"),))
    for key, state in (("form", MaterialState.HANDED_IN), ("plan", MaterialState.WRONG_FORM)):
        material = transitions.attach_upload(application, key, FILE, now=MONDAY).material(key)
        assert material is not None
        assert material.state is state
