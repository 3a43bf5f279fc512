"""Who is called next: priority that starves nobody (rules A05).

Each class of ticket has a head start: it counts as if it had come so much earlier. So nobody is passed by a
privileged ticket that came later than that. On top of it, after so many privileged calls in a row at a window an
ordinary ticket is called there if one waits, however many privileged ones stream in. A window has one ticket at a
time, so its calls follow each other and the look back at them is exact, with any number of callers and replicas.

So with no preference of lanes, of ``n`` windows that serve a ticket, the ticket is called after at most
``(older + 1) × (in_row + 1) + n × in_row`` of their calls, ``older`` being the tickets with a smaller rank
(tests/test_fairness.py). A preference of lanes adds a bound in time: nobody is passed by somebody who came later than
the head start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.queuing.domain.ticket import QUEUE_CLASSES, RANKS_PER_MINUTE, Priority, Ticket


@dataclass(frozen=True, slots=True)
class Precedence:
    """A center's setting of who goes first; head starts in minutes."""

    priority_min: int
    appointment_min: int
    lane_step_min: int
    #: Privileged calls at one window after which an ordinary ticket's turn has come.
    in_row: int

    def head_start(self, queue_class: str) -> int:
        """By how many ranks a class counts as earlier."""
        minutes = {"priority": self.priority_min, "appointment": self.appointment_min}.get(queue_class, 0)
        return minutes * RANKS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class Head:
    """The first free ticket of a sub-queue that a window serves.

    ``place`` is the lane's place in the window's order of preference, from 0. ``sent_here``: the ticket was
    transferred to this window; such tickets stand in one queue a lane, in order of rank.
    """

    ticket: Ticket
    place: int = 0
    sent_here: bool = False

    @property
    def ordinary(self) -> bool:
        """Whether it may go in an ordinary ticket's turn."""
        return self.sent_here or self.ticket.priority is Priority.NORMAL


def choose(heads: Sequence[Head], precedence: Precedence, streak: Callable[[], int]) -> Head | None:
    """The one to be called next, or ``None`` without heads.

    ``streak`` tells how many of the window's latest calls, counted back without a gap, were privileged; it's asked
    only where it matters.
    """
    if not heads:
        return None
    first = min(heads, key=lambda head: _score(head, precedence))
    if first.ticket.priority is Priority.NORMAL:
        return first
    ordinary = [head for head in heads if head.ordinary]
    if ordinary and streak() >= precedence.in_row:
        return min(ordinary, key=lambda head: _rank(head, precedence))
    return first


def streak_of(latest_first: Sequence[Ticket]) -> int:
    """How many of a window's latest calls were privileged, counted back to the first that wasn't."""
    for count, ticket in enumerate(latest_first):
        if ticket.priority is Priority.NORMAL:
            return count
    return len(latest_first)


def ranks_ahead(ticket: Ticket, precedence: Precedence) -> dict[str, int]:
    """By class of its lane, the rank below which a waiting ticket is called before this one (turns aside)."""
    own = ticket.rank - precedence.head_start(ticket.priority.queue_class)
    return {queue_class: own + precedence.head_start(queue_class) for queue_class in QUEUE_CLASSES}


def rank_behind(waiting: Sequence[Ticket], places: int, own: int) -> int:
    """The rank just behind the ``places``-th of the tickets at the head of a queue, or behind the last of fewer."""
    return waiting[: max(places, 1)][-1].rank + 1 if waiting else own


def _rank(head: Head, precedence: Precedence) -> int:
    return head.ticket.rank + head.place * precedence.lane_step_min * RANKS_PER_MINUTE


def _score(head: Head, precedence: Precedence) -> int:
    return _rank(head, precedence) - precedence.head_start(head.ticket.priority.queue_class)
