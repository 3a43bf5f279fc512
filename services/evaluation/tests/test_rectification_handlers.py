"""Mending what was judged negative, on the real embedded store."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.actor import Actor
from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, Stale
from kit.store.port import AlreadyApplied
from kit.testing import actor
from reference.testing import DEPARTMENT
from services.evaluation import handlers, queries
from services.evaluation.domain.evaluation import Level
from services.evaluation.domain.rectification import Owner, Rectification, RectificationState

if TYPE_CHECKING:
    from services.evaluation.tests.conftest import Bench

SUPERVISOR = actor("supervisor", id="supervisor-1")
CHIEF = actor("chief", id="chief-1", department=DEPARTMENT)


def negative(bench: "Bench", **ticket: str) -> Rectification:
    """A visit judged negative, whose rectification is open."""
    bench.finish_visit(**ticket)
    judged = bench.judge(Level.DISSATISFIED)
    bench.receive(bench.told()[-1])
    return bench.desk.rectifications.get(judged.rectification_id)


def answer(
    bench: "Bench", it: Rectification, who: Actor = CHIEF, callback: str = "已回访", version: int = 0
) -> Rectification:
    return handlers.answer_rectification(
        desk=bench.desk,
        call=Call(who, bench.clock.now()),
        rectification_id=it.id,
        findings="属实",
        measures="已改",
        callback_note=callback,
        expected_version=version,
    )


def review(bench: "Bench", it: Rectification, accepted: bool, who: Actor = SUPERVISOR) -> Rectification:
    return handlers.review_rectification(
        desk=bench.desk,
        call=Call(who, bench.clock.now()),
        rectification_id=it.id,
        accepted=accepted,
        note="同意" if accepted else "补充措施",
        expected_version=0,
    )


def test_a_negative_evaluation_opens_one_rectification(bench: "Bench") -> None:
    rectification = negative(bench)
    assert rectification.owner.department == DEPARTMENT
    with pytest.raises(AlreadyApplied):
        bench.receive(bench.told()[1])
    assert bench.told_types().count("rectification_opened") == 1


def test_the_same_answer_told_in_two_events_opens_one(bench: "Bench") -> None:
    negative(bench)
    bench.receive(replace(bench.told()[1], id="another-event"))
    assert bench.told_types().count("rectification_opened") == 1


def test_a_positive_one_opens_none(bench: "Bench") -> None:
    bench.finish_visit()
    bench.judge(Level.FAIRLY_SATISFIED)
    bench.receive(bench.told()[-1])
    assert bench.told_types() == ["evaluation_invited", "evaluation_submitted"]


def test_the_days_run_from_the_evaluation_however_late_its_event_comes(bench: "Bench") -> None:
    bench.finish_visit()
    judged = bench.judge(Level.DISSATISFIED)
    bench.clock.advance(timedelta(days=3))
    bench.receive(bench.told()[-1])
    rectification = bench.desk.rectifications.get(judged.rectification_id)
    assert rectification.opened_at == judged.submitted_at
    assert rectification.due_at.date().isoformat() == "2026-11-30"


def test_only_the_owners_department_answers(bench: "Bench") -> None:
    it = negative(bench)
    for who in (
        actor("chief", department="renli-shebao"),
        actor("manager"),
        actor("chief", center="610900", department=DEPARTMENT),
    ):
        with pytest.raises(Forbidden):
            answer(bench, it, who)
    assert answer(bench, it).state is RectificationState.ANSWERED


def test_the_new_owner_answers_after_an_assignment(bench: "Bench") -> None:
    it = negative(bench)
    assigned = handlers.assign_rectification(
        desk=bench.desk,
        call=Call(SUPERVISOR, bench.clock.now()),
        rectification_id=it.id,
        owner=Owner(""),
        expected_version=1,
    )
    with pytest.raises(Forbidden, match="department_not_allowed"):
        answer(bench, assigned)
    assert answer(bench, assigned, actor("manager")).state is RectificationState.ANSWERED


def test_it_cannot_be_given_to_a_department_that_the_center_does_not_have(bench: "Bench") -> None:
    it = negative(bench)
    with pytest.raises(Invalid, match="department_unknown"):
        handlers.assign_rectification(
            desk=bench.desk,
            call=Call(SUPERVISOR, bench.clock.now()),
            rectification_id=it.id,
            owner=Owner("nobody"),
            expected_version=0,
        )


def test_an_answer_to_an_older_version_is_refused(bench: "Bench") -> None:
    it = negative(bench)
    answer(bench, it, version=1)
    review(bench, it, accepted=False)
    with pytest.raises(Stale):
        answer(bench, it, version=1)


def test_the_review_sends_back_until_it_closes(bench: "Bench") -> None:
    it = negative(bench)
    answer(bench, it, callback="")
    with pytest.raises(Conflict, match="callback_missing"):
        review(bench, it, accepted=True)
    assert review(bench, it, accepted=False).sent_back == 1
    answer(bench, it)
    assert review(bench, it, accepted=True).state is RectificationState.CLOSED
    assert bench.told_types()[2:] == [
        "rectification_opened",
        "rectification_answered",
        "rectification_sent_back",
        "rectification_answered",
        "rectification_closed",
    ]


def test_a_chief_sees_the_rectifications_of_the_own_department_only(bench: "Bench") -> None:
    it = negative(bench)
    other = actor("chief", department="renli-shebao")

    def listed(who: Actor) -> list[str]:
        found = queries.list_rectifications(
            desk=bench.desk, call=Call(who, bench.clock.now()), center_id="610902", state=None, limit=0, cursor=""
        )
        return [rectification.id for rectification in found.items]

    assert listed(CHIEF) == listed(SUPERVISOR) == [it.id]
    assert listed(other) == []
    with pytest.raises(Forbidden):
        queries.get_rectification(desk=bench.desk, call=Call(other, bench.clock.now()), rectification_id=it.id)


def test_all_of_one_visit_carries_its_journey(bench: "Bench") -> None:
    negative(bench)
    assert {event.journey for event in bench.told()} == {"j-1"}


def test_no_event_tells_what_people_wrote(bench: "Bench") -> None:
    bench.finish_visit()
    judged = bench.judge(Level.DISSATISFIED, comment="张三等了两小时")
    bench.receive(bench.told()[-1])
    it = bench.desk.rectifications.get(judged.rectification_id)
    answer(bench, it)
    review(bench, it, accepted=False)
    answer(bench, it)
    review(bench, it, accepted=True)
    for event in bench.told():
        for word in ("张三等了两小时", "属实", "已改", "已回访", "同意", "补充措施"):
            assert word.encode() not in event.data, (event.type, word)
