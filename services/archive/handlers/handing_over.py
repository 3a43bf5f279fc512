"""Handing files over: bound to a list, confirmed or returned by the named receiver (rules J02).

A hand-over touches several documents, each saved by itself. Its own document is saved first and says what is to be done;
each of the others is changed so that doing it again changes nothing; and the alarm does what whoever began it didn't.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, Stale, Unavailable
from kit.store.repository import check_version
from kit.text import clean
from kit.workdays import local_date
from services.archive.domain import case_file as files
from services.archive.domain import hand_over as lists
from services.archive.domain.case_file import CaseFile
from services.archive.domain.entries import contents_of, head_of
from services.archive.domain.events import (
    ArchiveHandOverConfirmed,
    ArchiveHandOverProposed,
    ArchiveHandOverReturned,
    CaseFileHandedOver,
    CaseFileOverdue,
)
from services.archive.domain.hand_over import Answering, HandOver, HandOverState, Line
from services.archive.handlers.inspecting import Inspection, inspect
from services.archive.handlers.room import ArchiveRoom, hand_over_missing, seen_file

#: Files that one list may have. Our own choice.
MOST_FILES: Final = 200
MAX_REASON: Final = 500
#: When the alarm takes up what whoever began it didn't finish.
_PATIENCE: Final = timedelta(seconds=30)
_RACES: Final = 20


def propose_hand_over(
    *,
    room: ArchiveRoom,
    call: Call,
    center_id: str,
    file_ids: Sequence[str],
    receiver_id: str,
    receiver_name: str,
) -> HandOver:
    """Binds filed files to a list and asks its receiver, or the center's archivists; what another list has is left out.

    Raises ``Invalid`` (``files_missing``, ``files_too_many``), ``NotFound``, ``Forbidden``.
    """
    call.actor.require_center(center_id)
    before = room.hand_overs.created_before(call)
    if before is None:
        wanted = tuple(dict.fromkeys(file_ids))
        if not wanted:
            raise Invalid("files_missing", "请选择要移交的案卷。", field="file_ids")
        if len(wanted) > MOST_FILES:
            raise Invalid("files_too_many", f"一次最多移交 {MOST_FILES} 卷，请分批移交。", field="file_ids")
        for file_id in wanted:
            if seen_file(room, call, file_id).center_id != center_id:
                raise Forbidden("center_not_allowed", "所选案卷不属于本中心，请核对。", id=file_id)
        year = local_date(call.now).year
        sequence = room.hand_overs.store.next_number(f"archive_hand_over:{center_id}:{year}")
        opened = HandOver(
            id=room.ids.new_id(call.now),
            number=f"YJ{center_id}-{year}-{sequence:05d}",
            center_id=center_id,
            state=HandOverState.PREPARING,
            wanted=wanted,
            handed_by_id=call.actor.id,
            handed_by_name=call.actor.name,
            receiver_id=clean(receiver_id, field="receiver_id", max_length=64, required=False),
            receiver_name=clean(receiver_name, field="receiver_name", max_length=100, required=bool(receiver_id)),
            opened_at=call.now,
            settles_at=call.now + _PATIENCE,
        )
        before = room.hand_overs.create(opened, [], call)
    return _bound(room, call, before) if before.state is HandOverState.PREPARING else before


def confirm_hand_over(
    *, room: ArchiveRoom, call: Call, hand_over_id: str, list_sha256: str, expected_version: int
) -> HandOver:
    """The receiver has it, with everything as the list says, and signs for it (rules J02).

    Raises as ``hand_over.confirm``; ``Conflict`` (``package_damaged``), ``NotFound``, ``Stale``.
    """
    hand_over = room.hand_overs.get(hand_over_id)
    check_version(hand_over, expected_version)
    confirmed = lists.confirm(hand_over, _answering(call, hand_over), list_sha256, call.now)
    troubles = inspect(room, hand_over).troubles
    if troubles:
        raise Conflict(
            "package_damaged",
            f"有 {len(troubles)} 处与移交清单不符，不能接收，请核对后逐卷退回。",
            id=hand_over.id,
            troubles=[f"{each.number}：{each.what}" for each in troubles][:20],
        )
    return _settled(room, call, room.hand_overs.save(confirmed, [ArchiveHandOverConfirmed(confirmed)], call))


def check_hand_over(*, room: ArchiveRoom, call: Call, hand_over_id: str) -> Inspection:
    """Everything of it hashed anew, for whoever is to receive it. Raises as ``hand_over.require_receiver``; ``NotFound``."""
    hand_over = room.hand_overs.get(hand_over_id)
    lists.require_receiver(hand_over, _answering(call, hand_over))
    return inspect(room, hand_over)


def return_hand_over(
    *,
    room: ArchiveRoom,
    call: Call,
    hand_over_id: str,
    reason: str,
    expected_version: int,
    of_lines: Mapping[str, str] | None = None,
) -> HandOver:
    """The receiver returns it with a reason, or one for each line (rules J02). Raises as ``hand_over.send_back``."""
    hand_over = room.hand_overs.get(hand_over_id)
    check_version(hand_over, expected_version)
    said = clean(reason, field="reason", max_length=MAX_REASON, multiline=True, required=False)
    why = {
        id: clean(each, field="lines", max_length=MAX_REASON, multiline=True) for id, each in (of_lines or {}).items()
    }
    returned = lists.send_back(hand_over, _answering(call, hand_over), said, why, call.now)
    return _settled(room, call, room.hand_overs.save(returned, [ArchiveHandOverReturned(returned)], call))


def side_of(room: ArchiveRoom, call: Call, hand_over_id: str, *, onlookers: tuple[str, ...]) -> HandOver:
    """A hand-over for its two sides, and for these roles of its center. Raises ``NotFound``."""
    hand_over = room.hand_overs.get(hand_over_id)
    if call.actor.id in (hand_over.handed_by_id, hand_over.receiver_id) or _answering(call, hand_over).archivist:
        return hand_over
    if not call.actor.has(*onlookers) or hand_over.center_id not in call.actor.centers:
        raise hand_over_missing(hand_over_id)
    return hand_over


def _answering(call: Call, hand_over: HandOver) -> Answering:
    actor = call.actor
    return Answering(actor.id, actor.name, actor.has("archivist") and hand_over.center_id in actor.centers)


def alarms(room: ArchiveRoom) -> list[Alarm]:
    """Hand-overs that were left in the middle, and files over their time."""

    def finish(hand_over: HandOver, call: Call) -> None:
        (_bound if hand_over.state is HandOverState.PREPARING else _settled)(room, call, hand_over)

    def tell_overdue(file: CaseFile, call: Call) -> None:
        told, what = files.overdue(file, call.now)
        room.files.save(told, [CaseFileOverdue(told, each) for each in what], call)

    return [
        Alarm("archive.hand_overs", room.hand_overs, finish),
        Alarm("archive.overdue", room.files, tell_overdue),
    ]


def _bound(room: ArchiveRoom, call: Call, hand_over: HandOver) -> HandOver:
    """Its files bound, and its receiver asked."""
    lines, left_out = [], []
    for file_id in hand_over.wanted:
        file = _changed(room, call, file_id, lambda each: files.bind(each, hand_over.id))
        if file is None:
            left_out.append(file_id)
        else:
            lines.append(_line(file))
    proposed = lists.propose(hand_over, tuple(lines), tuple(left_out), call.now)
    events = [ArchiveHandOverProposed(proposed)] if lines else [ArchiveHandOverReturned(proposed)]
    return room.hand_overs.save(proposed, events, call)


def _settled(room: ArchiveRoom, call: Call, hand_over: HandOver) -> HandOver:
    """Its files handed over, or free again."""
    confirmed = hand_over.state is HandOverState.CONFIRMED
    at = hand_over.answered_at or call.now
    for line in hand_over.lines:

        def told(file: CaseFile, upto: int = line.last_entry) -> CaseFile:
            if confirmed:
                return files.hand_over(file, hand_over.id, upto, at)
            return files.release(file, hand_over.id)

        _changed(room, call, line.file_id, told)
    return room.hand_overs.save(lists.settled(hand_over), [], call)


def _changed(
    room: ArchiveRoom, call: Call, file_id: str, change: Callable[[CaseFile], CaseFile | None]
) -> CaseFile | None:
    """The file after a change, saved if there was one; None where it can't be made."""
    for _ in range(_RACES):
        file = room.files.get(file_id)
        after = change(file)
        if after is None or after == file:
            return after
        handed = after.handed_upto > file.handed_upto
        try:
            return room.files.save(after, [CaseFileHandedOver(after)] if handed else [], call)
        except Stale:
            continue
    raise Unavailable("files_contended", "案卷正被多处更新，请稍后重试。", id=file_id)


def _line(file: CaseFile) -> Line:
    if file.retention is None:
        raise ValueError("a filed file has its retention")
    return Line(
        file_id=file.id,
        number=file.number,
        item_name=file.item_name,
        first_entry=file.handed_upto + 1,
        last_entry=file.filed_upto,
        head=head_of(file.entries, file.filed_upto),
        retention=file.retention,
        contents=contents_of(file.contents(file.handed_upto + 1, file.filed_upto)),
    )
