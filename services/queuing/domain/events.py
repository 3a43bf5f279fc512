"""What happened in the hall, named like the messages of events.proto."""

from __future__ import annotations

from dataclasses import dataclass

from services.queuing.domain.appointment import Appointment
from services.queuing.domain.ticket import Ticket
from services.queuing.domain.window import HallWindow


@dataclass(frozen=True, slots=True)
class TicketTaken:
    """A number was taken (取号)."""

    ticket: Ticket
    rules: str = "rules A01, A02"


@dataclass(frozen=True, slots=True)
class TicketCalled:
    """A number was called to a window (叫号)."""

    ticket: Ticket
    rules: str = "rules A01, A05"


@dataclass(frozen=True, slots=True)
class TicketRecalled:
    """A called number was called again."""

    ticket: Ticket
    rules: str = "rules A01"


@dataclass(frozen=True, slots=True)
class TicketMissed:
    """A called number did not come (过号)."""

    ticket: Ticket
    rules: str = "facts 8"


@dataclass(frozen=True, slots=True)
class TicketReturned:
    """A missed number came back by the center's rule."""

    ticket: Ticket
    rules: str = "facts 8"


@dataclass(frozen=True, slots=True)
class TicketTransferred:
    """A number was sent to another window or lane (转号)."""

    ticket: Ticket
    from_window_id: str
    reason: str
    rules: str = "rules A10"


@dataclass(frozen=True, slots=True)
class ServingStarted:
    """Service began at the window."""

    ticket: Ticket
    rules: str = "rules A21"


@dataclass(frozen=True, slots=True)
class TicketHeld:
    """Service was put aside."""

    ticket: Ticket
    reason: str
    rules: str = "rules C06"


@dataclass(frozen=True, slots=True)
class TicketResumed:
    """Service went on after a hold."""

    ticket: Ticket
    rules: str = "rules C06"


@dataclass(frozen=True, slots=True)
class TicketFinished:
    """Service ended; the visit may be evaluated."""

    ticket: Ticket
    rules: str = "rules Q04"


@dataclass(frozen=True, slots=True)
class TicketCancelled:
    """Its holder gave it up."""

    ticket: Ticket
    rules: str = "rules A08"


@dataclass(frozen=True, slots=True)
class TicketExpired:
    """It was left over at day end."""

    ticket: Ticket
    rules: str = "rules A09, O01"


@dataclass(frozen=True, slots=True)
class WindowOpened:
    """A window opened, or went on after a pause."""

    window: HallWindow
    rules: str = "rules B07"


@dataclass(frozen=True, slots=True)
class WindowPaused:
    """A window paused; told again when the pause has become too long."""

    window: HallWindow
    rules: str = "rules B02, B04"


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """A window closed."""

    window: HallWindow
    rules: str = "rules B03, B08"


@dataclass(frozen=True, slots=True)
class AppointmentBooked:
    """A time was booked."""

    appointment: Appointment
    rules: str = "rules A06; facts 8"


@dataclass(frozen=True, slots=True)
class AppointmentEnded:
    """A booked time was given up or passed unused."""

    appointment: Appointment
    rules: str = "rules A06; facts 8"
