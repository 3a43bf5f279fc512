"""Proto to use case and back."""

from __future__ import annotations

from typing import Any, Final

from kit.call import current_call
from kit.errors import Invalid
from kit.timestamps import to_timestamp
from services.queuing import handlers
from services.queuing.domain.board import Board
from services.queuing.events.protos import (
    STATES,
    appointment_message,
    position_message,
    ticket_message,
    window_message,
)
from services.queuing.handlers.hall import Hall
from services.queuing.queries.board import board_of, window_now, windows_of
from services.queuing.queries.positions import position_of
from services.queuing.queries.tickets import get_ticket, list_tickets
from tongban.queuing.v1 import messages_pb2, service_pb2, service_pb2_grpc

_STATES: Final = {number: state for state, number in STATES.items()}
_PAGE: Final = 50
_LARGEST_PAGE: Final = 200


class QueuingApi(service_pb2_grpc.QueuingServiceServicer):
    """Serves queuing's RPCs."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    # ── Tickets ──────────────────────────────────────────────────────────────────────────────────────────────

    def TakeTicket(self, request: service_pb2.TakeTicketRequest, context: Any) -> service_pb2.TakeTicketResponse:
        call = current_call()
        ticket = handlers.take_ticket(
            hall=self._hall,
            call=call,
            center_id=request.center_id,
            item_id=request.item_id,
            id_number=request.id_number,
            holder_name=request.holder_name,
            disabled=request.disabled,
            appointment_code=request.appointment_code,
            prechecked=request.prechecked,
        )
        position = position_of(hall=self._hall, ticket=ticket, now=call.now)
        return service_pb2.TakeTicketResponse(
            ticket=ticket_message(ticket, with_code=True), position=position_message(position)
        )

    def GetTicket(self, request: service_pb2.GetTicketRequest, context: Any) -> service_pb2.GetTicketResponse:
        call = current_call()
        ticket = get_ticket(hall=self._hall, call=call, ticket_id=request.ticket_id, code=request.code)
        position = position_of(hall=self._hall, ticket=ticket, now=call.now)
        return service_pb2.GetTicketResponse(
            ticket=ticket_message(ticket, with_code=bool(request.code)), position=position_message(position)
        )

    def ListTickets(self, request: service_pb2.ListTicketsRequest, context: Any) -> service_pb2.ListTicketsResponse:
        if request.state and request.state not in _STATES:
            raise Invalid("ticket_state_invalid", "没有这个号票状态，请重新选择。", field="state")
        found = list_tickets(
            hall=self._hall,
            call=current_call(),
            center_id=request.center_id,
            day=request.day,
            state=_STATES.get(request.state),
            limit=min(request.limit, _LARGEST_PAGE) if request.limit > 0 else _PAGE,
            cursor=request.cursor,
        )
        return service_pb2.ListTicketsResponse(
            tickets=[ticket_message(ticket) for ticket in found.items], next_cursor=found.cursor
        )

    def CallNext(self, request: service_pb2.CallNextRequest, context: Any) -> service_pb2.CallNextResponse:
        called = handlers.call_next(hall=self._hall, call=current_call(), window_id=request.window_id)
        ticket = ticket_message(called.ticket) if called.ticket is not None else None
        return service_pb2.CallNextResponse(ticket=ticket, waiting=called.waiting)

    def RecallTicket(self, request: service_pb2.RecallTicketRequest, context: Any) -> service_pb2.RecallTicketResponse:
        ticket = handlers.recall_ticket(
            hall=self._hall,
            call=current_call(),
            ticket_id=request.ticket_id,
            expected_version=request.expected_version,
        )
        return service_pb2.RecallTicketResponse(ticket=ticket_message(ticket))

    def MissTicket(self, request: service_pb2.MissTicketRequest, context: Any) -> service_pb2.MissTicketResponse:
        ticket = handlers.miss_ticket(
            hall=self._hall,
            call=current_call(),
            ticket_id=request.ticket_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return service_pb2.MissTicketResponse(ticket=ticket_message(ticket))

    def ReturnTicket(self, request: service_pb2.ReturnTicketRequest, context: Any) -> service_pb2.ReturnTicketResponse:
        call = current_call()
        ticket = handlers.return_ticket(hall=self._hall, call=call, ticket_id=request.ticket_id, code=request.code)
        position = position_of(hall=self._hall, ticket=ticket, now=call.now)
        return service_pb2.ReturnTicketResponse(
            ticket=ticket_message(ticket, with_code=bool(request.code)), position=position_message(position)
        )

    def TransferTicket(
        self, request: service_pb2.TransferTicketRequest, context: Any
    ) -> service_pb2.TransferTicketResponse:
        ticket = handlers.transfer_ticket(
            hall=self._hall,
            call=current_call(),
            ticket_id=request.ticket_id,
            to_window_id=request.to_window_id,
            to_lane=request.to_lane,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return service_pb2.TransferTicketResponse(ticket=ticket_message(ticket))

    def StartServing(self, request: service_pb2.StartServingRequest, context: Any) -> service_pb2.StartServingResponse:
        ticket = handlers.start_serving(
            hall=self._hall,
            call=current_call(),
            ticket_id=request.ticket_id,
            expected_version=request.expected_version,
        )
        return service_pb2.StartServingResponse(ticket=ticket_message(ticket))

    def HoldTicket(self, request: service_pb2.HoldTicketRequest, context: Any) -> service_pb2.HoldTicketResponse:
        ticket = handlers.hold_ticket(
            hall=self._hall,
            call=current_call(),
            ticket_id=request.ticket_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return service_pb2.HoldTicketResponse(ticket=ticket_message(ticket))

    def ResumeTicket(self, request: service_pb2.ResumeTicketRequest, context: Any) -> service_pb2.ResumeTicketResponse:
        ticket = handlers.resume_ticket(
            hall=self._hall,
            call=current_call(),
            ticket_id=request.ticket_id,
            window_id=request.window_id,
            expected_version=request.expected_version,
        )
        return service_pb2.ResumeTicketResponse(ticket=ticket_message(ticket))

    def FinishTicket(self, request: service_pb2.FinishTicketRequest, context: Any) -> service_pb2.FinishTicketResponse:
        ticket = handlers.finish_ticket(
            hall=self._hall,
            call=current_call(),
            ticket_id=request.ticket_id,
            expected_version=request.expected_version,
        )
        return service_pb2.FinishTicketResponse(ticket=ticket_message(ticket))

    def CancelTicket(self, request: service_pb2.CancelTicketRequest, context: Any) -> service_pb2.CancelTicketResponse:
        ticket = handlers.cancel_ticket(hall=self._hall, call=current_call(), code=request.code)
        return service_pb2.CancelTicketResponse(ticket=ticket_message(ticket, with_code=True))

    # ── Windows and the board ────────────────────────────────────────────────────────────────────────────────

    def OpenWindow(self, request: service_pb2.OpenWindowRequest, context: Any) -> service_pb2.OpenWindowResponse:
        window = handlers.open_window(hall=self._hall, call=current_call(), window_id=request.window_id)
        now = window_now(hall=self._hall, window=window)
        return service_pb2.OpenWindowResponse(window=window_message(now.window, now.ticket))

    def PauseWindow(self, request: service_pb2.PauseWindowRequest, context: Any) -> service_pb2.PauseWindowResponse:
        window = handlers.pause_window(
            hall=self._hall, call=current_call(), window_id=request.window_id, reason=request.reason
        )
        now = window_now(hall=self._hall, window=window)
        return service_pb2.PauseWindowResponse(window=window_message(now.window, now.ticket))

    def CloseWindow(self, request: service_pb2.CloseWindowRequest, context: Any) -> service_pb2.CloseWindowResponse:
        window = handlers.close_window(
            hall=self._hall, call=current_call(), window_id=request.window_id, reason=request.reason
        )
        return service_pb2.CloseWindowResponse(window=window_message(window))

    def ListWindows(self, request: service_pb2.ListWindowsRequest, context: Any) -> service_pb2.ListWindowsResponse:
        windows = windows_of(hall=self._hall, center_id=request.center_id, now=current_call().now)
        return service_pb2.ListWindowsResponse(windows=[window_message(each.window, each.ticket) for each in windows])

    def GetBoard(self, request: service_pb2.GetBoardRequest, context: Any) -> service_pb2.GetBoardResponse:
        return _board(board_of(hall=self._hall, center_id=request.center_id, now=current_call().now))

    def CloseDay(self, request: service_pb2.CloseDayRequest, context: Any) -> service_pb2.CloseDayResponse:
        day = handlers.close_day(hall=self._hall, call=current_call(), center_id=request.center_id, day=request.day)
        return service_pb2.CloseDayResponse(expired=day.expired, windows_closed=day.windows_closed)

    # ── Appointments ─────────────────────────────────────────────────────────────────────────────────────────

    def BookAppointment(
        self, request: service_pb2.BookAppointmentRequest, context: Any
    ) -> service_pb2.BookAppointmentResponse:
        booked = handlers.book_appointment(
            hall=self._hall,
            call=current_call(),
            center_id=request.center_id,
            item_id=request.item_id,
            day=request.day,
            slot=request.slot,
            id_number=request.id_number,
            holder_name=request.holder_name,
        )
        return service_pb2.BookAppointmentResponse(appointment=appointment_message(booked, with_code=True))

    def CancelAppointment(
        self, request: service_pb2.CancelAppointmentRequest, context: Any
    ) -> service_pb2.CancelAppointmentResponse:
        cancelled = handlers.cancel_appointment(hall=self._hall, call=current_call(), code=request.code)
        return service_pb2.CancelAppointmentResponse(appointment=appointment_message(cancelled, with_code=True))


def _board(board: Board) -> service_pb2.GetBoardResponse:
    return service_pb2.GetBoardResponse(
        center_id=board.center_id,
        center_name=board.center_name,
        calls=[
            messages_pb2.BoardCall(
                ticket_number=ticket.number,
                window_number=ticket.window_number,
                called_at=to_timestamp(ticket.announced_at),
                ticket_id=ticket.id,
                calls=ticket.calls,
            )
            for ticket in board.calls
        ],
        lanes=[messages_pb2.BoardLane(lane=each.lane, name=each.name, waiting=each.waiting) for each in board.lanes],
        windows=[window_message(each.window, each.ticket) for each in board.windows],
        at=to_timestamp(board.at),
    )
