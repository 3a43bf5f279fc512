"""The RPCs: what the wire says becomes a use case, and what comes of it is said on the wire."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from kit.actor import PUBLIC
from kit.call import Call, enter_call, leave_call
from kit.errors import Invalid
from kit.testing import MONDAY, actor
from reference.testing import DEPARTMENT
from services.evaluation.grpc_api import EvaluationApi
from tongban.evaluation.v1 import messages_pb2, service_pb2

if TYPE_CHECKING:
    from services.evaluation.tests.conftest import Bench


@pytest.fixture
def api(bench: "Bench") -> Iterator[EvaluationApi]:
    bench.finish_visit()
    token = enter_call(Call(PUBLIC, MONDAY))
    yield EvaluationApi(bench.desk)
    leave_call(token)


def submitted(api: EvaluationApi, **changes: object) -> messages_pb2.Evaluation:
    request = {"code": "code-1", "level": messages_pb2.LEVEL_DISSATISFIED, "tags": ["效率"], "comment": "等太久"}
    answer = api.SubmitEvaluation(service_pb2.SubmitEvaluationRequest(**(request | changes)), None)  # type: ignore[arg-type]
    return answer.evaluation


def test_an_invitation_says_what_is_judged_and_until_when(api: EvaluationApi) -> None:
    invitation = api.GetInvitation(service_pb2.GetInvitationRequest(code="code-1"), None).evaluation
    assert invitation.state == messages_pb2.EVALUATION_STATE_INVITED
    assert (invitation.item_name, invitation.staff_name, invitation.window_number) == ("食品经营许可", "王工", "01")
    assert invitation.staff_id == ""
    assert invitation.level == messages_pb2.LEVEL_UNSPECIFIED
    assert not invitation.HasField("submitted_at")
    assert invitation.expires_at.seconds > invitation.invited_at.seconds


def test_a_negative_answer_names_its_rectification(api: EvaluationApi) -> None:
    evaluation = submitted(api)
    assert evaluation.level == messages_pb2.LEVEL_DISSATISFIED
    assert evaluation.rectification_id == f"{evaluation.id}-rectification"
    assert (list(evaluation.tags), evaluation.comment, evaluation.channel) == (["效率"], "等太久", "qr")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"level": 0}, "level_unknown"),
        ({"level": 6}, "level_unknown"),
        ({"channel": "pigeon"}, "channel_unknown"),
    ],
)
def test_what_is_no_answer_is_refused(api: EvaluationApi, changes: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        submitted(api, **changes)
    assert submitted(api).level == messages_pb2.LEVEL_DISSATISFIED


def test_supervisors_see_whose_service_was_judged_but_not_the_code(api: EvaluationApi) -> None:
    submitted(api)
    token = enter_call(Call(actor("supervisor"), MONDAY))
    request = service_pb2.ListEvaluationsRequest(
        center_id="610902", state=messages_pb2.EVALUATION_STATE_SUBMITTED, negative_only=True
    )
    listed = api.ListEvaluations(request, None).evaluations
    leave_call(token)
    assert [(one.staff_id, one.comment, one.code) for one in listed] == [("staff-9", "等太久", "")]


def test_a_rectification_is_mended_over_the_wire(bench: "Bench", api: EvaluationApi) -> None:
    id = submitted(api).rectification_id
    bench.receive(bench.told()[-1])
    token = enter_call(Call(actor("chief", department=DEPARTMENT), MONDAY))
    answered = api.AnswerRectification(
        service_pb2.AnswerRectificationRequest(
            rectification_id=id, findings="属实", measures="加开窗口", callback_note="已回访", expected_version=1
        ),
        None,
    ).rectification
    leave_call(token)
    assert answered.state == messages_pb2.RECTIFICATION_STATE_ANSWERED
    assert (answered.findings, answered.measures, answered.version) == ("属实", "加开窗口", 2)
    token = enter_call(Call(actor("supervisor"), MONDAY))
    reviewed = api.ReviewRectification(
        service_pb2.ReviewRectificationRequest(rectification_id=id, accepted=True), None
    ).rectification
    listed = api.ListRectifications(
        service_pb2.ListRectificationsRequest(center_id="610902", state=messages_pb2.RECTIFICATION_STATE_CLOSED),
        None,
    )
    leave_call(token)
    assert reviewed.HasField("closed_at")
    assert [one.id for one in listed.rectifications] == [id]
