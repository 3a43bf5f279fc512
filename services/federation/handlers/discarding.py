"""Scans of crossings that nothing became of: they go when the center's time for keeping them is over.

The crossing is saved without them first, with an event; what hears that event lets go of the files themselves, here and
at relay, so that a crash in between leaves files and no crossing that names one which is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from kit.call import Call
from kit.events import DomainEvent
from services.federation.domain import collecting, retention
from services.federation.domain.crossing import Crossing
from services.federation.domain.events import CrossingCancelled, CrossingFilesDiscarded
from services.federation.handlers.desk import Desk


def look(*, desk: Desk, call: Call, crossing: Crossing, disputed: bool) -> None:
    """Lets its files go, or looks again later. One that nobody sent is cancelled with it. Raises ``Stale``."""
    days = desk.reference.policy(crossing.center_id).integer("crossing_files_days")
    if disputed or not retention.may_go(crossing, days, call.now):
        later = retention.postponed(crossing, days, call.now, disputed=disputed)
        desk.crossings.save(later, [], call)
        return
    files = {scan.sha256 for scan in retention.scans_of(crossing)} | set(desk.uses.held_by(holder_of(crossing.id)))
    events: list[DomainEvent] = []
    if crossing.state.at_desk:
        crossing = collecting.cancel(crossing, now=call.now)
        events = [CrossingCancelled(crossing)]
    bare = retention.without_files(crossing, call.now)
    if files:
        events.append(CrossingFilesDiscarded(bare, tuple(sorted(files)), days))
    desk.crossings.save(bare, events, call)


def let_go(*, desk: Desk, call: Call, crossing_id: str, files: Sequence[str]) -> None:
    """The crossing was saved without these; again without effect. Raises ``Unavailable``."""
    desk.uses.release(call, holder_of(crossing_id), files)


def holder_of(crossing_id: str) -> str:
    """What a crossing is called where it is noted who refers to a file."""
    return f"crossing/{crossing_id}"
