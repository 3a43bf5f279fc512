"""Complaints (投诉) from filing to closing."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    Creating,
    Editing,
    IdPath,
    Key,
    NamedPath,
    Omittable,
    OneOf,
    Paging,
    Paragraph,
    Purpose,
    Stated,
    id_or_code,
)
from gateway.requests import client_address
from gateway.routing import ResourceRoutes
from gateway.wire import build
from kit.errors import Invalid
from tongban.complaint.v1 import messages_pb2 as messages
from tongban.complaint.v1 import service_pb2 as pb
from tongban.intake.v1.service_pb2 import GetApplicationRequest
from tongban.queuing.v1.service_pb2 import GetTicketRequest

api = ResourceRoutes("complaints", "投诉")


class ComplaintBody(Body):
    """What is complained about, by whom."""

    source: Annotated[str, OneOf(messages.Source)] = "page"
    topic: Annotated[str, OneOf(messages.Topic)] = "other"
    text: Stated
    anonymous: bool = False
    name: Annotated[str, Field(max_length=100)] = ""
    phone: Annotated[str, Field(max_length=20)] = ""
    ticket_id: Annotated[str, Field(max_length=64, description="所涉号票的查询码或编号")] = ""
    case_id: Annotated[str, Field(max_length=64, description="所涉办件的查询码或编号")] = ""
    journey: Annotated[str, Field(max_length=64, description="可不填；与所涉号票或办件的一致")] = ""


class ComplaintsQuery(Paging):
    """Which complaints."""

    state: Omittable[Annotated[str, OneOf(messages.ComplaintState)]] = None


class Assignee(Body):
    """Who handles it."""

    department_key: Key
    staff_id: Annotated[str, Field(max_length=64)] = ""
    staff_name: Annotated[str, Field(max_length=100)] = ""


class Findings(Body):
    """What was found, and who answers for it."""

    findings: Stated
    liability: Annotated[str, Field(pattern=r"^(department|center|shared|none)$")]


class ComplaintAnswer(Body):
    """What the complainant is told."""

    answer: Stated


class CallBack(Body):
    """What the complainant said."""

    satisfied: bool
    note: Paragraph = ""


class Again(Body):
    """Why it isn't over."""

    reason: Stated


def _visit(body: ComplaintBody) -> dict[str, str]:
    """The visit that a complaint joins: shown by a code, or by staff by an id; a journey by itself shows nothing.

    Raises what queuing and intake raise, and ``Invalid`` (``link_invalid``).
    """
    clients, found = current_gateway().clients, {"ticket_id": "", "case_id": "", "journey": ""}
    if body.case_id:
        id, code = id_or_code(body.case_id)
        application = ask(
            clients.intake.GetApplication, GetApplicationRequest(application_id=id, code=code)
        ).application
        found |= {"case_id": application.id, "journey": application.journey}
    if body.ticket_id:
        id, code = id_or_code(body.ticket_id)
        ticket = ask(clients.queuing.GetTicket, GetTicketRequest(ticket_id=id, code=code)).ticket
        found |= {"ticket_id": ticket.id, "journey": ticket.journey}
    if body.journey not in ("", found["journey"]):
        raise Invalid("link_invalid", "请填写所涉号票或办件的查询码，或不填写关联的办事记录。", field="journey")
    return found


@api.post("/centers/<center>/complaints", responses=gives(messages.Complaint, 201))
def file_complaint(path: CenterPath, header: Creating, body: ComplaintBody) -> Response:
    """提出投诉；电话投诉由工作人员代录。"""
    gateway = current_gateway()
    gateway.limits.ticket(client_address())
    request = build(pb.FileComplaintRequest, {**body.model_dump(), **_visit(body)}, center_id=path.center)
    answer = ask(gateway.clients.complaint.FileComplaint, request, idempotency_key=header.idempotency_key)
    return resource(answer.complaint, 201, location=f"/api/v1/complaints/{answer.complaint.code}")


@api.get("/centers/<center>/complaints", responses=gives_page(messages.Complaint))
def list_complaints(path: CenterPath, query: ComplaintsQuery) -> Response:
    """中心的投诉。"""
    request = build(pb.ListComplaintsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.complaint.ListComplaints, request)
    return page(answer.complaints, answer.next_cursor)


@api.get("/complaints/<ref>", responses=gives(messages.Complaint))
def get_complaint(path: NamedPath) -> Response:
    """一件投诉；工作人员凭编号，投诉人凭查询码。"""
    complaint_id, code = id_or_code(path.ref)
    request = pb.GetComplaintRequest(complaint_id=complaint_id, code=code)
    return resource(ask(current_gateway().clients.complaint.GetComplaint, request).complaint)


@api.post("/complaints/<id>/complainant", responses=gives(pb.ShowComplainantResponse))
def show_complainant(path: IdPath, body: Purpose) -> Response:
    """查看投诉人的姓名和电话；须说明目的并留痕。"""
    request = pb.ShowComplainantRequest(complaint_id=path.id, purpose=body.purpose)
    return resource(ask(current_gateway().clients.complaint.ShowComplainant, request))


@api.post("/complaints/<id>/assign", responses=gives(messages.Complaint))
def assign_complaint(path: IdPath, header: Editing, body: Assignee) -> Response:
    """交办。"""
    request = build(pb.AssignComplaintRequest, body, complaint_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.complaint.AssignComplaint, request).complaint)


@api.post("/complaints/<id>/investigate", responses=gives(messages.Complaint))
def investigate_complaint(path: IdPath, header: Editing, body: Findings) -> Response:
    """登记调查情况和责任归属。"""
    request = build(pb.InvestigateComplaintRequest, body, complaint_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.complaint.InvestigateComplaint, request).complaint)


@api.post("/complaints/<id>/answer", responses=gives(messages.Complaint))
def answer_complaint(path: IdPath, header: Editing, body: ComplaintAnswer) -> Response:
    """答复投诉人。"""
    request = pb.AnswerComplaintRequest(complaint_id=path.id, answer=body.answer, expected_version=header.version)
    return resource(ask(current_gateway().clients.complaint.AnswerComplaint, request).complaint)


@api.post("/complaints/<id>/call-back", responses=gives(messages.Complaint))
def call_back_complaint(path: IdPath, header: Editing, body: CallBack) -> Response:
    """登记回访结果。"""
    request = build(pb.CallBackComplaintRequest, body, complaint_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.complaint.CallBackComplaint, request).complaint)


@api.post("/complaints/<id>/close", responses=gives(messages.Complaint))
def close_complaint(path: IdPath, header: Editing) -> Response:
    """办结。"""
    request = pb.CloseComplaintRequest(complaint_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.complaint.CloseComplaint, request).complaint)


@api.post("/complaints/<ref>/reopen", responses=gives(messages.Complaint))
def reopen_complaint(path: NamedPath, body: Again) -> Response:
    """对处理不满意，重新提出；限一次。投诉人凭查询码。"""
    complaint_id, code = id_or_code(path.ref)
    request = pb.ReopenComplaintRequest(complaint_id=complaint_id, code=code, reason=body.reason)
    return resource(ask(current_gateway().clients.complaint.ReopenComplaint, request).complaint)
