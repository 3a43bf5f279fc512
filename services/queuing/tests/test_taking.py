"""Taking a number: who may, when, under which number, and what is kept of a person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from stdnum.cn import ric

from kit.errors import Conflict, Invalid, NotFound, TongbanError
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY
from reference.testing import CENTER_ID, ITEM_ID, retire, sample_item
from services.queuing import handlers
from services.queuing.domain.ticket import Priority, TicketState
from services.queuing.queries.positions import position_of
from services.queuing.tests.stage import SECRET, TODAY, Stage, built, id_number
from tongban.queuing.v1 import events_pb2


def refusal(stage: Stage, **given: object) -> TongbanError:
    """The error of a ticket that isn't given; nothing may have changed."""
    before = stage.database.pending_depth()
    with pytest.raises(TongbanError) as refused:
        stage.take(**given)
    assert stage.database.pending_depth() == before
    return refused.value


def test_a_ticket_carries_what_was_asked_for(stage: Stage) -> None:
    ticket = stage.take(id_number=id_number(), holder_name="张三丰")
    assert (ticket.number, ticket.day, ticket.lane, ticket.item_name) == ("A001", TODAY, "business", "食品经营许可")
    assert (ticket.state, ticket.priority, ticket.version) == (TicketState.WAITING, Priority.NORMAL, 1)
    assert (ticket.holder_masked, ticket.id_number_masked) == ("张**", "990101********0010"[:14] + id_number()[-4:])
    assert ticket.journey
    assert len(ticket.code) == 26
    assert stage.stored(ticket) == ticket
    assert stage.events() == [("ticket_taken", ticket.id)]


def test_numbers_run_per_lane_and_day(stage: Stage) -> None:
    assert [stage.take().number, stage.take().number, stage.take(item_id="item-card").number] == [
        "A001",
        "A002",
        "B001",
    ]
    stage.at(10, days=1)
    assert stage.take().number == "A001"


def test_the_full_id_number_is_nowhere_in_the_store(stage: Stage, database: SqliteStore) -> None:
    number = id_number()
    stage.take(id_number=number)
    kept = [str(document.body) for document in database.scan("ticket")]
    told = [bytes(pending.event.data) for pending in database.pending(10)]
    assert kept
    assert told
    assert not any(number in body for body in kept)
    assert not any(number.encode() in data or SECRET in data for data in told)


def test_the_sites_services_learn_the_code_that_the_ticket_has(stage: Stage, database: SqliteStore) -> None:
    """Evaluation invites by it; who may see it is then theirs to keep (lists and boards: test_queuing_api)."""
    ticket = stage.take()
    told = events_pb2.TicketTaken.FromString(database.pending(1)[0].event.data).ticket
    assert (told.code, told.journey) == (ticket.code, ticket.journey)


@pytest.mark.parametrize(
    "number",
    [
        id_number()[:-1] + ("0" if id_number()[-1] != "0" else "1"),
        "99010119900517001",
        "990101199013320010",
        "''; DROP TABLE doc_ticket; --",
        '{"$gt": ""}',
        "９９０１０１",
        "x" * 5000,
    ],
)
def test_a_wrong_id_number_is_refused(stage: Stage, number: str) -> None:
    error = refusal(stage, id_number=number)
    assert isinstance(error, Invalid)
    assert error.code == "id_number_invalid"


def test_a_date_of_birth_that_is_none_is_refused_though_the_check_digit_is_right(stage: Stage) -> None:
    body = "99010119900230001"
    assert refusal(stage, id_number=body + ric.calc_check_digit(body + "0")).code == "id_number_invalid"


@pytest.mark.parametrize("born", [date(2026, 11, 24), date(2999, 1, 1), date(1899, 12, 31)])
def test_nobody_is_born_tomorrow_or_before_anybody_who_is_alive(stage: Stage, born: date) -> None:
    assert refusal(stage, id_number=id_number(born=born)).code == "id_number_invalid"
    assert stage.take(id_number=id_number(born=date(2026, 11, 23))).person


def test_a_small_x_and_blanks_are_read_as_they_are_meant(stage: Stage) -> None:
    with_x = next(id_number(serial) for serial in range(1, 200) if id_number(serial).endswith("X"))
    assert stage.take(id_number=f" {with_x.lower()} ").id_number_masked.endswith("X")


