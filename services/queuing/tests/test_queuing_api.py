"""What comes over the wire: every RPC once, through the real servicer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kit.call import Call, enter_call, leave_call
from kit.errors import Invalid
from kit.events import event_type
from kit.store.sqlite import SqliteStore
from kit.timestamps import from_timestamp
from reference.testing import CENTER_ID, ITEM_ID
from services.queuing.domain import events as domain_events
from services.queuing.events import TABLE
from services.queuing.grpc_api import QueuingApi
from services.queuing.tests.stage import TODAY, Stage, id_number
from tongban.queuing.v1 import events_pb2
from tongban.queuing.v1 import messages_pb2 as messages
from tongban.queuing.v1 import service_pb2 as service

WINDOW = f"{CENTER_ID}-01"


@contextmanager
def calling(call: Call) -> Iterator[None]:
    token = enter_call(call)
    try:
        yield
    finally:
        leave_call(token)


@pytest.fixture
def api(stage: Stage) -> QueuingApi:
    return QueuingApi(stage.hall)


def taken(stage: Stage, api: QueuingApi) -> messages.Ticket:
    with calling(stage.public()):
        return api.TakeTicket(service.TakeTicketRequest(center_id=CENTER_ID, item_id=ITEM_ID), None).ticket


def test_a_visit_over_the_wire(stage: Stage, api: QueuingApi) -> None:
    with calling(stage.public()):
        answer = api.TakeTicket(
            service.TakeTicketRequest(center_id=CENTER_ID, item_id=ITEM_ID, id_number=id_number(), holder_name="张三"),
            None,
        )
    ticket = answer.ticket
    assert (ticket.number, ticket.state, ticket.priority) == (
        "A001",
        messages.TICKET_STATE_WAITING,
        messages.PRIORITY_NORMAL,
    )
    assert (ticket.holder_masked, ticket.id_number_masked[6:14], ticket.day) == ("张*", "********", TODAY)
    assert from_timestamp(ticket.taken_at) == stage.clock.now()
    assert not ticket.HasField("called_at")
    assert len(ticket.code) == 26
    assert (answer.position.ahead, answer.position.windows_open) == (0, 0)
    with calling(stage.clerk()):
        assert (
            api.OpenWindow(service.OpenWindowRequest(window_id=WINDOW), None).window.state == messages.WINDOW_STATE_OPEN
        )
        called = api.CallNext(service.CallNextRequest(window_id=WINDOW), None)
        assert (called.ticket.number, called.ticket.window_number, called.waiting) == ("A001", "01", 0)
        id = called.ticket.id
        recalled = api.RecallTicket(service.RecallTicketRequest(ticket_id=id), None).ticket
        assert recalled.calls == 2
        missed = api.MissTicket(service.MissTicketRequest(ticket_id=id, reason="未到"), None).ticket
        assert missed.miss_reason == "未到"
    with calling(stage.public()):
        returned = api.ReturnTicket(service.ReturnTicketRequest(code=ticket.code), None)
        assert returned.HasField("position")
        assert returned.ticket.state == messages.TICKET_STATE_WAITING
    with calling(stage.clerk()):
        again = api.CallNext(service.CallNextRequest(window_id=WINDOW), None).ticket
        serving = api.StartServing(
            service.StartServingRequest(ticket_id=id, expected_version=again.version), None
        ).ticket
        api.HoldTicket(service.HoldTicketRequest(ticket_id=id, reason="复印"), None)
        api.ResumeTicket(service.ResumeTicketRequest(ticket_id=id, window_id=WINDOW), None)
        sent = api.TransferTicket(
            service.TransferTicketRequest(ticket_id=id, to_lane="insurance", reason="另需参保"), None
        ).ticket
        assert (sent.lane, sent.journey) == ("insurance", ticket.journey)
        api.CallNext(service.CallNextRequest(window_id=WINDOW), None)
        api.StartServing(service.StartServingRequest(ticket_id=id), None)
        finished = api.FinishTicket(service.FinishTicketRequest(ticket_id=id), None).ticket
        assert finished.state == messages.TICKET_STATE_FINISHED
        assert finished.version > serving.version
        assert api.PauseWindow(service.PauseWindowRequest(window_id=WINDOW, reason="交接"), None).window.pause_reason
        closed = api.CloseWindow(service.CloseWindowRequest(window_id=WINDOW, reason="下班"), None).window
        assert closed.state == messages.WINDOW_STATE_CLOSED
    names = stage.event_names()
    for name in ("recalled", "missed", "returned", "held", "resumed", "transferred", "finished"):
        assert names.count(f"ticket_{name}") == 1


def test_that_nobody_waits_leaves_the_ticket_out(stage: Stage, api: QueuingApi) -> None:
    with calling(stage.clerk()):
        api.OpenWindow(service.OpenWindowRequest(window_id=WINDOW), None)
        assert not api.CallNext(service.CallNextRequest(window_id=WINDOW), None).HasField("ticket")


def test_the_code_comes_back_to_its_holder_only(stage: Stage, api: QueuingApi) -> None:
    ticket = taken(stage, api)
    with calling(stage.public()):
        by_code = api.GetTicket(service.GetTicketRequest(code=ticket.code), None)
        assert by_code.ticket.code == ticket.code
        assert by_code.HasField("position")
    with calling(stage.clerk()):
        assert api.GetTicket(service.GetTicketRequest(ticket_id=ticket.id), None).ticket.code == ""
        listed = api.ListTickets(service.ListTicketsRequest(center_id=CENTER_ID), None).tickets
        assert [(each.id, each.code) for each in listed] == [(ticket.id, "")]
        api.OpenWindow(service.OpenWindowRequest(window_id=WINDOW), None)
        assert api.CallNext(service.CallNextRequest(window_id=WINDOW), None).ticket.code == ""
    with calling(stage.public()):
        board = api.GetBoard(service.GetBoardRequest(center_id=CENTER_ID), None)
        assert ticket.code.encode() not in board.SerializeToString()
        assert api.CancelTicket(service.CancelTicketRequest(code=ticket.code), None).ticket.code == ticket.code


def test_the_board_and_the_windows_over_the_wire(stage: Stage, api: QueuingApi) -> None:
    stage.take()
    stage.take(item_id="item-card")
    stage.open()
    called = stage.called()
    with calling(stage.public()):
        board = api.GetBoard(service.GetBoardRequest(center_id=CENTER_ID), None)
        windows = api.ListWindows(service.ListWindowsRequest(center_id=CENTER_ID), None).windows
    assert [(call.ticket_number, call.window_number, call.calls) for call in board.calls] == [("A001", "01", 1)]
    assert [(lane.name, lane.waiting) for lane in board.lanes] == [("企业开办", 0), ("社保医保", 1)]
    assert board.center_name == "样例政务服务中心"
    assert [window.ticket_id for window in windows] == [called.id, "", ""]
    assert list(board.windows) == list(windows)


def test_pages_have_a_sensible_size(stage: Stage, api: QueuingApi) -> None:
    for _ in range(3):
        stage.take()
    with calling(stage.manager()):
        for limit, found in ((2, 2), (0, 3), (-5, 3), (1_000_000, 3)):
            answer = api.ListTickets(service.ListTicketsRequest(center_id=CENTER_ID, limit=limit), None)
            assert len(answer.tickets) == found
        waiting = service.ListTicketsRequest(center_id=CENTER_ID, state=messages.TICKET_STATE_WAITING, day=TODAY)
        assert len(api.ListTickets(waiting, None).tickets) == 3
        with pytest.raises(Invalid, match="ticket_state_invalid"):
            api.ListTickets(service.ListTicketsRequest(center_id=CENTER_ID, state=99), None)  # type: ignore[arg-type]


def test_the_day_end_over_the_wire(stage: Stage, api: QueuingApi) -> None:
    stage.take()
    stage.open()
    with calling(stage.manager()):
        for _ in range(2):
            closed = api.CloseDay(service.CloseDayRequest(center_id=CENTER_ID), None)
            assert (closed.expired, closed.windows_closed) == (1, 1)


def test_an_appointment_over_the_wire(stage: Stage, api: QueuingApi) -> None:
    with calling(stage.public()):
        booked = api.BookAppointment(
            service.BookAppointmentRequest(
                center_id=CENTER_ID, item_id=ITEM_ID, day="2026-11-24", slot="10:00", id_number=id_number()
            ),
            None,
        ).appointment
        assert (booked.state, booked.slot, len(booked.code)) == ("booked", "10:00", 26)
        cancelled = api.CancelAppointment(service.CancelAppointmentRequest(code=booked.code), None).appointment
    assert (cancelled.state, cancelled.journey) == ("cancelled", booked.journey)


def test_every_event_of_the_proto_is_told_by_a_domain_event_of_the_same_name(
    stage: Stage, database: SqliteStore
) -> None:
    declared = set(events_pb2.DESCRIPTOR.message_types_by_name)
    assert {event.__name__ for event in TABLE} == declared
    assert {name for name in vars(domain_events) if name in declared} == declared
    ticket = stage.take()
    event = database.pending(1)[0].event
    assert (event.type, event.subject, event.journey) == (
        event_type("queuing", "TicketTaken"),
        ticket.id,
        ticket.journey,
    )
    assert events_pb2.TicketTaken.FromString(event.data).ticket.number == "A001"
