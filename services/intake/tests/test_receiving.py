"""Taking papers in, at a window and online."""

import json
from dataclasses import replace
from typing import Any

import pytest
from stdnum.cn import ric

from kit.clock import to_ms
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.privacy import person_key
from kit.testing import MONDAY, actor
from kit.workdays import local_instant, local_text
from reference.testing import CENTER_ID, ITEM_ID, immediate_item, sample_item
from services.intake.domain.application import ApplicationState, Channel, DeliveryMethod
from services.intake.domain.material import Declared, MaterialState
from services.intake.domain.paper import PaperKind
from services.intake.protos import applicant_message, application_message
from services.intake.tests.intake_hall import APPLICANT, CITIZEN, CLERK, RESIDENT_ID, SECRET, Hall, MakeHall
from tongban.intake.v1 import events_pb2


def numbered(body: str) -> str:
    """An ID number with its right check digit (GB 11643)."""
    return body + ric.calc_check_digit(body + "0")


def test_a_served_ticket_becomes_an_application_with_its_receipt(hall: Hall) -> None:
    application = hall.received()
    assert application.state is ApplicationState.RECEIVED
    assert application.number == "6109022026112300001"
    assert (application.journey, application.ticket_id, application.window_number) == ("j-1", "ticket-1", "03")
    assert application.responsible is not None
    assert application.responsible.id == CLERK.id
    assert [(paper.kind, paper.number) for paper in application.papers] == [
        (PaperKind.RECEIPT, "610902收〔2026〕000001号")
    ]
    assert hall.told() == ["application_received"]
    assert hall.now(application) == application


def test_the_materials_come_from_the_item_version(hall: Hall) -> None:
    materials = hall.received().materials
    assert [(each.key, each.main, each.state, each.requirement) for each in materials] == [
        ("application-form", True, MaterialState.HANDED_IN, "原件 1 份"),
        ("layout-plan", False, MaterialState.MISSING, "原件 1 份"),
    ]


def test_the_center_has_five_working_days_to_answer(hall: Hall) -> None:
    due_at = hall.received().notice_due_at
    assert due_at is not None
    assert local_text(due_at) == "2026-11-30 23:59"


def test_a_center_may_bind_itself_to_answer_on_the_spot(make_hall: MakeHall) -> None:
    due_at = make_hall({"supplement_notice_days": 0}).received().notice_due_at
    assert due_at is not None
    assert local_text(due_at) == "2026-11-23 23:59"


def test_numbers_run_on_and_begin_anew_each_day_in_the_centers_own_form(make_hall: MakeHall) -> None:
    hall = make_hall({"application_number_format": "{day}-{sequence:3}"})
    numbers = [hall.received().number, hall.received().number]
    hall.clock.advance(local_instant(MONDAY.date().replace(day=24), 600) - MONDAY)
    numbers.append(hall.received().number)
    assert numbers == ["20261123-001", "20261123-002", "20261124-001"]


def test_the_ticket_is_asked_for_with_the_callers_own_token(hall: Hall) -> None:
    hall.received(call=replace(hall.by(), token="signed"))
    assert hall.tickets.asked == [("ticket-1", "signed")]


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"center_id": "610900"}, Conflict, "ticket_not_for_item"),
        ({"item_id": "item-card"}, Conflict, "ticket_not_for_item"),
        ({"serving": False}, Conflict, "ticket_not_serving"),
        ({"staff_id": "staff-2"}, Forbidden, "ticket_not_yours"),
    ],
)
def test_a_ticket_that_is_not_being_served_here_is_refused(
    hall: Hall, change: dict[str, Any], error: type[Exception], code: str
) -> None:
    hall.tickets.change("ticket-1", **change)
    with pytest.raises(error, match=code):
        hall.received()
    assert hall.told() == []


@pytest.mark.parametrize(
    ("change", "error", "code"),
    [
        ({"ticket_id": ""}, Invalid, "ticket_required"),
        ({"ticket_id": "ticket-9"}, NotFound, "ticket_not_found"),
        ({"center_id": "610900"}, Forbidden, "center_not_allowed"),
        ({"applicant": replace(APPLICANT, name="  ")}, Invalid, "text_required"),
        ({"applicant": replace(APPLICANT, name="张\x00")}, Invalid, "text_invalid"),
        ({"applicant": replace(APPLICANT, id_type="driver")}, Invalid, "id_type_unknown"),
        ({"applicant": replace(APPLICANT, phone="not a phone")}, Invalid, "phone_invalid"),
        ({"declared": (Declared("passport", MaterialState.HANDED_IN),)}, Invalid, "material_unknown"),
        (
            {"delivery": DeliveryMethod.POST, "applicant": replace(APPLICANT, address="")},
            Invalid,
            "address_required",
        ),
        ({"form_json": "{"}, Invalid, "form_invalid"),
        ({"form_json": "[1]"}, Invalid, "form_invalid"),
        ({"form_json": json.dumps({"a": "x" * 70_000})}, Invalid, "form_invalid"),
        ({"form_json": '{"a":' * 5000 + "1" + "}" * 5000}, Invalid, "form_invalid"),
        ({"form_json": '{"a":' * 500 + "1" + "}" * 500}, Invalid, "form_invalid"),
    ],
)
def test_bad_input_gets_its_error_and_changes_nothing(
    hall: Hall, change: dict[str, Any], error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code):
        hall.received(**change)
    assert hall.told() == []


