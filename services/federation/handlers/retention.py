"""What federation keeps for how long; agreements, crossings, parts and all that the staff of both ends said stay for good.

Scans of crossings that nothing became of go by the center's own setting: ``handlers.discarding``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kit.pruning import Rule
from services.federation.handlers.desk import REFUSED_LETTERS
from services.federation.handlers.room import COUNTED


def rules(*, counted_days: int, refused_days: int) -> Iterator[Rule]:
    """What days were counted of, and letters that couldn't be used; 0 days: for ever."""
    if counted_days:
        yield Rule(COUNTED, "by_age", timedelta(days=counted_days))
    if refused_days:
        yield Rule(REFUSED_LETTERS, "by_time", timedelta(days=refused_days))
