"""Calendars and the public deadline calculator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from flask import Response
from google.protobuf.struct_pb2 import Struct
from pydantic import AfterValidator, Field, WithJsonSchema

from gateway.answers import gives, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Editing, OneOf, Query
from gateway.routing import ResourceRoutes
from gateway.wire import build, free_struct
from kit.workdays.zone import CENTER_ZONE
from tongban.catalog.v1 import messages_pb2 as messages
from tongban.catalog.v1 import service_pb2 as pb

api = ResourceRoutes("calendars", "日历与期限")

_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2}))?$"


def _readable(text: str) -> str:
    moment(text)
    return text


def moment(text: str) -> datetime:
    """A day (its beginning in the center) or a time with its zone. Raises ``ValueError``."""
    at = datetime.fromisoformat(text)
    try:
        return (at if at.tzinfo is not None else at.replace(tzinfo=CENTER_ZONE)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


Moment = Annotated[
    str,
    Field(pattern=_MOMENT),
    AfterValidator(_readable),
    WithJsonSchema({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}),
]


class CalendarBody(Body):
    """A center's own part of its calendar."""

    own: dict[str, Any] = Field(description="本中心的工作时间、节假日、调休、停办安排")


class DeadlineQuery(Query):
    """What to compute."""

    from_: Moment = Field(alias="from", description="起算日期（2026-11-23）或时间（2026-11-23T02:00:00Z）")
    days: int = Field(ge=0, le=3660, description="期限长短；单位由 unit 指明")
    unit: Annotated[str, OneOf(messages.LimitUnit)] = Field("working_day", description="期限单位")


@api.get("/centers/<center>/calendar", responses=gives(messages.Calendar, own=Struct))
def get_calendar(path: CenterPath) -> Response:
    """中心的日历（含上级的安排），及其中本中心自己的部分。"""
    answer = ask(current_gateway().clients.catalog.GetCalendar, pb.GetCalendarRequest(center_id=path.center))
    return resource(answer.calendar, own=answer.own)


@api.put("/centers/<center>/calendar", responses=gives(messages.Calendar))
def put_calendar(path: CenterPath, header: Editing, body: CalendarBody) -> Response:
    """替换本中心自己的日历安排；下级中心随之继承。"""
    request = pb.PutCalendarRequest(center_id=path.center, own=free_struct(body.own), expected_version=header.version)
    return resource(ask(current_gateway().clients.catalog.PutCalendar, request).calendar)


@api.get("/centers/<center>/deadline", responses=gives(messages.Deadline))
def compute_deadline(path: CenterPath, query: DeadlineQuery) -> Response:
    """期限计算器：到期日，以及每一天计入或跳过的理由。"""
    limit = build(messages.Limit, amount=query.days, unit=query.unit)
    request = build(pb.ComputeDeadlineRequest, center_id=path.center, start_at=moment(query.from_), limit=limit)
    return resource(ask(current_gateway().clients.catalog.ComputeDeadline, request).deadline)
