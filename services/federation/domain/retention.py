"""How long the scans of a crossing are kept that nothing became of (个人信息保护法 19: no longer than needed).

It was cancelled, refused, withdrawn or not taken over; or it came back, or was begun, and nobody sent it. What is on its way
or was decided keeps its papers: they are the case's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.federation.domain.crossing import Crossing, CrossingState
from services.federation.domain.letters import File

#: After it a crossing is looked at first; the days of a center's setting are no fewer.
FIRST_LOOK: Final = timedelta(days=1)
#: How soon it is looked at again at the latest: a center may change its setting.
LOOK_EVERY: Final = timedelta(days=30)
#: How soon one is looked at again that a complaint is open about.
DISPUTED_AGAIN: Final = timedelta(days=7)

_NOTHING_BECAME: Final = (
    CrossingState.CANCELLED,
    CrossingState.REFUSED,
    CrossingState.WITHDRAWN,
    CrossingState.DECLINED,
)


def over_since(crossing: Crossing) -> datetime | None:
    """Since when nobody works on it any more and nothing became of it; ``None``: its files stay."""
    if crossing.state in _NOTHING_BECAME:
        return crossing.closed_at
    if crossing.state.at_desk:
        return crossing.trouble.at if crossing.trouble is not None else crossing.opened_at
    return None


def look_at(crossing: Crossing) -> datetime | None:
    """When it is to be looked whether its files may go; ``None``: never, as it stands."""
    since = over_since(crossing)
    if since is None or crossing.files_discarded_at is not None:
        return None
    return max(since + FIRST_LOOK, crossing.files_look_at or since)


def scans_of(crossing: Crossing) -> tuple[File, ...]:
    """Every file that a crossing's materials have, each once."""
    found = (scan for material in crossing.materials for scan in material.scans)
    return tuple({scan.sha256: scan for scan in found}.values())


def may_go(crossing: Crossing, days: int, now: datetime) -> bool:
    """Whether ``days`` (0: for ever) are over since nothing became of it."""
    since = over_since(crossing)
    return bool(days) and since is not None and now >= since + timedelta(days=days)


def postponed(crossing: Crossing, days: int, now: datetime, *, disputed: bool) -> Crossing:
    """Looked at again when its days are over, and within a month in any case."""
    since = over_since(crossing) or now
    ends = since + timedelta(days=days)
    again = now + (DISPUTED_AGAIN if disputed else LOOK_EVERY)
    return replace(crossing, files_look_at=min(again, ends) if days and ends > now else again)


def without_files(crossing: Crossing, now: datetime) -> Crossing:
    """The crossing without its scans; what was handed in, and in which form, stays on record."""
    materials = tuple(replace(each, scans=()) for each in crossing.materials)
    return replace(crossing, materials=materials, files_look_at=None, files_discarded_at=now)
