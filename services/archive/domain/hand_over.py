"""Handing files over with a list that both sides say yes to (移交, rules J02)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Forbidden
from services.archive.domain.case_file import Retention
from services.archive.domain.entries import in_ms


class HandOverState(StrEnum):
    """Life of a hand-over."""

    PREPARING = "preparing"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Line:
    """The lines of one file that go with it, as they were bound. ``head`` covers its contents list up to the last."""

    file_id: str
    number: str
    item_name: str
    first_entry: int
    last_entry: int
    head: str
    retention: Retention


@dataclass(frozen=True, slots=True)
class HandOver:
    """One hand-over. ``wanted`` are the files it was opened for; ``lines`` those that it has.

    ``settles_at``: when what is still to be done to its files is done by the alarm, as whoever began it didn't.
    """

    id: str
    number: str
    center_id: str
    state: HandOverState
    wanted: tuple[str, ...]
    handed_by_id: str
    handed_by_name: str
    receiver_id: str
    receiver_name: str
    opened_at: datetime
    settles_at: datetime | None
    lines: tuple[Line, ...] = ()
    left_out: tuple[str, ...] = ()
    proposed_at: datetime | None = None
    answered_at: datetime | None = None
    reason: str = ""
    list_sha256: str = ""
    version: int = 0


def list_text(hand_over: HandOver) -> str:
    """The list in its one form, whose hash both sides say yes to."""
    said = {
        "number": hand_over.number,
        "center": hand_over.center_id,
        "handed_by": [hand_over.handed_by_id, hand_over.handed_by_name],
        "receiver": [hand_over.receiver_id, hand_over.receiver_name],
        "proposed_at": 0 if hand_over.proposed_at is None else in_ms(hand_over.proposed_at),
        "files": [
            {
                "id": line.file_id,
                "number": line.number,
                "item": line.item_name,
                "entries": [line.first_entry, line.last_entry],
                "head": line.head,
                "retention": line.retention.term.value,
            }
            for line in hand_over.lines
        ],
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def propose(hand_over: HandOver, lines: tuple[Line, ...], left_out: tuple[str, ...], now: datetime) -> HandOver:
    """The hand-over with its files bound: its receiver is asked; without any, it comes back at once."""
    proposed = replace(
        hand_over,
        state=HandOverState.PROPOSED,
        lines=lines,
        left_out=left_out,
        proposed_at=now,
        settles_at=None,
    )
    if not lines:
        return replace(
            proposed,
            state=HandOverState.RETURNED,
            answered_at=now,
            reason="所选案卷已在其他移交中，或没有可移交的内容。",
        )
    return replace(proposed, list_sha256=hashlib.sha256(list_text(proposed).encode()).hexdigest())


def confirm(hand_over: HandOver, actor_id: str, list_sha256: str, now: datetime) -> HandOver:
    """Received. Raises ``Forbidden`` to anybody but the receiver; ``Conflict``: ``list_changed``, ``hand_over_state``."""
    _require_receiver(hand_over, actor_id)
    if list_sha256 != hand_over.list_sha256:
        raise Conflict("list_changed", "所确认的移交清单与系统中的不一致，请刷新后重新核对。", id=hand_over.id)
    return replace(hand_over, state=HandOverState.CONFIRMED, answered_at=now, settles_at=now)


def send_back(hand_over: HandOver, actor_id: str, reason: str, now: datetime) -> HandOver:
    """Returned with a reason. Raises as ``confirm``."""
    _require_receiver(hand_over, actor_id)
    return replace(hand_over, state=HandOverState.RETURNED, answered_at=now, reason=reason, settles_at=now)


def settled(hand_over: HandOver) -> HandOver:
    """Its files know what became of it."""
    return replace(hand_over, settles_at=None)


def _require_receiver(hand_over: HandOver, actor_id: str) -> None:
    if hand_over.receiver_id != actor_id:
        raise Forbidden(
            "not_the_receiver", "该批案卷指定由他人接收，您不能确认或退回。", receiver=hand_over.receiver_name
        )
    if hand_over.state is not HandOverState.PROPOSED:
        raise Conflict("hand_over_state", "该移交当前不能进行此操作，请刷新后查看。", state=hand_over.state.value)
