"""Evaluations that were given at another site: taken in once, bad ones mended, and what came of them told back (Q05)."""

from typing import TYPE_CHECKING

import pytest

from kit.store.port import AlreadyApplied
from kit.testing import actor
from reference.testing import DEPARTMENT
from services.evaluation import handlers
from services.evaluation.domain.evaluation import EvaluationState, SubjectKind
from tongban.evaluation.v1 import events_pb2
from tongban.federation.v1 import feedback_events_pb2 as federation
from tongban.federation.v1 import urging_pb2 as urging

if TYPE_CHECKING:
    from services.evaluation.tests.conftest import Bench


def hear(bench: "Bench", level: int, *, named: bool = True, id: str = "e-1") -> None:
    said = urging.Feedback(
        id="f-1", kind=urging.FEEDBACK_KIND_EVALUATION, level=level, text="等了很久", named=named, journey="j-1",
        item_name="教师资格认定",
    )  # fmt: skip
    said.concerns.center_id, said.concerns.department_key = "610902", DEPARTMENT
    bench.deliver("federation", federation.FeedbackHandedOn(feedback=said, center_id="610902"), id=id)


def outcomes(bench: "Bench") -> list[events_pb2.ForwardedEvaluationConcluded]:
    return [
        events_pb2.ForwardedEvaluationConcluded.FromString(event.data)
        for event in bench.told()
        if "forwarded_evaluation_concluded" in event.type
    ]


def test_a_good_one_counts_once_and_the_other_end_hears_at_once(bench: "Bench") -> None:
    hear(bench, 2)
    with pytest.raises(AlreadyApplied):
        hear(bench, 2)
    hear(bench, 5, id="e-2")
    evaluation = bench.desk.evaluations.get("elsewhere-f-1")
    assert (evaluation.state, evaluation.subject.kind, evaluation.negative) == (
        EvaluationState.SUBMITTED,
        SubjectKind.ELSEWHERE,
        False,
    )
    (told,) = outcomes(bench)
    assert (told.feedback_id, told.center_id) == ("f-1", "610902")


def test_a_bad_one_is_mended_and_the_other_end_hears_what_was_done(bench: "Bench") -> None:
    hear(bench, 5)
    assert outcomes(bench) == []
    (submitted,) = [event for event in bench.told() if "evaluation_submitted" in event.type]
    bench.receive(submitted)
    rectification = bench.desk.rectifications.get("elsewhere-f-1-rectification")
    assert (rectification.owner.department, rectification.journey) == (DEPARTMENT, "j-1")
    handlers.answer_rectification(
        desk=bench.desk, call=bench.now.by(actor("chief", department=DEPARTMENT)), rectification_id=rectification.id,
        findings="属实", measures="增设窗口", callback_note="已致歉", expected_version=0,
    )  # fmt: skip
    handlers.review_rectification(
        desk=bench.desk, call=bench.now.by(actor("supervisor")), rectification_id=rectification.id, accepted=True,
        note="", expected_version=0,
    )  # fmt: skip
    (told,) = outcomes(bench)
    assert (told.feedback_id, told.findings, told.measures, told.callback_note) == ("f-1", "属实", "增设窗口", "已致歉")
