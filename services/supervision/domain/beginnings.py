"""Since when a group listens to a topic: nobody is judged today by what happened before (our own choice).

A group that comes with an upgrade reads retained topics from their start. What they tell was judged by the rules of its
day, or by none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kit.workdays import local_date, local_instant


@dataclass(frozen=True, slots=True)
class Beginning:
    """The day on which a group first listened to a topic."""

    id: str
    since: datetime
    version: int = 0


def beginning_id(group: str, topic: str) -> str:
    """The id that a group's one beginning with a topic must have."""
    return f"{group}@{topic}"


def begin(group: str, topic: str, now: datetime) -> Beginning:
    """A group begins to listen: with the whole day, as other services of a new site may have been up before it."""
    return Beginning(beginning_id(group, topic), local_instant(local_date(now)))