@pytest.mark.parametrize(
    ("id_type", "number"),
    [
        ("resident_id", RESIDENT_ID[:-1] + "1"),
        ("resident_id", "990101199013011237"),
        ("resident_id", "123"),
        ("resident_id", numbered("99010120261124001")),
        ("resident_id", numbered("99010118991231001")),
        ("credit_code", "91110000600037341X"),
        ("credit_code", ""),
        ("passport", "x"),
    ],
)
def test_a_wrong_number_is_refused_with_its_field(hall: Hall, id_type: str, number: str) -> None:
    with pytest.raises(Invalid) as refused:
        hall.received(applicant=replace(APPLICANT, id_type=id_type, id_number=number))
    assert refused.value.code in ("id_number_invalid", "text_required")
    assert refused.value.details["field"] == "applicant.id_number"


@pytest.mark.parametrize(
    ("id_type", "number"),
    [("resident_id", "110101199003072316"), ("credit_code", "91110000600037341L"), ("passport", "E12345678")],
)
def test_right_numbers_are_taken_in_any_region(hall: Hall, id_type: str, number: str) -> None:
    application = hall.received(applicant=replace(APPLICANT, id_type=id_type, id_number=f" {number.lower()} "))
    assert application.applicant.id_number == number


@pytest.mark.parametrize(
    ("reference", "item_id", "error", "code"),
    [
        ({}, "item-none", NotFound, "item_unknown"),
        ({"unpublished": [sample_item("item-draft")]}, "item-draft", Conflict, "item_not_published"),
    ],
)
def test_only_a_published_item_can_be_applied_for(
    make_hall: MakeHall, reference: dict[str, Any], item_id: str, error: type[Exception], code: str
) -> None:
    hall = make_hall(**reference)
    hall.tickets.change("ticket-1", item_id=item_id)
    with pytest.raises(error, match=code):
        hall.received(item_id=item_id)


def test_the_same_call_again_gives_the_same_application_even_when_the_ticket_is_done(hall: Hall) -> None:
    first = hall.received(call=hall.by(key="k", fingerprint="f"))
    hall.tickets.change("ticket-1", serving=False)
    assert hall.received(call=hall.by(key="k", fingerprint="f")) == first
    assert hall.told() == ["application_received"]
    with pytest.raises(Conflict, match="idempotency_key_reused"):
        hall.received(call=hall.by(key="k", fingerprint="another"))


def test_an_item_without_materials_can_be_accepted_at_once(make_hall: MakeHall) -> None:
    hall = make_hall(items=[sample_item(materials=())])
    assert hall.received(declared=()).complete_since == MONDAY


def test_a_citizen_applies_online_and_holds_the_application(hall: Hall) -> None:
    application = hall.received(CITIZEN, form_json='{"name": "小店"}')
    assert application.channel is Channel.ONLINE
    assert application.responsible is None
    assert CITIZEN.id == f"citizen:{application.holder_key}"
    assert hall.tickets.asked == []


def test_at_a_window_the_application_belongs_to_the_applicant_not_to_the_clerk(hall: Hall) -> None:
    assert hall.received().holder_key == hall.received(CITIZEN).holder_key


def test_online_one_applies_for_oneself_or_says_for_whom(hall: Hall) -> None:
    other = replace(APPLICANT, id_number="110101199003072316")
    with pytest.raises(Forbidden, match="applicant_not_self"):
        hall.received(CITIZEN, applicant=other)
    application = hall.received(CITIZEN, applicant=replace(other, agent_name="张三丰"))
    assert CITIZEN.id == f"citizen:{application.holder_key}"


def test_online_a_citizen_does_not_judge_materials_or_use_tickets(hall: Hall) -> None:
    with pytest.raises(Invalid, match="material_state_not_allowed"):
        hall.received(CITIZEN, declared=(Declared("application-form", MaterialState.WRONG_FORM, "?"),))
    with pytest.raises(Invalid, match="ticket_not_for_online"):
        hall.received(CITIZEN, ticket_id="ticket-1")


def test_somebody_without_a_role_that_receives_gets_nowhere(hall: Hall) -> None:
    with pytest.raises(Forbidden):
        hall.received(actor("supervisor"))


def test_no_event_holds_personal_data_in_full_or_the_forms_answers(hall: Hall) -> None:
    hall.received(form_json='{"illness": "秘密"}')
    [event] = hall.events
    for secret in (APPLICANT.name, APPLICANT.id_number, APPLICANT.phone, APPLICANT.address, "秘密"):
        assert secret.encode() not in event.data
    told = events_pb2.ApplicationReceived.FromString(event.data).application.applicant
    assert (told.name, told.id_number, told.phone) == ("张**", "990101********1230", "138****5678")
    assert applicant_message(APPLICANT).id_number == RESIDENT_ID


def test_an_event_says_by_a_keyed_hash_whose_application_it_is_and_an_answer_does_not(hall: Hall) -> None:
    application = hall.received()
    [event] = hall.events
    told = events_pb2.ApplicationReceived.FromString(event.data).application
    assert told.applicant_key == person_key(SECRET, RESIDENT_ID)
    assert application_message(application).applicant_key == ""


def test_the_event_carries_the_journey_the_rules_and_the_time(hall: Hall) -> None:
    application = hall.received()
    [event] = hall.events
    assert (event.journey, event.subject, event.rules) == ("j-1", application.id, "rules C12, C13")
    assert to_ms(event.at) == to_ms(MONDAY)


def test_database_shaped_text_stays_text(hall: Hall) -> None:
    name = '\'; DROP TABLE x; -- {"$ne": 1} $where ../../etc'
    assert hall.now(hall.received(applicant=replace(APPLICANT, name=name))).applicant.name == name


def test_an_immediate_item_is_received_like_any_other(hall: Hall) -> None:
    item = immediate_item()
    hall.tickets.change("ticket-1", item_id=item.id)
    application = hall.received(item_id=item.id, declared=())
    assert (application.item_kind, application.department_key) == ("immediate", "renli-shebao")
    assert (application.center_id, ITEM_ID) == (CENTER_ID, "item-food")
