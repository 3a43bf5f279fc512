"""Proto to use case and back."""

from __future__ import annotations

from typing import Any

from kit.call import current_call
from kit.errors import Invalid
from services.complaint import handlers, queries
from services.complaint.domain import Assignee, Complaint, Liability
from services.complaint.events import SOURCES, STATES, TOPICS, complaint_message, progress_message, staff_message
from services.complaint.handlers import ComplaintRoom, Filing
from tongban.complaint.v1 import messages_pb2, service_pb2, service_pb2_grpc

_STATES = {number: state for state, number in STATES.items()}
_SOURCES = {number: source for source, number in SOURCES.items()}
_TOPICS = {number: topic for topic, number in TOPICS.items()}


class ComplaintApi(service_pb2_grpc.ComplaintServiceServicer):
    """Serves complaint's RPCs."""

    def __init__(self, room: ComplaintRoom) -> None:
        self._room = room

    def FileComplaint(
        self, request: service_pb2.FileComplaintRequest, context: Any
    ) -> service_pb2.FileComplaintResponse:
        topic = _TOPICS.get(request.topic)
        if topic is None:
            raise Invalid(
                "topic_unknown", "请选择投诉类别：服务态度、办事效率、依法行政、廉政、收费或其他。", field="topic"
            )
        filing = Filing(
            center_id=request.center_id,
            source=_SOURCES.get(request.source),
            topic=topic,
            text=request.text,
            anonymous=request.anonymous,
            name=request.name,
            phone=request.phone,
            ticket_id=request.ticket_id,
            case_id=request.case_id,
            journey=request.journey,
        )
        complaint = handlers.file_complaint(room=self._room, call=current_call(), filing=filing)
        return service_pb2.FileComplaintResponse(complaint=_for_asker(complaint))

    def GetComplaint(self, request: service_pb2.GetComplaintRequest, context: Any) -> service_pb2.GetComplaintResponse:
        if request.code:
            complaint = queries.get_by_code(room=self._room, code=request.code)
            return service_pb2.GetComplaintResponse(complaint=progress_message(complaint))
        complaint = queries.get_complaint(room=self._room, call=current_call(), complaint_id=request.complaint_id)
        return service_pb2.GetComplaintResponse(complaint=staff_message(complaint))

    def ListComplaints(
        self, request: service_pb2.ListComplaintsRequest, context: Any
    ) -> service_pb2.ListComplaintsResponse:
        found = queries.list_complaints(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            state=_STATES.get(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return service_pb2.ListComplaintsResponse(
            complaints=[staff_message(complaint) for complaint in found.items], next_cursor=found.cursor
        )

    def ShowComplainant(
        self, request: service_pb2.ShowComplainantRequest, context: Any
    ) -> service_pb2.ShowComplainantResponse:
        complainant = handlers.show_complainant(
            room=self._room, call=current_call(), complaint_id=request.complaint_id, purpose=request.purpose
        )
        return service_pb2.ShowComplainantResponse(name=complainant.name, phone=complainant.phone)

    def AssignComplaint(
        self, request: service_pb2.AssignComplaintRequest, context: Any
    ) -> service_pb2.AssignComplaintResponse:
        complaint = handlers.assign_complaint(
            room=self._room,
            call=current_call(),
            complaint_id=request.complaint_id,
            assignee=Assignee(request.department_key, request.staff_id, request.staff_name),
            expected_version=request.expected_version,
        )
        return service_pb2.AssignComplaintResponse(complaint=staff_message(complaint))

    def InvestigateComplaint(
        self, request: service_pb2.InvestigateComplaintRequest, context: Any
    ) -> service_pb2.InvestigateComplaintResponse:
        complaint = handlers.investigate_complaint(
            room=self._room,
            call=current_call(),
            complaint_id=request.complaint_id,
            findings=request.findings,
            liability=_liability(request.liability),
            expected_version=request.expected_version,
        )
        return service_pb2.InvestigateComplaintResponse(complaint=staff_message(complaint))

    def AnswerComplaint(
        self, request: service_pb2.AnswerComplaintRequest, context: Any
    ) -> service_pb2.AnswerComplaintResponse:
        complaint = handlers.answer_complaint(
            room=self._room,
            call=current_call(),
            complaint_id=request.complaint_id,
            answer=request.answer,
            expected_version=request.expected_version,
        )
        return service_pb2.AnswerComplaintResponse(complaint=staff_message(complaint))

    def CallBackComplaint(
        self, request: service_pb2.CallBackComplaintRequest, context: Any
    ) -> service_pb2.CallBackComplaintResponse:
        complaint = handlers.call_back_complaint(
            room=self._room,
            call=current_call(),
            complaint_id=request.complaint_id,
            satisfied=request.satisfied,
            note=request.note,
            expected_version=request.expected_version,
        )
        return service_pb2.CallBackComplaintResponse(complaint=staff_message(complaint))

    def CloseComplaint(
        self, request: service_pb2.CloseComplaintRequest, context: Any
    ) -> service_pb2.CloseComplaintResponse:
        complaint = handlers.close_complaint(
            room=self._room,
            call=current_call(),
            complaint_id=request.complaint_id,
            expected_version=request.expected_version,
        )
        return service_pb2.CloseComplaintResponse(complaint=staff_message(complaint))

    def ReopenComplaint(
        self, request: service_pb2.ReopenComplaintRequest, context: Any
    ) -> service_pb2.ReopenComplaintResponse:
        complaint = handlers.reopen_complaint(
            room=self._room,
            call=current_call(),
            complaint_id=request.complaint_id,
            code=request.code,
            reason=request.reason,
        )
        return service_pb2.ReopenComplaintResponse(
            complaint=progress_message(complaint) if request.code else staff_message(complaint)
        )


def _for_asker(complaint: Complaint) -> messages_pb2.Complaint:
    """What whoever filed it gets back, with the code: staff pass it on to the caller."""
    return complaint_message(complaint) if complaint.taken_by else progress_message(complaint)


def _liability(name: str) -> Liability:
    try:
        return Liability(name)
    except ValueError:
        raise Invalid(
            "liability_unknown", f"请写明责任归属，应为 {'、'.join(Liability)} 之一。", field="liability"
        ) from None
