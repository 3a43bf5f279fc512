"""How long a result is valid, and by when its renewal is applied for (许可法 50)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

#: A result that is valid for so long has no end that anybody could compute.
_LAST = date.max.year


@dataclass(frozen=True, slots=True)
class Validity:
    """From its first to its last day; ``apply_by`` is the last day to apply for its renewal."""

    valid_from: date
    valid_until: date
    apply_by: date


def validity(valid_from: date, months: int, lead_days: int) -> Validity | None:
    """So many months from a day on, the last day being the one before its like (our own choice); None: without an end.

    ``lead_days`` are calendar days: 届满三十日前 is said to the applicant, not of the time to handle it (our own choice).
    """
    years, month = divmod(valid_from.month - 1 + months, 12)
    year = valid_from.year + years
    if not months or year > _LAST:
        return None
    last = min(valid_from.day, calendar.monthrange(year, month + 1)[1])
    # A month that lacks the day ends with its last one.
    until = date(year, month + 1, last) - timedelta(days=last == valid_from.day)
    return Validity(valid_from, until, until - timedelta(days=lead_days))
