"""Comparing (核对): the questions that one end asks the other, and how far it has come with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.relay.domain.reconcile import Compared, Report


class Wanted(StrEnum):
    """What is asked for."""

    #: Counts and hashes of a range, by type.
    RANGE = "range"
    #: What the other end has of a range, as the hashes differ.
    ENVELOPES = "envelopes"


@dataclass(frozen=True, slots=True)
class Question:
    """What the other end is asked; its answer names ``id``."""

    id: str
    wanted: Wanted
    #: Whose letters it is about.
    from_site: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Run:
    """One reconciling on its way. ``id`` is the link's."""

    id: str
    report: Report
    #: The directions that are done, and the one at hand.
    done: tuple[Compared, ...] = ()
    compared: Compared | None = None
    #: Numbers that are being compared one by one, as their hashes differ: the next, and the last that is looked at.
    next: int = 0
    until: int = 0
    #: Whether this end has taken back words of its own in the direction at hand.
    adopted: bool = False
    asked: int = 0
    #: ``None``: it is over.
    question: Question | None = None
    version: int = 0
