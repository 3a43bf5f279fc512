"""One function a use case: load, change, one save with its events."""

from services.complaint.handlers.filing import Filing, file_complaint, reopen_complaint
from services.complaint.handlers.handling import (
    answer_complaint,
    assign_complaint,
    call_back_complaint,
    close_complaint,
    investigate_complaint,
)
from services.complaint.handlers.room import COMPLAINTS, KINDS, SHOWINGS, ComplaintRoom, by_code
from services.complaint.handlers.showing import show_complainant

__all__ = [
    "COMPLAINTS",
    "KINDS",
    "SHOWINGS",
    "ComplaintRoom",
    "Filing",
    "answer_complaint",
    "assign_complaint",
    "by_code",
    "call_back_complaint",
    "close_complaint",
    "file_complaint",
    "investigate_complaint",
    "reopen_complaint",
    "show_complainant",
]
