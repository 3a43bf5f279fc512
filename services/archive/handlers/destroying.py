"""Holding files, and destroying them after their term: proposed by one, approved by another, carried out and told (our own
choice, see ``domain.destruction``).

A list touches several files, each saved by itself: its own document is saved first and says what is to be done, each
file is changed so that doing it again changes nothing, and the alarm does what whoever approved it didn't.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, Stale, Unavailable
from kit.store.repository import check_version
from kit.text import clean
from kit.workdays import local_date
from services.archive.domain import destruction as rules
from services.archive.domain.case_file import CaseFile, FileState, Hold
from services.archive.domain.destruction import Destruction, DestructionLine, DestructionState
from services.archive.domain.events import (
    CaseFileDestroyed,
    CaseFileHeld,
    CaseFileHoldLifted,
    DestructionDecided,
    DestructionProposed,
)
from services.archive.handlers.handing_over import MAX_REASON, MOST_FILES
from services.archive.handlers.room import ArchiveRoom, destruction_missing, holder_of

_RACES: Final = 20


def hold_case_file(*, room: ArchiveRoom, call: Call, file_id: str, reason: str, expected_version: int) -> CaseFile:
    """Keeps a file whatever its term says. Raises as ``destruction.hold``; ``NotFound``, ``Forbidden``, ``Invalid``."""
    file = _own(room, call, file_id)
    check_version(file, expected_version)
    said = clean(reason, field="reason", max_length=MAX_REASON)
    held = rules.hold(file, Hold(said, call.actor.id, call.actor.name, call.now))
    return room.files.save(held, [CaseFileHeld(held, said)], call)


def lift_hold(*, room: ArchiveRoom, call: Call, file_id: str, reason: str, expected_version: int) -> CaseFile:
    """Lets its term count again. Raises as ``destruction.lift``; ``NotFound``, ``Forbidden``, ``Invalid``."""
    file = _own(room, call, file_id)
    check_version(file, expected_version)
    said = clean(reason, field="reason", max_length=MAX_REASON)
    lifted = rules.lift(file)
    return room.files.save(lifted, [CaseFileHoldLifted(lifted, said)], call)


def propose_destruction(
    *, room: ArchiveRoom, call: Call, center_id: str, file_ids: Sequence[str], reason: str
) -> Destruction:
    """A list of files whose term is over and that nothing holds.

    Raises ``Invalid`` (``files_missing``, ``files_too_many``), ``Conflict`` (``files_kept``: which and why),
    ``NotFound``, ``Forbidden``.
    """
    call.actor.require_center(center_id)
    before = room.destructions.created_before(call)
    if before is not None:
        return before
    wanted = tuple(dict.fromkeys(file_ids))
    if not wanted:
        raise Invalid("files_missing", "请选择要销毁的案卷。", field="file_ids")
    if len(wanted) > MOST_FILES:
        raise Invalid("files_too_many", f"一次最多列入 {MOST_FILES} 卷，请分批提出。", field="file_ids")
    said = clean(reason, field="reason", max_length=MAX_REASON)
    files = [_own(room, call, file_id) for file_id in wanted]
    if any(file.center_id != center_id for file in files):
        raise Forbidden("center_not_allowed", "所选案卷不属于本中心，请核对。", center=center_id)
    today = local_date(call.now)
    kept = [f"{file.number}：{why}" for file in files if (why := rules.why_kept(file, today))]
    if kept:
        raise Conflict("files_kept", f"有 {len(kept)} 卷不能销毁：{kept[0]}", kept=kept[:20])
    year = today.year
    sequence = room.destructions.store.next_number(f"destruction:{center_id}:{year}")
    proposed = Destruction(
        id=room.ids.new_id(call.now),
        number=f"XH{center_id}-{year}-{sequence:05d}",
        center_id=center_id,
        state=DestructionState.PROPOSED,
        reason=said,
        lines=tuple(map(rules.line_of, files)),
        proposed_by_id=call.actor.id,
        proposed_by_name=call.actor.name,
        proposed_at=call.now,
        opened_at=call.now,
    )
    return room.destructions.create(proposed, [DestructionProposed(proposed)], call)


def decide_destruction(
    *, room: ArchiveRoom, call: Call, destruction_id: str, approved: bool, opinion: str, expected_version: int
) -> Destruction:
    """Approves a list, and carries it out, or rejects it. Raises as ``destruction.decide``; ``NotFound``, ``Invalid``."""
    destruction = get_destruction(room=room, call=call, destruction_id=destruction_id)
    check_version(destruction, expected_version)
    said = clean(opinion, field="opinion", max_length=MAX_REASON)
    decided = rules.decide(destruction, call.actor.id, call.actor.name, said, call.now, approved=approved)
    saved = room.destructions.save(decided, [DestructionDecided(decided)], call)
    return _carried_out(room, call, saved) if approved else saved


def get_destruction(*, room: ArchiveRoom, call: Call, destruction_id: str) -> Destruction:
    """A list of the actor's center. Raises ``NotFound``."""
    destruction = room.destructions.get(destruction_id)
    if destruction.center_id not in call.actor.centers:
        raise destruction_missing(destruction_id)
    return destruction


def carrying_out(room: ArchiveRoom) -> Alarm:
    """Lists that were approved and left in the middle."""

    def finish(destruction: Destruction, call: Call) -> None:
        _carried_out(room, call, destruction)

    return Alarm("archive.destructions", room.destructions, finish)


def _carried_out(room: ArchiveRoom, call: Call, destruction: Destruction) -> Destruction:
    lines = tuple(_destroyed(room, call, destruction, line) for line in destruction.lines)
    return room.destructions.save(rules.done(destruction, lines, call.now), [], call)


def _destroyed(room: ArchiveRoom, call: Call, destruction: Destruction, line: DestructionLine) -> DestructionLine:
    """The line with why its file was kept, if it was: what holds it since is looked at anew."""
    holder = holder_of(line.file_id)
    for _ in range(_RACES):
        file = room.files.get(line.file_id)
        if file.state is FileState.DESTROYED and file.destruction_number == destruction.number:
            room.uses.release(call, holder, room.uses.held_by(holder))
            return line
        kept = rules.why_kept(file, local_date(call.now))
        if kept:
            return replace(line, kept_because=kept)
        gone = rules.destroyed(file, destruction.number, call.now)
        try:
            room.files.save(gone, [CaseFileDestroyed(gone)], call)
        except Stale:
            continue
        room.uses.release(call, holder, room.uses.held_by(holder))
        return line
    raise Unavailable("files_contended", "案卷正被多处更新，请稍后重试。", id=line.file_id)


def _own(room: ArchiveRoom, call: Call, file_id: str) -> CaseFile:
    file = room.files.get(file_id)
    call.actor.require_center(file.center_id)
    return file
