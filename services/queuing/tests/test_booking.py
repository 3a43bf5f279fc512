"""Appointments: as many as there are seats, once a person, used once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from kit.call import Call
from kit.errors import NotFound, TongbanError
from reference.testing import CENTER_ID, ITEM_ID
from services.queuing import handlers
from services.queuing.domain.appointment import Appointment, AppointmentState
from services.queuing.domain.ticket import Priority
from services.queuing.tests.stage import Stage, id_number

TOMORROW = "2026-11-24"


def book(stage: Stage, person: int = 1, call: Call | None = None, **given: Any) -> Appointment:
    given = {"day": TOMORROW, "slot": "10:00", "id_number": id_number(person), "item_id": ITEM_ID, **given}
    return handlers.book_appointment(hall=stage.hall, call=call or stage.public(), center_id=CENTER_ID, **given)


def refusal(stage: Stage, **given: Any) -> str:
    told = stage.events()
    with pytest.raises(TongbanError) as refused:
        book(stage, **given)
    assert stage.events() == told
    return refused.value.code


def cancel(stage: Stage, booked: Appointment) -> Appointment:
    return handlers.cancel_appointment(hall=stage.hall, call=stage.public(), code=booked.code)


def test_a_booked_time_says_what_and_when(stage: Stage) -> None:
    booked = book(stage, holder_name="李四")
    assert (booked.day, booked.slot, booked.state, booked.holder_masked) == (
        TOMORROW,
        "10:00",
        AppointmentState.BOOKED,
        "李*",
    )
    assert booked.starts_at == stage.at(10, days=1)
    assert len(booked.code) == 26
    assert stage.events() == [("appointment_booked", booked.id)]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"day": "2026-11-23"}, "appointment_day_not_bookable"),
        ({"day": "2026-12-01"}, "appointment_day_not_bookable"),
        ({"day": "2026-11-28"}, "appointment_day_not_bookable"),
        ({"day": "24/11/2026"}, "appointment_day_invalid"),
        ({"day": "9999-99-99"}, "appointment_day_invalid"),
        ({"day": ""}, "appointment_day_invalid"),
        ({"slot": "10:10"}, "appointment_slot_invalid"),
        ({"slot": "12:00"}, "appointment_slot_invalid"),
        ({"slot": "$where"}, "appointment_slot_invalid"),
        ({"id_number": ""}, "id_number_required"),
        ({"id_number": "123"}, "id_number_invalid"),
        ({"item_id": "no-such-item"}, "item_unknown"),
    ],
)
def test_what_cant_be_booked_is_refused(stage: Stage, given: dict[str, Any], code: str) -> None:
    assert refusal(stage, **given) == code


def test_five_working_days_ahead_can_be_booked(stage: Stage) -> None:
    assert book(stage, day="2026-11-30").day == "2026-11-30"


def test_the_same_day_can_be_booked_where_the_center_says_so_but_not_at_the_last_minute(stage: Stage) -> None:
    stage.set_policy(appointment_from_days=0)
    assert refusal(stage, day="2026-11-23", slot="10:00") == "appointment_too_late"
    stage.later(minutes=21)
    assert refusal(stage, day="2026-11-23", slot="10:30") == "appointment_too_late"
    assert book(stage, day="2026-11-23", slot="11:00").slot == "11:00"


def test_a_slot_has_as_many_seats_as_the_center_gives_it(stage: Stage) -> None:
    booked = [book(stage, person) for person in range(1, 5)]
    assert refusal(stage, person=5) == "slot_full"
    assert book(stage, 5, slot="10:30").slot == "10:30"
    assert book(stage, 6, item_id="item-card").lane == "insurance", "each lane has its own seats"
    cancel(stage, booked[1])
    assert book(stage, 7).seat == booked[1].seat


def test_many_at_once_get_no_more_than_the_seats(stage: Stage) -> None:
    def answer(person: int) -> str:
        try:
            return f"seat {book(stage, person).seat}"
        except TongbanError as error:
            return error.code

    with ThreadPoolExecutor(16) as people:
        answers = Counter(people.map(answer, range(1, 41)))
    assert answers == {"seat 1": 1, "seat 2": 1, "seat 3": 1, "seat 4": 1, "slot_full": 36}


def test_a_person_books_once_a_day_also_from_many_phones(stage: Stage) -> None:
    slots = ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]

    def answer(slot: str) -> str:
        try:
            book(stage, 1, slot=slot)
        except TongbanError as error:
            return error.code
        return "booked"

    with ThreadPoolExecutor(6) as phones:
        assert Counter(phones.map(answer, slots)) == {"booked": 1, "appointment_limit_reached": 5}
    assert book(stage, 1, day="2026-11-25").day == "2026-11-25"
    stage.set_policy(appointment_per_person_day=2)
    assert book(stage, 1, day="2026-11-25").person_seat == 2


def test_a_booking_that_is_sent_again_is_the_same(stage: Stage) -> None:
    first = book(stage, call=stage.public("key", "request"))
    assert book(stage, call=stage.public("key", "request")) == first
    assert stage.event_names() == ["appointment_booked"]


# ── Cancelling ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_can_be_cancelled_two_hours_before_and_no_later(stage: Stage) -> None:
    first, second = book(stage, 1), book(stage, 2)
    stage.at(8, days=1)
    assert cancel(stage, first).state is AppointmentState.CANCELLED
    stage.later(seconds=1)
    with pytest.raises(TongbanError, match="appointment_cancel_too_late"):
        cancel(stage, second)
    with pytest.raises(TongbanError, match="appointment_ended"):
        cancel(stage, first)
    assert stage.event_names()[2:] == ["appointment_ended"]


def test_a_wrong_code_cancels_nothing(stage: Stage) -> None:
    for code in ("", "nothing", "' OR 1=1 --"):
        with pytest.raises(NotFound, match="appointment_not_found"):
            handlers.cancel_appointment(hall=stage.hall, call=stage.public(), code=code)


# ── Coming ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_ticket_goes_on_with_the_appointments_journey(stage: Stage) -> None:
    booked = book(stage, holder_name="李四")
    stage.at(9, 45, days=1)
    ticket = stage.take(appointment_code=booked.code.upper())
    assert (ticket.journey, ticket.appointment_id, ticket.priority) == (
        booked.journey,
        booked.id,
        Priority.APPOINTMENT,
    )
    assert (ticket.person, ticket.holder_masked) == (booked.person, "李*")


@pytest.mark.parametrize(
    ("hour", "minute", "days", "code"),
    [
        (9, 29, 1, "appointment_too_early"),
        (10, 45, 1, "appointment_missed"),
        (10, 0, 2, "appointment_missed"),
    ],
)
def test_outside_its_time_it_gives_no_ticket(stage: Stage, hour: int, minute: int, days: int, code: str) -> None:
    booked = book(stage)
    stage.at(hour, minute, days=days)
    with pytest.raises(TongbanError, match=code):
        stage.take(appointment_code=booked.code)


@pytest.mark.parametrize(("hour", "minute"), [(9, 30), (10, 44)])
def test_at_the_edges_of_its_time_it_still_does(stage: Stage, hour: int, minute: int) -> None:
    booked = book(stage)
    stage.at(hour, minute, days=1)
    assert stage.take(appointment_code=booked.code).appointment_id == booked.id


def test_it_is_good_for_its_item_and_its_person_only(stage: Stage) -> None:
    booked = book(stage)
    stage.at(10, days=1)
    with pytest.raises(TongbanError, match="appointment_for_other_item"):
        stage.take(appointment_code=booked.code, item_id="item-card")
    with pytest.raises(TongbanError, match="appointment_of_other_person"):
        stage.take(appointment_code=booked.code, id_number=id_number(2))
    with pytest.raises(TongbanError, match="appointment_not_found"):
        stage.take(appointment_code="nothing")


def test_a_cancelled_one_gives_no_ticket(stage: Stage) -> None:
    booked = book(stage)
    cancel(stage, booked)
    stage.at(10, days=1)
    with pytest.raises(TongbanError, match="appointment_cancelled"):
        stage.take(appointment_code=booked.code)


def test_it_gives_one_ticket_whoever_comes_at_once(stage: Stage) -> None:
    stage.set_policy(ticket_one_per_item=False)
    booked = book(stage)
    stage.at(10, days=1)

    def answer(_: int) -> str:
        try:
            stage.take(appointment_code=booked.code)
        except TongbanError as error:
            return error.code
        return "taken"

    with ThreadPoolExecutor(8) as kiosks:
        assert Counter(kiosks.map(answer, range(16))) == {"taken": 1, "appointment_used": 15}
    with pytest.raises(TongbanError, match="appointment_used"):
        cancel(stage, booked)


def test_once_its_time_has_passed_it_says_whether_it_was_used(stage: Stage) -> None:
    used, unused = book(stage, 1), book(stage, 2)
    stage.at(10, days=1)
    stage.take(appointment_code=used.code)
    stage.at(10, 45, days=1)
    assert stage.sweep() == 0
    stage.later(minutes=1)
    assert stage.sweep() == 2
    assert stage.hall.appointments.get(used.id).state is AppointmentState.USED
    assert stage.hall.appointments.get(unused.id).state is AppointmentState.MISSED
    assert stage.times_told("appointment_ended") == {unused.id: 1}
    assert stage.sweep() == 0


def test_a_senior_with_an_appointment_goes_as_a_senior(stage: Stage) -> None:
    born = date(1950, 1, 1)
    booked = book(stage, id_number=id_number(9, born))
    stage.at(10, days=1)
    assert stage.take(appointment_code=booked.code, id_number=id_number(9, born)).priority is Priority.SENIOR
