"""What the hall's board shows: the latest calls, who waits, the windows (rules A11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.queuing.domain.ticket import Ticket
from services.queuing.domain.window import HallWindow


@dataclass(frozen=True, slots=True)
class WindowNow:
    """A window and the ticket that is being called or served there."""

    window: HallWindow
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class LaneNow:
    """How many wait in a lane, counted up to a bound."""

    lane: str
    name: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Board:
    """Calls with the latest first."""

    center_id: str
    center_name: str
    calls: tuple[Ticket, ...]
    lanes: tuple[LaneNow, ...]
    windows: tuple[WindowNow, ...]
    at: datetime
