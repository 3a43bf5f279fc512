"""What a ticket's holder is known by, and what follows from it (rules A02, A05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.queuing.domain.ticket import Priority


@dataclass(frozen=True, slots=True)
class Holder:
    """Who takes a number: masked, with a keyed hash of the ID number; all empty when nothing was shown."""

    name_masked: str = ""
    id_number_masked: str = ""
    person: str = ""
    born: date | None = None


def age_on(born: date, on: date) -> int:
    """Age in whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def priority_of(holder: Holder, *, on: date, disabled: bool, appointed: bool, senior_age: int) -> Priority:
    """The strongest reason to be called before others (rules A05, A06)."""
    if disabled:
        return Priority.DISABLED
    if holder.born is not None and age_on(holder.born, on) >= senior_age:
        return Priority.SENIOR
    return Priority.APPOINTMENT if appointed else Priority.NORMAL
