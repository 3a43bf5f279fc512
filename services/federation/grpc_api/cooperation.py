"""RPCs of urging, feedback, standards and figures."""

from __future__ import annotations

import grpc

from kit.call import current_call
from kit.timestamps import from_timestamp
from reference.protos import plain
from services.federation.domain.feedback import Feedback, FeedbackKind, FeedbackState
from services.federation.domain.parts import Place
from services.federation.domain.standards import Standard, StandardKind
from services.federation.domain.urging import UrgingKind, UrgingState
from services.federation.grpc_api.parts import PartRpcs
from services.federation.handlers import feedback, figures, show, standards, urgings
from services.federation.handlers.room import Room
from services.federation.protos.by_name import choice_of
from services.federation.protos.shared import (
    feedback_message,
    told_figures,
    told_standard,
    urging_message,
)
from services.federation.queries import room as queries
from tongban.federation.v1 import cooperation_pb2_grpc, figures_pb2, standards_pb2, urging_pb2
from tongban.federation.v1 import cooperation_requests_pb2 as pb


class CooperationApi(PartRpcs, cooperation_pb2_grpc.CooperationServiceServicer):
    """tongban.federation.v1.CooperationService."""

    def __init__(self, room: Room) -> None:
        self._room = room

    # ── Urging ───────────────────────────────────────────────────────────────────────────────────────────────

    def AskUrging(self, request: pb.AskUrgingRequest, context: grpc.ServicerContext) -> pb.AskUrgingResponse:
        urging = urgings.ask_urging(
            room=self._room,
            call=current_call(),
            kind=choice_of(urging_pb2.UrgingKind.DESCRIPTOR, request.kind, UrgingKind),
            about=request.about,
            number=request.number,
            title=request.title,
            asked_by=Place("", request.center_id, request.department_key),
            asked_of=Place(request.asked_of.site, request.asked_of.center_id, request.asked_of.department_key),
            journey=request.journey,
            text=request.text,
        )
        return pb.AskUrgingResponse(urging=urging_message(urging))

    def AnswerUrging(self, request: pb.AnswerUrgingRequest, context: grpc.ServicerContext) -> pb.AnswerUrgingResponse:
        urging = urgings.answer_urging(
            room=self._room,
            call=current_call(),
            urging_id=request.urging_id,
            text=request.text,
            expected_version=request.expected_version,
        )
        return pb.AnswerUrgingResponse(urging=urging_message(urging))

    def ReviewUrging(self, request: pb.ReviewUrgingRequest, context: grpc.ServicerContext) -> pb.ReviewUrgingResponse:
        urging = urgings.review_urging(
            room=self._room,
            call=current_call(),
            urging_id=request.urging_id,
            accepted=request.accepted,
            text=request.text,
            expected_version=request.expected_version,
        )
        return pb.ReviewUrgingResponse(urging=urging_message(urging))

    def ListUrgings(self, request: pb.ListUrgingsRequest, context: grpc.ServicerContext) -> pb.ListUrgingsResponse:
        found = queries.list_urgings(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            state=choice_of(urging_pb2.UrgingState.DESCRIPTOR, request.state, UrgingState),
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListUrgingsResponse(urgings=map(urging_message, found.items), next_cursor=found.cursor)

    # ── What citizens say ────────────────────────────────────────────────────────────────────────────────────

    def ForwardFeedback(
        self, request: pb.ForwardFeedbackRequest, context: grpc.ServicerContext
    ) -> pb.ForwardFeedbackResponse:
        call, said = current_call(), request.feedback
        fresh = Feedback(
            id="",
            kind=choice_of(urging_pb2.FeedbackKind.DESCRIPTOR, said.kind, FeedbackKind) or FeedbackKind.COMPLAINT,
            source_id=said.source_id,
            about=said.about,
            number=said.number,
            item_name=said.item_name,
            given_at=Place("", said.given_at.center_id, said.given_at.department_key),
            concerns=Place(said.concerns.site, said.concerns.center_id, said.concerns.department_key),
            journey=said.journey,
            said_at=call.now,
            level=said.level,
            text=said.text,
            named=said.named,
            contact=said.contact,
        )
        forwarded = feedback.forward_feedback(room=self._room, call=call, said=fresh)
        return pb.ForwardFeedbackResponse(feedback=feedback_message(forwarded))

    def ConcludeFeedback(
        self, request: pb.ConcludeFeedbackRequest, context: grpc.ServicerContext
    ) -> pb.ConcludeFeedbackResponse:
        concluded = feedback.conclude_feedback(
            room=self._room,
            call=current_call(),
            feedback_id=request.feedback_id,
            findings=request.findings,
            measures=request.measures,
            callback_note=request.callback_note,
            expected_version=request.expected_version,
        )
        return pb.ConcludeFeedbackResponse(feedback=feedback_message(concluded))

    def ShowFeedbackContact(
        self, request: pb.ShowFeedbackContactRequest, context: grpc.ServicerContext
    ) -> pb.ShowFeedbackContactResponse:
        contact = show.show_contact(
            room=self._room, call=current_call(), feedback_id=request.feedback_id, purpose=request.purpose
        )
        return pb.ShowFeedbackContactResponse(contact=contact)

    def ListFeedback(self, request: pb.ListFeedbackRequest, context: grpc.ServicerContext) -> pb.ListFeedbackResponse:
        found = queries.list_feedback(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            state=choice_of(urging_pb2.FeedbackState.DESCRIPTOR, request.state, FeedbackState),
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListFeedbackResponse(feedback=map(feedback_message, found.items), next_cursor=found.cursor)

    # ── Standards ────────────────────────────────────────────────────────────────────────────────────────────

    def IssueStandard(
        self, request: pb.IssueStandardRequest, context: grpc.ServicerContext
    ) -> pb.IssueStandardResponse:
        call, said = current_call(), request.standard
        fresh = Standard(
            id="",
            kind=standards.kind_of(choice_of(standards_pb2.StandardKind.DESCRIPTOR, said.kind, StandardKind)),
            key=said.key,
            title=said.title,
            issued_by=self._room.here,
            number=0,
            content=dict(plain(said.content)),
            issued_at=call.now,
            effective_from=from_timestamp(said.effective_from) if said.HasField("effective_from") else call.now,
            open=tuple(said.open),
            withdrawn=said.withdrawn,
        )
        standards.require_site(self._room, call, request.center_id)
        issued = standards.issue_standard(
            room=self._room,
            call=call,
            fresh=fresh,
            sites=request.sites,
            expected_version=request.expected_version,
        )
        return pb.IssueStandardResponse(standard=told_standard(issued))

    def LocaliseStandard(
        self, request: pb.LocaliseStandardRequest, context: grpc.ServicerContext
    ) -> pb.LocaliseStandardResponse:
        call = current_call()
        standards.require_site(self._room, call, request.center_id)
        localised = standards.localise_standard(
            room=self._room,
            call=call,
            id=request.standard_id,
            local=dict(plain(request.local)),
            sites=request.sites,
            expected_version=request.expected_version,
        )
        return pb.LocaliseStandardResponse(standard=told_standard(localised))

    def ListStandards(
        self, request: pb.ListStandardsRequest, context: grpc.ServicerContext
    ) -> pb.ListStandardsResponse:
        found = queries.list_standards(
            room=self._room,
            call=current_call(),
            kind=choice_of(standards_pb2.StandardKind.DESCRIPTOR, request.kind, StandardKind),
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListStandardsResponse(standards=map(told_standard, found.items), next_cursor=found.cursor)

    # ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────

    def ListFigures(self, request: pb.ListFiguresRequest, context: grpc.ServicerContext) -> pb.ListFiguresResponse:
        found, totals = queries.list_figures(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            day=request.day,
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListFiguresResponse(
            figures=map(told_figures, found.items),
            totals=[figures_pb2.Figure(name=name, count=count) for name, count in totals.counts.items()],
            next_cursor=found.cursor,
        )

    def CountFigures(self, request: pb.CountFiguresRequest, context: grpc.ServicerContext) -> pb.CountFiguresResponse:
        counted = figures.recount_day(
            room=self._room, call=current_call(), center_id=request.center_id, day=request.day
        )
        return pb.CountFiguresResponse(figures=told_figures(counted))
