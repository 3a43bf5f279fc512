"""Inviting, judging and expiring on the real embedded store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.store.port import AlreadyApplied, Duplicate
from kit.testing import actor
from reference.testing import DEPARTMENT, set_policy
from services.evaluation import handlers, queries
from services.evaluation.domain.evaluation import Channel, EvaluationState, Level
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval

if TYPE_CHECKING:
    from services.evaluation.tests.conftest import Bench

SUPERVISOR = actor("supervisor", id="supervisor-1")


def delivered(ticket_id: str = "", responsible: str = "") -> approval_events.ResultDelivered:
    case = approval.Case(
        id="c-1",
        center_id="610902",
        code="code-c",
        department_key=DEPARTMENT,
        ticket_id=ticket_id,
        responsible_staff_id=responsible,
        decision=approval.Decision(decided_by_id="approver-1"),
    )
    return approval_events.ResultDelivered(case=case)


# ── Invitations ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_finished_visit_is_invited_under_the_slips_own_code(bench: "Bench") -> None:
    bench.finish_visit()
    evaluation = queries.get_invitation(desk=bench.desk, code="code-1")
    assert (evaluation.subject.id, evaluation.state) == ("t-1", EvaluationState.INVITED)
    assert evaluation.subject.named


def test_an_event_that_comes_again_invites_nobody_again(bench: "Bench") -> None:
    bench.finish_visit()
    with pytest.raises(AlreadyApplied):
        bench.finish_visit()
    assert bench.told_types() == ["evaluation_invited"]


def test_a_visit_has_one_invitation_whatever_finishes_it_twice(bench: "Bench") -> None:
    bench.finish_visit()
    bench.finish_visit(event="another-event")
    assert bench.told_types() == ["evaluation_invited"]


def test_a_case_handled_online_is_invited_under_its_own_code(bench: "Bench") -> None:
    bench.deliver("approval_routing", delivered())
    evaluation = queries.get_invitation(desk=bench.desk, code="code-c")
    assert (evaluation.id, evaluation.subject.staff_id) == ("case-c-1", "approver-1")


def test_the_clerk_who_took_an_online_case_in_answers_for_it(bench: "Bench") -> None:
    bench.deliver("approval_routing", delivered(responsible="staff-9"))
    assert queries.get_invitation(desk=bench.desk, code="code-c").subject.staff_id == "staff-9"


def test_a_case_handed_in_on_a_visit_is_not_evaluated_a_second_time(bench: "Bench") -> None:
    bench.deliver("approval_routing", delivered(ticket_id="t-1", responsible="staff-9"))
    assert bench.told() == []


def test_a_code_that_opens_another_invitation_is_not_passed_over_in_silence(bench: "Bench") -> None:
    bench.finish_visit()
    with pytest.raises(Duplicate):
        bench.finish_visit(event="another-event", id="t-2")


@pytest.mark.parametrize("missing", ["center_id", "code"])
def test_a_visit_without_center_or_code_is_set_aside_rather_than_tried_for_ever(bench: "Bench", missing: str) -> None:
    with pytest.raises(Invalid, match="event_incomplete"):
        bench.finish_visit(**{missing: ""})
    assert bench.told() == []


def test_a_code_that_nobody_holds_opens_nothing(bench: "Bench") -> None:
    bench.finish_visit()
    for code in ("", "code-2", "' OR 1=1 --"):
        with pytest.raises(NotFound, match="invitation_not_found"):
            queries.get_invitation(desk=bench.desk, code=code)


# ── Judging ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_answer_is_refused_and_changes_nothing(bench: "Bench") -> None:
    bench.finish_visit()
    bench.judge(Level.VERY_SATISFIED)
    with pytest.raises(Conflict, match="already_evaluated"):
        bench.judge(Level.VERY_DISSATISFIED)
    assert bench.told_types() == ["evaluation_invited", "evaluation_submitted"]


def test_of_many_who_answer_at_once_one_is_heard(bench: "Bench") -> None:
    bench.finish_visit()

    def answer(level: Level) -> bool:
        try:
            bench.judge(level)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(answer, [*Level] * 4))
    assert heard.count(True) == 1
    assert bench.told_types() == ["evaluation_invited", "evaluation_submitted"]


def test_whoever_served_does_not_judge(bench: "Bench") -> None:
    bench.finish_visit()
    with pytest.raises(Forbidden, match="own_service"):
        bench.judge(Level.VERY_SATISFIED, who=actor("clerk", id="staff-9"))


def test_a_comment_is_as_long_as_the_center_allows(bench: "Bench") -> None:
    set_policy(bench.store, "610902", {"evaluation_comment_length": 10}, reference=bench.desk.reference)
    bench.finish_visit()
    with pytest.raises(Invalid, match="text_too_long"):
        bench.judge(Level.SATISFIED, comment="很" * 11)
    judged = bench.judge(Level.SATISFIED, comment="<b>好</b>\n快")
    assert judged.judgement is not None
    assert judged.judgement.comment == "<b>好</b>\n快"


@pytest.mark.parametrize("tags", [("x" * 21,), tuple(f"标签{n}" for n in range(9)), (" ",), ("a\x00b",)])
def test_tags_are_few_and_short(bench: "Bench", tags: tuple[str, ...]) -> None:
    bench.finish_visit()
    with pytest.raises(Invalid):
        handlers.submit_evaluation(
            desk=bench.desk,
            call=bench.now,
            code="code-1",
            level=Level.SATISFIED,
            tags=tags,
            comment="",
            channel=Channel.QR,
        )
    assert bench.told_types() == ["evaluation_invited"]


def test_an_unanswered_invitation_expires_once_as_not_evaluated(bench: "Bench") -> None:
    bench.finish_visit()
    bench.clock.advance(timedelta(days=7))
    assert bench.sweep() == 0
    bench.clock.advance(timedelta(days=1))
    assert (bench.sweep(), bench.sweep()) == (1, 0)
    evaluation = queries.get_invitation(desk=bench.desk, code="code-1")
    assert (evaluation.state, evaluation.judgement) == (EvaluationState.EXPIRED, None)
    with pytest.raises(Conflict, match="evaluation_expired"):
        bench.judge(Level.VERY_SATISFIED)
    assert bench.told_types() == ["evaluation_invited", "evaluation_expired"]


def test_an_answered_invitation_never_expires(bench: "Bench") -> None:
    bench.finish_visit()
    bench.judge(Level.SATISFIED)
    bench.clock.advance(timedelta(days=30))
    assert bench.sweep() == 0


def test_evaluations_are_listed_by_what_they_say(bench: "Bench") -> None:
    levels = [Level.VERY_SATISFIED, Level.DISSATISFIED, None]
    for n, level in enumerate(levels):
        bench.finish_visit(event=f"e-{n}", id=f"t-{n}", code=f"code-{n}")
        if level is not None:
            bench.judge(level, code=f"code-{n}")

    def listed(state: EvaluationState | None, negative_only: bool = False) -> set[str]:
        found = queries.list_evaluations(
            desk=bench.desk,
            call=Call(SUPERVISOR, bench.clock.now()),
            center_id="610902",
            state=state,
            negative_only=negative_only,
            limit=0,
            cursor="",
        )
        return {evaluation.subject.id for evaluation in found.items}

    assert listed(None) == {"t-0", "t-1", "t-2"}
    assert listed(EvaluationState.SUBMITTED) == {"t-0", "t-1"}
    assert listed(None, negative_only=True) == listed(EvaluationState.SUBMITTED, negative_only=True) == {"t-1"}
    assert listed(EvaluationState.INVITED, negative_only=True) == set()


def test_another_centers_evaluations_are_not_listed(bench: "Bench") -> None:
    with pytest.raises(Forbidden, match="center_not_allowed"):
        queries.list_evaluations(
            desk=bench.desk,
            call=Call(SUPERVISOR, bench.clock.now()),
            center_id="610900",
            state=None,
            negative_only=False,
            limit=0,
            cursor="",
        )