@pytest.mark.parametrize(
    "name", ["Robert'); DROP TABLE--", "<script>alert(1)</script>", '{"$ne": null}', "阿卜杜热西提·买买提"]
)
def test_names_that_look_like_code_are_only_names(stage: Stage, name: str) -> None:
    assert stage.take(holder_name=name).holder_masked == f"{name[0]}***"


def test_a_name_with_control_characters_is_refused(stage: Stage) -> None:
    assert refusal(stage, holder_name="张\x00三").code == "text_invalid"


def test_an_id_number_is_needed_only_where_the_center_says_so(stage: Stage) -> None:
    assert stage.take().person == ""
    stage.set_policy(ticket_id_number_required=True)
    assert refusal(stage).code == "id_number_required"
    assert stage.take(id_number=id_number()).person


def test_seniors_and_the_disabled_are_known_by_what_they_show(stage: Stage) -> None:
    assert stage.take(id_number=id_number(1, date(1956, 11, 23))).priority is Priority.SENIOR
    assert stage.take(id_number=id_number(2, date(1956, 11, 24))).priority is Priority.NORMAL
    assert stage.take(disabled=True).priority is Priority.DISABLED


def test_unknown_centers_and_items_are_refused(stage: Stage) -> None:
    assert refusal(stage, center_id="110000").code == "center_unknown"
    assert refusal(stage, item_id="no-such-item").code == "item_unknown"
    assert refusal(stage, item_id="' OR 1=1 --").code == "item_unknown"
    assert isinstance(refusal(stage, center_id=""), NotFound)


def test_an_item_that_isnt_published_is_refused(stage: Stage, database: SqliteStore) -> None:
    retire(database, sample_item())
    assert refusal(stage).code == "item_not_published"


@pytest.mark.parametrize(("hour", "minute", "next_opening"), [(8, 59, "09:00"), (12, 0, "13:00"), (12, 59, "13:00")])
def test_outside_the_hours_the_next_opening_is_told(
    database: SqliteStore, hour: int, minute: int, next_opening: str
) -> None:
    stage = Stage(database)
    stage.at(hour, minute, days=1)
    error = refusal(stage)
    assert error.code == "center_closed"
    assert error.details["next_opening"] == f"2026-11-24 {next_opening}"
    assert f"2026-11-24 {next_opening}" in error.message


def test_after_the_last_day_of_the_week_monday_is_told(stage: Stage) -> None:
    stage.at(17, days=4)
    assert refusal(stage).details["next_opening"] == "2026-11-30 09:00"


def test_a_center_may_give_numbers_at_hours_of_its_own(stage: Stage) -> None:
    stage.set_policy(ticket_hours=["08:00-16:30"])
    assert stage.take().number == "A001"
    stage.at(16, 30)
    assert refusal(stage).details["next_opening"] == "2026-11-24 08:00"
    stage.at(8, days=1)
    assert stage.take().number == "A001"
    stage.at(10, days=5)
    assert refusal(stage).details["next_opening"] == "2026-11-30 08:00"


def test_papers_come_first_where_the_center_says_so(stage: Stage) -> None:
    stage.set_policy(ticket_requires_precheck=True)
    assert refusal(stage).code == "precheck_required"
    assert stage.take(prechecked=True).number == "A001"


def test_a_person_holds_one_active_ticket_per_item(stage: Stage) -> None:
    first = stage.take(id_number=id_number())
    error = refusal(stage, id_number=id_number())
    assert (error.code, error.details["number"]) == ("ticket_already_active", first.number)
    assert stage.take(id_number=id_number(), item_id="item-card").number == "B001"
    assert stage.take(id_number=id_number(2)).number == "A002"
    handlers.cancel_ticket(hall=stage.hall, call=stage.public(), code=first.code)
    assert stage.take(id_number=id_number()).number == "A003", "the refused one used up no number"


def test_a_person_may_hold_several_where_the_center_says_so(stage: Stage) -> None:
    stage.set_policy(ticket_one_per_item=False)
    assert stage.take(id_number=id_number()).id != stage.take(id_number=id_number()).id


