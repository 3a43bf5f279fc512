"""How long a ticket will wait (rules A08, O02)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.queuing.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Position:
    """Where a waiting ticket stands; the wait is an estimate in seconds."""

    ahead: int
    ahead_capped: bool
    expected_wait_seconds: int
    windows_open: int
    expected_at: datetime
    closing_warning: bool


def mean_seconds(services: Iterable[Ticket], assumed: int) -> dict[str, float]:
    """Mean length of a service by lane, in seconds.

    The assumed length counts as one service more, so that the first short one of the day doesn't promise too much.
    """
    lengths: dict[str, list[float]] = {}
    for ticket in services:
        if ticket.serving_at is not None and ticket.finished_at is not None:
            length = (ticket.finished_at - ticket.serving_at).total_seconds()
            lengths.setdefault(ticket.lane, [float(assumed)]).append(length)
    return {lane: sum(of_lane) / len(of_lane) for lane, of_lane in lengths.items()}


def position(
    *, ahead: int, cap: int, windows_open: int, mean: float, now: datetime, closes_at: datetime | None, warn_min: int
) -> Position:
    """The position of a ticket with ``ahead`` others before it.

    While no window serves the lane, one is assumed. Warns when the expected call is less than ``warn_min`` minutes
    before closing time, or after it.
    """
    wait = round(ahead * mean / max(windows_open, 1))
    expected_at = now + timedelta(seconds=wait)
    late = closes_at is not None and expected_at > closes_at - timedelta(minutes=warn_min)
    return Position(min(ahead, cap), ahead >= cap, wait, windows_open, expected_at, late)
