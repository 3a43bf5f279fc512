"""Reads that show nobody in full: lists of files and of hand-overs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kit.call import Call
from kit.clock import to_ms
from kit.errors import Invalid
from kit.store.port import Range
from kit.store.repository import Found
from kit.workdays import local_date, local_instant
from services.archive.domain.case_file import CaseHead, FileState
from services.archive.domain.destruction import Destruction
from services.archive.domain.hand_over import HandOver, HandOverState
from services.archive.handlers import ArchiveRoom

_PAGE = 50
_LONGEST_PAGE = 200


def list_case_files(
    *,
    room: ArchiveRoom,
    call: Call,
    center_id: str,
    number: str,
    state: FileState | None,
    item_id: str,
    from_date: str,
    to_date: str,
    incomplete: bool,
    expired: bool,
    limit: int,
    cursor: str,
) -> Found[CaseHead]:
    """A center's files, the latest first: of a number, or of one of item, incomplete, expired, state, within days of opening.

    Raises ``Forbidden``, ``Invalid`` (``filters_together``, ``date_invalid``, ``cursor_invalid``).
    """
    call.actor.require_center(center_id)
    if number:
        return room.heads.find("by_number", center_id=center_id, number=number.strip()[:60])
    if sum((bool(item_id), incomplete, expired, state is not None)) > 1:
        raise Invalid("filters_together", "事项、状态、待补齐和期满不能同时筛选，请只选一项。", field="item_id")
    how: dict[str, Any] = {
        "range": _opened(from_date, to_date),
        "descending": True,
        "limit": page_size(limit),
        "cursor": cursor,
        "center_id": center_id,
    }
    if expired:
        over = Range(None, local_date(call.now).isoformat())
        how |= {"range": over, "descending": False}
        return room.heads.find("by_expiry", **how)
    if item_id:
        return room.heads.find("by_item", item_id=item_id, **how)
    if incomplete:
        return room.heads.find("by_lacking", lacking=True, **how)
    if state is not None:
        return room.heads.find("by_state", state=state.value, **how)
    return room.heads.find("by_center", **how)


def list_hand_overs(
    *, room: ArchiveRoom, call: Call, center_id: str, to_me: bool, limit: int, cursor: str
) -> Found[HandOver]:
    """A center's hand-overs, the latest first, or those that wait for the asker's word. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    size = page_size(limit)
    if to_me and call.actor.has("archivist"):
        return room.hand_overs.find(
            "by_center_receiver",
            descending=True,
            limit=size,
            cursor=cursor,
            center_id=center_id,
            receiver_id=("", call.actor.id),
            state=HandOverState.PROPOSED.value,
        )
    if to_me or not call.actor.has("clerk", "chief", "supervisor", "manager", "archivist"):
        return room.hand_overs.find(
            "by_receiver",
            descending=True,
            limit=size,
            cursor=cursor,
            receiver_id=call.actor.id,
            state=HandOverState.PROPOSED.value,
        )
    return room.hand_overs.find("by_center", descending=True, limit=size, cursor=cursor, center_id=center_id)


def list_destructions(*, room: ArchiveRoom, call: Call, center_id: str, limit: int, cursor: str) -> Found[Destruction]:
    """A center's lists of files to be destroyed, the latest first. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    return room.destructions.find(
        "by_center", descending=True, limit=page_size(limit), cursor=cursor, center_id=center_id
    )


def page_size(limit: int) -> int:
    """How many one answer holds."""
    return min(limit, _LONGEST_PAGE) if limit > 0 else _PAGE


def _opened(from_date: str, to_date: str) -> Range:
    try:
        first = date.fromisoformat(from_date) if from_date else None
        last = date.fromisoformat(to_date) + timedelta(days=1) if to_date else None
    except (ValueError, OverflowError) as error:
        raise Invalid("date_invalid", "日期应为 2026-11-23 的形式，请更正。", field="from_date") from error
    return Range(
        None if first is None else to_ms(local_instant(first)), None if last is None else to_ms(local_instant(last))
    )
