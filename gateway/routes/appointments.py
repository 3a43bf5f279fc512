"""Appointments (预约)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Code, Creating, Day, IdNumber, Key, Params
from gateway.requests import client_address
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.queuing.v1 import messages_pb2 as messages
from tongban.queuing.v1 import service_pb2 as pb

api = ResourceRoutes("appointments", "预约")


class AppointmentBody(Body):
    """Who comes when, and for what."""

    item_id: Key
    day: Day = Field(description="日期，如 2026-11-23")
    slot: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="时段开始，如 09:30")]
    id_number: IdNumber | None = None
    holder_name: Annotated[str, Field(max_length=100)] = ""


class AppointmentPath(Params):
    """An appointment, by its code."""

    code: Code


@api.post("/centers/<center>/appointments", responses=gives(messages.Appointment, 201))
def book_appointment(path: CenterPath, header: Creating, body: AppointmentBody) -> Response:
    """预约。"""
    gateway = current_gateway()
    gateway.limits.ticket(client_address())
    request = build(pb.BookAppointmentRequest, body, center_id=path.center)
    answer = ask(gateway.clients.queuing.BookAppointment, request, idempotency_key=header.idempotency_key)
    return resource(answer.appointment, 201)


@api.post("/appointments/<code>/cancel", responses=gives(messages.Appointment))
def cancel_appointment(path: AppointmentPath) -> Response:
    """凭预约码取消预约。"""
    request = pb.CancelAppointmentRequest(code=path.code)
    return resource(ask(current_gateway().clients.queuing.CancelAppointment, request).appointment)
