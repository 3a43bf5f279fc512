"""The two clocks of an application, in working days of its center (许可法 32, 82)."""

from __future__ import annotations

from datetime import datetime

from kit.workdays import Limit, Unit, due
from services.intake.handlers.desk import Desk


def notice_due_at(desk: Desk, center_id: str, start_at: datetime) -> datetime:
    """By when the center gives notice or judges (rules C08, ZZ14; 许可法 32): 5 working days, or the center's own."""
    return _due(desk, center_id, start_at, "supplement_notice_days")


def supplement_due_at(desk: Desk, center_id: str, start_at: datetime) -> datetime:
    """By when the applicant hands in what a notice asks for (facts 1)."""
    return _due(desk, center_id, start_at, "supplement_hand_in_days")


def _due(desk: Desk, center_id: str, start_at: datetime, key: str) -> datetime:
    days = desk.reference.policy(center_id).integer(key)
    ends_at = due(start_at, Limit(days, Unit.WORKING_DAY), desk.reference.calendar(center_id)).due_at
    assert ends_at is not None  # noqa: S101 - only an open pause leaves a limit without an end
    return ends_at
