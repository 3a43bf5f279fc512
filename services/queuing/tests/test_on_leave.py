"""Who is on leave opens no window, calls nobody and begins no service; what is in hand they may end (rules V01)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kit.call import Call
from kit.errors import Forbidden
from reference.testing import CENTER_ID
from services.queuing import handlers
from services.queuing.domain.ticket import Ticket, TicketState
from services.queuing.domain.window import WindowState
from services.queuing.tests.stage import Stage

WINDOW = f"{CENTER_ID}-01"
Acts = dict[str, Callable[[Stage, Call, Ticket], object]]

REFUSED: Acts = {
    "open": lambda stage, by, _: handlers.open_window(hall=stage.hall, call=by, window_id=WINDOW),
    "call": lambda stage, by, _: handlers.call_next(hall=stage.hall, call=by, window_id=WINDOW),
    "recall": lambda stage, by, ticket: handlers.recall_ticket(hall=stage.hall, call=by, ticket_id=ticket.id),
    "start": lambda stage, by, ticket: handlers.start_serving(hall=stage.hall, call=by, ticket_id=ticket.id),
    "resume": lambda stage, by, ticket: handlers.resume_ticket(
        hall=stage.hall, call=by, ticket_id=ticket.id, window_id=WINDOW
    ),
}


def on_leave(stage: Stage) -> Call:
    present = stage.clerk()
    return replace(present, actor=replace(present.actor, away=True, stand_in="李明"))


@pytest.mark.parametrize("act", REFUSED)
def test_who_is_on_leave_is_refused_and_told_who_stands_in(stage: Stage, act: str) -> None:
    stage.open()
    stage.take()
    ticket = stage.called()
    told = stage.events()
    with pytest.raises(Forbidden, match="staff_on_leave") as refused:
        REFUSED[act](stage, on_leave(stage), ticket)
    assert "由李明顶岗办理" in refused.value.message
    assert (stage.stored(ticket), stage.events()) == (ticket, told)


def test_who_goes_on_leave_at_noon_ends_what_is_in_hand_and_closes_the_window(stage: Stage) -> None:
    stage.open()
    stage.take()
    ticket = stage.start(stage.called())
    finished = handlers.finish_ticket(hall=stage.hall, call=on_leave(stage), ticket_id=ticket.id)
    closed = handlers.close_window(hall=stage.hall, call=on_leave(stage), window_id=WINDOW, reason="请假")
    assert (finished.state, closed.state) == (TicketState.FINISHED, WindowState.CLOSED)