def test_of_two_kiosks_at_once_one_gives_a_person_the_ticket(stage: Stage) -> None:
    def take(_: int) -> str:
        try:
            return stage.take(id_number=id_number()).number
        except Conflict as error:
            return error.code

    with ThreadPoolExecutor(8) as kiosks:
        answers = list(kiosks.map(take, range(16)))
    assert sorted(answers)[0].startswith("A")
    assert answers.count("ticket_already_active") == 15


def test_a_call_that_is_sent_again_gives_the_same_ticket(stage: Stage) -> None:
    first = stage.take(call=stage.public("key-1", "request"))
    assert stage.take(call=stage.public("key-1", "request")) == first
    assert stage.event_names() == ["ticket_taken"]
    assert refusal(stage, call=stage.public("key-1", "another request")).code == "idempotency_key_reused"
    assert stage.take().number == "A002", "the repeated call used up no number"


def test_the_day_stands_before_its_first_ticket(stage: Stage) -> None:
    stage.take()
    day = stage.hall.days.get(f"{CENTER_ID}:{TODAY}")
    assert day.due_at == MONDAY + timedelta(hours=9), "17:00 and two hours of overtime"


def test_tickets_of_one_moment_are_all_different(stage: Stage) -> None:
    with ThreadPoolExecutor(8) as kiosks:
        taken = list(kiosks.map(lambda _: stage.take(), range(40)))
    assert {ticket.number for ticket in taken} == {f"A{n:03d}" for n in range(1, 41)}
    assert len({ticket.code for ticket in taken}) == 40
    assert len({ticket.journey for ticket in taken}) == 40


# ── Position and wait ────────────────────────────────────────────────────────────────────────────────────────────


def ahead(stage: Stage, **given: object) -> int:
    position = position_of(hall=stage.hall, ticket=stage.take(**given), now=stage.clock.now())
    assert position is not None
    return position.ahead


def test_the_position_counts_who_will_be_called_before(stage: Stage) -> None:
    assert [ahead(stage), ahead(stage), ahead(stage, item_id="item-card")] == [0, 1, 0]
    assert ahead(stage, disabled=True) == 0, "nobody has waited longer than the head start"
    assert ahead(stage) == 3


def test_a_ticket_at_the_window_has_no_position(stage: Stage) -> None:
    stage.take()
    stage.open()
    assert position_of(hall=stage.hall, ticket=stage.called(), now=stage.clock.now()) is None


def test_the_wait_is_made_of_those_ahead_the_windows_and_the_days_services(stage: Stage) -> None:
    for _ in range(7):
        last = stage.take()
    position = position_of(hall=stage.hall, ticket=last, now=stage.clock.now())
    assert position is not None
    assert (position.ahead, position.windows_open, position.expected_wait_seconds) == (6, 0, 3600)
    stage.open(1)
    stage.open(3)
    served = stage.start(stage.called())
    stage.later(seconds=120)
    stage.finish(served)
    fresh = built(stage.database, stage.reference)
    position = position_of(hall=fresh, ticket=last, now=stage.clock.now())
    assert position is not None
    # Five ahead, two windows, mean of one service of 120 s and an assumed one of 600 s.
    assert (position.ahead, position.windows_open, position.expected_wait_seconds) == (5, 2, 900)
    assert position.expected_at == stage.clock.now() + timedelta(seconds=900)


def test_who_would_be_called_near_closing_time_is_warned(stage: Stage) -> None:
    stage.at(15, 30)
    for _ in range(6):
        early = stage.take()
    position = position_of(hall=stage.hall, ticket=early, now=stage.clock.now())
    assert position is not None
    assert not position.closing_warning, "16:20 is more than half an hour before 17:00"
    stage.take()
    late = stage.take()
    position = position_of(hall=stage.hall, ticket=late, now=stage.clock.now())
    assert position is not None
    assert position.closing_warning


def test_the_count_ahead_is_capped(stage: Stage) -> None:
    with ThreadPoolExecutor(8) as kiosks:
        list(kiosks.map(lambda _: stage.take(), range(201)))
    stage.later(seconds=1)
    position = position_of(hall=stage.hall, ticket=stage.take(item_id=ITEM_ID), now=stage.clock.now())
    assert position is not None
    assert (position.ahead, position.ahead_capped) == (200, True)
