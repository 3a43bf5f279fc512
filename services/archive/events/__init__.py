"""Events out with their messages, and in: what other services tell of their cases."""

from services.archive.events.messages import (
    FILE_STATES,
    case_file_message,
    destruction_message,
    entry_message,
    hand_over_message,
    whole_file_message,
)
from services.archive.events.subscriptions import subscription
from services.archive.events.table import TABLE

__all__ = [
    "FILE_STATES",
    "TABLE",
    "case_file_message",
    "destruction_message",
    "entry_message",
    "hand_over_message",
    "subscription",
    "whole_file_message",
]
