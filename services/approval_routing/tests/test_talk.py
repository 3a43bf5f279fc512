"""Internal notes and questions to colleagues: the clock goes on, nothing is edited, nobody else reads it (rules K07)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kit.actor import Actor
from kit.errors import TongbanError
from kit.testing import actor
from reference.testing import CENTER_ID, DEPARTMENT
from services.approval_routing.domain import talk
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.history import check
from services.approval_routing.domain.records import Note
from services.approval_routing.domain.talk import Inquiry
from services.approval_routing.handlers.colleagues import Colleague
from services.approval_routing.handlers.talk import (
    add_note,
    answer_question,
    ask_colleague,
    case_talk,
    list_questions,
)
from services.approval_routing.protos import applicant_message, case_message
from services.approval_routing.tests.approval_office import APPROVER, CHIEF, CLERK, MANAGER, REVIEWER, Bench

OTHER = actor("approver", id="approver-7", department="renli-shebao")
SECRET = "与申请人当面核实过场地"


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(TongbanError) as caught:
        act()
    return caught.value.code


def note(bench: Bench, case: Case, who: Actor = REVIEWER, text: str = SECRET, corrects: int = 0) -> Note:
    return add_note(office=bench.office, call=bench.by(who), case_id=case.id, text=text, corrects=corrects)


def ask(bench: Bench, case: Case, asked: Actor = OTHER, who: Actor = REVIEWER, text: str = SECRET) -> Inquiry:
    bench.duties.known.setdefault(asked.id, Colleague(asked.id, asked.name, CENTER_ID, asked.department, asked.roles))
    return ask_colleague(
        office=bench.office, call=bench.by(who), case_id=case.id, step_key="", staff_id=asked.id, text=text
    )


def answer(bench: Bench, case: Case, who: Actor = OTHER, number: int = 1, text: str = "场地合格") -> Inquiry:
    return answer_question(office=bench.office, call=bench.by(who), case_id=case.id, number=number, answer=text)


def waiting(bench: Bench, who: Actor) -> list[str]:
    bench.catch_up()
    found = list_questions(office=bench.office, call=bench.by(who), center_id=CENTER_ID, limit=10, cursor="")
    return [one.question.text for one in found.items]


def test_a_note_is_read_by_the_staff_of_its_department_only(bench: Bench) -> None:
    case = bench.opened()
    note(bench, case)

    def read(who: Actor) -> list[str]:
        notes, _ = case_talk(office=bench.office, call=bench.by(who), case_id=case.id)
        return [each.text for each in notes]

    assert read(REVIEWER) == read(CHIEF) == [SECRET]
    assert read(CLERK) == read(MANAGER) == []
    assert refused(lambda: read(OTHER)) == "department_not_allowed"


def test_nothing_of_it_is_in_any_message_about_the_case(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    note(bench, case)
    ask(bench, case)
    answer(bench, case)
    now = bench.now(case)
    assert SECRET not in str(case_message(now)) + str(applicant_message(now))
    assert not any(SECRET.encode() in event.data for event in bench.events)
    assert bench.told()[-3:] == ["note_added", "colleague_asked", "question_answered"]


def test_a_note_stands_as_it_was_written_and_a_further_one_corrects_it(bench: Bench) -> None:
    case = bench.opened()
    first = note(bench, case)
    second = note(bench, case, CHIEF, "更正：由申请人的代理人核实", corrects=first.number)
    kept = bench.now(case).notes
    assert kept == (first, second)
    assert second.corrects == 1
    assert refused(lambda: note(bench, case, corrects=9)) == "note_unknown"
    assert refused(lambda: note(bench, case, OTHER)) == "department_not_allowed"


def test_a_changed_note_breaks_the_seal(bench: Bench) -> None:
    case = bench.opened()
    note(bench, case)
    now = bench.now(case)
    assert check(now).intact
    assert not check(replace(now, notes=(replace(now.notes[0], text="另一种说法"),))).intact


def test_a_colleague_is_asked_and_answers_while_the_clock_goes_on(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    due = case.due_at
    ask(bench, case)
    assert waiting(bench, OTHER) == [SECRET]
    bench.pass_time(days=1)
    answered = answer(bench, case)
    assert (answered.question.answer, answered.question.answered_by_name) == ("场地合格", OTHER.name)
    assert waiting(bench, OTHER) == []
    now = bench.now(case)
    assert now.due_at == due
    assert not now.pauses
    _, questions = case_talk(office=bench.office, call=bench.by(REVIEWER), case_id=case.id)
    assert [one.question.answer for one in questions] == ["场地合格"]


def test_who_was_asked_sees_only_what_they_were_asked(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    note(bench, case)
    ask(bench, case)
    ask(bench, case, asked=APPROVER, text="另一个问题")
    notes, questions = case_talk(office=bench.office, call=bench.by(OTHER), case_id=case.id)
    assert notes == []
    assert [one.question.text for one in questions] == [SECRET]


def test_only_who_holds_the_step_asks_and_only_who_was_asked_answers_once(bench: Bench) -> None:
    case = bench.opened()
    assert refused(lambda: ask(bench, case)) == "step_not_claimed"
    bench.claim(case)
    assert refused(lambda: ask(bench, case, who=CHIEF)) == "step_not_yours"
    assert refused(lambda: ask(bench, case, asked=REVIEWER)) == "colleague_invalid"
    ask(bench, case)
    assert refused(lambda: answer(bench, case, CHIEF)) == "question_not_yours"
    assert refused(lambda: answer(bench, case, number=2)) == "question_unknown"
    answer(bench, case)
    assert refused(lambda: answer(bench, case)) == "question_answered"


def test_who_stands_in_answers_for_a_colleague(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    ask(bench, case, asked=APPROVER)
    bench.duties.lets_stand_in(CHIEF, APPROVER)
    assert waiting(bench, CHIEF) == [SECRET]
    assert answer(bench, case, CHIEF).question.answered_by_name == CHIEF.name


def test_nobody_is_asked_who_is_away_elsewhere_or_stays_away_from_the_case(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    bench.duties.sends_away(OTHER)
    assert refused(lambda: ask(bench, case)) == "colleague_away"
    far = Colleague("far", "远方", "610900", DEPARTMENT, frozenset({"approver"}))
    bench.duties.known["far"] = far
    assert refused(lambda: ask(bench, case, asked=actor("approver", id="far"))) == "colleague_not_here"
    bench.duties.known["gone"] = replace(far, id="gone", center_id=CENTER_ID, active=False)
    assert refused(lambda: ask(bench, case, asked=actor("approver", id="gone"))) == "colleague_not_here"


def test_a_decided_case_waits_for_no_answer(bench: Bench) -> None:
    case = bench.at_last_step()
    ask(bench, case, who=APPROVER)
    bench.decide(case)
    assert waiting(bench, OTHER) == []


def test_there_is_an_end_to_what_one_case_keeps(bench: Bench) -> None:
    case = bench.claim(bench.opened())
    full = replace(case, notes=(note(bench, case),) * talk.MOST_NOTES)
    bench.office.cases.save(replace(full, version=bench.now(case).version), [], bench.by(REVIEWER))
    assert refused(lambda: note(bench, case)) == "too_many_notes"
