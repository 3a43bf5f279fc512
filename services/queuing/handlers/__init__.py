"""One function a use case: load, change, one save with its events."""

from services.queuing.handlers.booking import book_appointment, cancel_appointment
from services.queuing.handlers.calling import Called, call_next, recall_ticket
from services.queuing.handlers.days import close_day
from services.queuing.handlers.opening import close_window, open_window, pause_window
from services.queuing.handlers.requeuing import cancel_ticket, return_ticket, transfer_ticket
from services.queuing.handlers.serving import (
    finish_ticket,
    hold_ticket,
    miss_ticket,
    resume_ticket,
    start_serving,
)
from services.queuing.handlers.take import take_ticket

__all__ = [
    "Called",
    "book_appointment",
    "call_next",
    "cancel_appointment",
    "cancel_ticket",
    "close_day",
    "close_window",
    "finish_ticket",
    "hold_ticket",
    "miss_ticket",
    "open_window",
    "pause_window",
    "recall_ticket",
    "resume_ticket",
    "return_ticket",
    "start_serving",
    "take_ticket",
    "transfer_ticket",
]
