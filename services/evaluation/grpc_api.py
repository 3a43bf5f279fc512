"""Proto to use case and back."""

from __future__ import annotations

from typing import Any

from kit.call import current_call
from kit.errors import Invalid
from services.evaluation import handlers, queries
from services.evaluation.domain.evaluation import Channel
from services.evaluation.domain.rectification import Owner
from services.evaluation.events import (
    LEVELS,
    RECTIFICATION_STATES,
    STATES,
    invitation_message,
    listed_evaluation,
    rectification_message,
)
from services.evaluation.handlers import Desk
from tongban.evaluation.v1 import service_pb2, service_pb2_grpc

_LEVELS = {number: level for level, number in LEVELS.items()}
_STATES = {number: state for state, number in STATES.items()}
_RECTIFICATION_STATES = {number: state for state, number in RECTIFICATION_STATES.items()}


class EvaluationApi(service_pb2_grpc.EvaluationServiceServicer):
    """Serves evaluation's RPCs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def GetInvitation(
        self, request: service_pb2.GetInvitationRequest, context: Any
    ) -> service_pb2.GetInvitationResponse:
        evaluation = queries.get_invitation(desk=self._desk, code=request.code)
        return service_pb2.GetInvitationResponse(evaluation=invitation_message(evaluation))

    def SubmitEvaluation(
        self, request: service_pb2.SubmitEvaluationRequest, context: Any
    ) -> service_pb2.SubmitEvaluationResponse:
        level = _LEVELS.get(request.level)
        if level is None:
            raise Invalid(
                "level_unknown", "请选择评价等级：非常满意、满意、基本满意、不满意、非常不满意。", field="level"
            )
        evaluation = handlers.submit_evaluation(
            desk=self._desk,
            call=current_call(),
            code=request.code,
            level=level,
            tags=tuple(request.tags),
            comment=request.comment,
            channel=_channel(request.channel),
        )
        return service_pb2.SubmitEvaluationResponse(evaluation=invitation_message(evaluation))

    def ListEvaluations(
        self, request: service_pb2.ListEvaluationsRequest, context: Any
    ) -> service_pb2.ListEvaluationsResponse:
        found = queries.list_evaluations(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            state=_STATES.get(request.state),
            negative_only=request.negative_only,
            limit=request.limit,
            cursor=request.cursor,
        )
        return service_pb2.ListEvaluationsResponse(
            evaluations=[listed_evaluation(evaluation) for evaluation in found.items], next_cursor=found.cursor
        )

    def GetRectification(
        self, request: service_pb2.GetRectificationRequest, context: Any
    ) -> service_pb2.GetRectificationResponse:
        rectification = queries.get_rectification(
            desk=self._desk, call=current_call(), rectification_id=request.rectification_id
        )
        return service_pb2.GetRectificationResponse(rectification=rectification_message(rectification))

    def ListRectifications(
        self, request: service_pb2.ListRectificationsRequest, context: Any
    ) -> service_pb2.ListRectificationsResponse:
        found = queries.list_rectifications(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            state=_RECTIFICATION_STATES.get(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return service_pb2.ListRectificationsResponse(
            rectifications=[rectification_message(rectification) for rectification in found.items],
            next_cursor=found.cursor,
        )

    def AssignRectification(
        self, request: service_pb2.AssignRectificationRequest, context: Any
    ) -> service_pb2.AssignRectificationResponse:
        rectification = handlers.assign_rectification(
            desk=self._desk,
            call=current_call(),
            rectification_id=request.rectification_id,
            owner=Owner(request.owner_department, request.owner_staff_id, request.owner_staff_name),
            expected_version=request.expected_version,
        )
        return service_pb2.AssignRectificationResponse(rectification=rectification_message(rectification))

    def AnswerRectification(
        self, request: service_pb2.AnswerRectificationRequest, context: Any
    ) -> service_pb2.AnswerRectificationResponse:
        rectification = handlers.answer_rectification(
            desk=self._desk,
            call=current_call(),
            rectification_id=request.rectification_id,
            findings=request.findings,
            measures=request.measures,
            callback_note=request.callback_note,
            expected_version=request.expected_version,
        )
        return service_pb2.AnswerRectificationResponse(rectification=rectification_message(rectification))

    def ReviewRectification(
        self, request: service_pb2.ReviewRectificationRequest, context: Any
    ) -> service_pb2.ReviewRectificationResponse:
        rectification = handlers.review_rectification(
            desk=self._desk,
            call=current_call(),
            rectification_id=request.rectification_id,
            accepted=request.accepted,
            note=request.note,
            expected_version=request.expected_version,
        )
        return service_pb2.ReviewRectificationResponse(rectification=rectification_message(rectification))


def _channel(name: str) -> Channel:
    try:
        return Channel(name or Channel.QR)
    except ValueError:
        raise Invalid(
            "channel_unknown", f"不认识的评价渠道，应为 {'、'.join(Channel)} 之一。", field="channel"
        ) from None
