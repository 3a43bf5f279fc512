"""Windows (窗口) of the hall, the board, and the end of the day."""

from __future__ import annotations

import orjson
from flask import Response
from pydantic import Field

from gateway.answers import Responses, event_stream, gives, gives_page, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Day, IdPath, Reason
from gateway.requests import client_address, client_gone
from gateway.routing import ResourceRoutes
from gateway.wire import build, to_json
from tongban.queuing.v1 import messages_pb2 as messages
from tongban.queuing.v1 import service_pb2 as pb

api = ResourceRoutes("windows", "窗口与大屏")

_EVENTS: Responses = {
    "200": {
        "description": "server-sent events：事件名 board，内容为大屏状态（JSON）；无变化时每 15 秒一条注释",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


class DayBody(Body):
    """Which day."""

    day: Day | None = Field(None, description="缺省为今天")


@api.get("/centers/<center>/windows", responses=gives_page(messages.HallWindow))
def list_windows(path: CenterPath) -> Response:
    """中心的窗口及其今天的状态。"""
    request = pb.ListWindowsRequest(center_id=path.center)
    return page(ask(current_gateway().clients.queuing.ListWindows, request).windows)


@api.post("/windows/<id>/call-next", responses=gives(pb.CallNextResponse))
def call_next(path: IdPath) -> Response:
    """叫号；无人等候时 ticket 为 null。"""
    return whole(ask(current_gateway().clients.queuing.CallNext, pb.CallNextRequest(window_id=path.id)))


@api.post("/windows/<id>/open", responses=gives(messages.HallWindow))
def open_window(path: IdPath) -> Response:
    """开窗，由当前登录的人员值守。"""
    return resource(ask(current_gateway().clients.queuing.OpenWindow, pb.OpenWindowRequest(window_id=path.id)).window)


@api.post("/windows/<id>/pause", responses=gives(messages.HallWindow))
def pause_window(path: IdPath, body: Reason) -> Response:
    """暂停服务并说明原因。"""
    request = pb.PauseWindowRequest(window_id=path.id, reason=body.reason)
    return resource(ask(current_gateway().clients.queuing.PauseWindow, request).window)


@api.post("/windows/<id>/close", responses=gives(messages.HallWindow))
def close_window(path: IdPath, body: Reason) -> Response:
    """关窗；未办完的号票须先办结或转出。"""
    request = pb.CloseWindowRequest(window_id=path.id, reason=body.reason)
    return resource(ask(current_gateway().clients.queuing.CloseWindow, request).window)


@api.get("/centers/<center>/board", responses=gives(pb.GetBoardResponse))
def get_board(path: CenterPath) -> Response:
    """大屏现在的内容。"""
    return whole(ask(current_gateway().clients.queuing.GetBoard, pb.GetBoardRequest(center_id=path.center)))


@api.get("/centers/<center>/board/events", responses=_EVENTS)
def follow_board(path: CenterPath) -> Response:
    """大屏的实时更新（server-sent events）。"""
    gateway, address = current_gateway(), client_address()
    most = gateway.limits.boards_of(address)
    return event_stream(gateway.boards.listen(path.center, "json", _as_json, client_gone(), address=address, most=most))


@api.post("/centers/<center>/close-day", responses=gives(pb.CloseDayResponse))
def close_day(path: CenterPath, body: DayBody) -> Response:
    """结束一天：未办的号票作废，窗口关闭；重复调用结果相同。"""
    request = build(pb.CloseDayRequest, body, center_id=path.center)
    return whole(ask(current_gateway().clients.queuing.CloseDay, request))


def _as_json(board: pb.GetBoardResponse) -> str:
    return orjson.dumps(to_json(board)).decode()
