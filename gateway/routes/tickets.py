"""Tickets (号票): taking a number, and what happens to it."""

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
    Code,
    Creating,
    Day,
    Editing,
    IdNumber,
    IdPath,
    Key,
    NamedPath,
    Omittable,
    OneOf,
    Paging,
    Params,
    Reason,
    id_or_code,
)
from gateway.requests import client_address
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.queuing.v1 import messages_pb2 as messages
from tongban.queuing.v1 import service_pb2 as pb

api = ResourceRoutes("tickets", "号票")


class TicketBody(Body):
    """Who takes a number, and for what."""

    item_id: Key = Field(description="事项编号")
    id_number: IdNumber | None = Field(None, description="身份证号码；只以脱敏和加密散列保存")
    holder_name: Annotated[str, Field(max_length=100)] = ""
    disabled: bool = Field(False, description="残疾人优先，由窗口核验")
    appointment_code: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9]*$")] = ""
    prechecked: bool = Field(False, description="材料已经预审")


class TicketsQuery(Paging):
    """Which tickets."""

    day: Omittable[Day] = Field(None, description="缺省为今天")
    state: Omittable[Annotated[str, OneOf(messages.TicketState)]] = None


class CodePath(Params):
    """What the code on a slip opens."""

    code: Code = Field(description="凭证上的查询码")


class Destination(Body):
    """Where a number is sent, and why."""

    to_window_id: Annotated[str, Field(max_length=64)] = ""
    to_lane: Annotated[str, Field(max_length=64)] = ""
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class AtWindow(Body):
    """At which window."""

    window_id: Key


@api.post("/centers/<center>/tickets", responses=gives(messages.Ticket, 201, position=messages.Position))
def take_ticket(path: CenterPath, header: Creating, body: TicketBody) -> Response:
    """取号。"""
    gateway = current_gateway()
    gateway.limits.ticket(client_address())
    answer = ask(
        gateway.clients.queuing.TakeTicket,
        build(pb.TakeTicketRequest, body, center_id=path.center),
        idempotency_key=header.idempotency_key,
    )
    location = f"/api/v1/tickets/{answer.ticket.code}"
    return resource(answer.ticket, 201, location=location, position=answer.position)


@api.get("/centers/<center>/tickets", responses=gives_page(messages.Ticket))
def list_tickets(path: CenterPath, query: TicketsQuery) -> Response:
    """中心一天的号票。"""
    request = build(
        pb.ListTicketsRequest,
        center_id=path.center,
        day=query.day,
        state=query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    answer = ask(current_gateway().clients.queuing.ListTickets, request)
    return page(answer.tickets, answer.next_cursor)


@api.get("/tickets/<ref>", responses=gives(messages.Ticket, position=messages.Position))
def get_ticket(path: NamedPath) -> Response:
    """一张号票及其排队位置；工作人员凭编号，持票人凭查询码。"""
    ticket_id, code = id_or_code(path.ref)
    answer = ask(current_gateway().clients.queuing.GetTicket, pb.GetTicketRequest(ticket_id=ticket_id, code=code))
    return resource(answer.ticket, position=answer.position if answer.HasField("position") else None)


@api.post("/tickets/<id>/recall", responses=gives(messages.Ticket))
def recall_ticket(path: IdPath, header: Editing) -> Response:
    """重呼。"""
    request = pb.RecallTicketRequest(ticket_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.queuing.RecallTicket, request).ticket)


@api.post("/tickets/<id>/miss", responses=gives(messages.Ticket))
def miss_ticket(path: IdPath, header: Editing, body: Reason) -> Response:
    """过号并说明原因。"""
    request = pb.MissTicketRequest(ticket_id=path.id, reason=body.reason, expected_version=header.version)
    return resource(ask(current_gateway().clients.queuing.MissTicket, request).ticket)


@api.post("/tickets/<ref>/return", responses=gives(messages.Ticket, position=messages.Position))
def return_ticket(path: NamedPath) -> Response:
    """过号后重新排队，按中心的规则；持票人凭查询码。"""
    ticket_id, code = id_or_code(path.ref)
    request = pb.ReturnTicketRequest(ticket_id=ticket_id, code=code)
    answer = ask(current_gateway().clients.queuing.ReturnTicket, request)
    return resource(answer.ticket, position=answer.position if answer.HasField("position") else None)


@api.post("/tickets/<id>/transfer", responses=gives(messages.Ticket))
def transfer_ticket(path: IdPath, header: Editing, body: Destination) -> Response:
    """转到其他窗口或队列。"""
    request = build(pb.TransferTicketRequest, body, ticket_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.queuing.TransferTicket, request).ticket)


@api.post("/tickets/<id>/start", responses=gives(messages.Ticket))
def start_serving(path: IdPath, header: Editing) -> Response:
    """开始办理。"""
    request = pb.StartServingRequest(ticket_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.queuing.StartServing, request).ticket)


@api.post("/tickets/<id>/hold", responses=gives(messages.Ticket))
def hold_ticket(path: IdPath, header: Editing, body: Reason) -> Response:
    """挂起，例如等待补齐复印件。"""
    request = pb.HoldTicketRequest(ticket_id=path.id, reason=body.reason, expected_version=header.version)
    return resource(ask(current_gateway().clients.queuing.HoldTicket, request).ticket)


@api.post("/tickets/<id>/resume", responses=gives(messages.Ticket))
def resume_ticket(path: IdPath, header: Editing, body: AtWindow) -> Response:
    """继续办理挂起的号票。"""
    request = pb.ResumeTicketRequest(ticket_id=path.id, window_id=body.window_id, expected_version=header.version)
    return resource(ask(current_gateway().clients.queuing.ResumeTicket, request).ticket)


@api.post("/tickets/<id>/finish", responses=gives(messages.Ticket))
def finish_ticket(path: IdPath, header: Editing) -> Response:
    """办结离窗；随后邀请评价。"""
    request = pb.FinishTicketRequest(ticket_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.queuing.FinishTicket, request).ticket)


@api.post("/tickets/<code>/cancel", responses=gives(messages.Ticket))
def cancel_ticket(path: CodePath) -> Response:
    """持票人凭查询码取消。"""
    return resource(ask(current_gateway().clients.queuing.CancelTicket, pb.CancelTicketRequest(code=path.code)).ticket)
