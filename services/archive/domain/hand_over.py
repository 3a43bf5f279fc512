"""Handing files over with a list that both sides say yes to (移交, rules J02)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Forbidden, Invalid
from services.archive.domain.case_file import Catalogue, Retention
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
    #: SHA-256 over the hashes of the contents that go with it, see ``entries.contents_of``; empty in older lists.
    contents: str = ""
    return_reason: str = ""


class Side(StrEnum):
    """Of a hand-over."""

    GIVER = "giver"
    RECEIVER = "receiver"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a side has said of a list, by their own account. ``statement`` names it by its hash; ``sha256`` is its own."""

    side: Side
    by_id: str
    by_name: str
    at: datetime
    statement: str
    sha256: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """One hand-over. ``wanted`` are the files it was opened for; ``lines`` those that it has.

    Without ``receiver_id`` any archivist of the center may take it. ``settles_at``: when what is still to be done to its
    files is done by the alarm, as whoever began it didn't.
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
    signatures: tuple[Signature, ...] = ()
    answered_by_name: str = ""
    #: The receipt as it was first printed.
    receipt: Catalogue | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers. ``archivist``: of the center that the list is of."""

    id: str
    name: str
    archivist: bool = False


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
            | ({"contents": line.contents} if line.contents else {})
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
    listed = replace(proposed, list_sha256=hashlib.sha256(list_text(proposed).encode()).hexdigest())
    return _signed(listed, Side.GIVER, listed.handed_by_id, listed.handed_by_name, now)


def confirm(hand_over: HandOver, by: Answering, list_sha256: str, now: datetime) -> HandOver:
    """Received and signed. Raises as ``require_receiver``; ``Conflict``: ``list_changed``."""
    require_receiver(hand_over, by)
    if list_sha256 != hand_over.list_sha256:
        raise Conflict("list_changed", "所确认的移交清单与系统中的不一致，请刷新后重新核对。", id=hand_over.id)
    confirmed = replace(
        hand_over, state=HandOverState.CONFIRMED, answered_at=now, answered_by_name=by.name, settles_at=now
    )
    return _signed(confirmed, Side.RECEIVER, by.id, by.name, now)


def send_back(hand_over: HandOver, by: Answering, reason: str, of_lines: Mapping[str, str], now: datetime) -> HandOver:
    """Returned with a reason, for all of it or by line (file id to reason).

    Raises as ``require_receiver``; ``Invalid``: ``reason_missing`` where nothing says why, ``line_not_listed``.
    """
    require_receiver(hand_over, by)
    if not reason and not of_lines:
        raise Invalid("reason_missing", "请填写退回原因，或者逐卷写明原因。", field="reason")
    if unknown := set(of_lines) - {line.file_id for line in hand_over.lines}:
        raise Invalid(
            "line_not_listed", "所退回的案卷不在移交清单上，请核对。", field="lines", ids=sorted(unknown)[:20]
        )
    return replace(
        hand_over,
        state=HandOverState.RETURNED,
        lines=tuple(replace(line, return_reason=of_lines.get(line.file_id, "")) for line in hand_over.lines),
        answered_at=now,
        answered_by_name=by.name,
        reason=reason,
        settles_at=now,
    )


def with_receipt(hand_over: HandOver, sha256: str, size: int) -> HandOver:
    """The confirmed hand-over with its receipt as it was first printed."""
    return replace(hand_over, receipt=Catalogue(len(hand_over.lines), sha256, size))


def signature(hand_over: HandOver, side: Side) -> Signature | None:
    """What a side has said."""
    return next((each for each in hand_over.signatures if each.side is side), None)


def settled(hand_over: HandOver) -> HandOver:
    """Its files know what became of it."""
    return replace(hand_over, settles_at=None)


def require_receiver(hand_over: HandOver, by: Answering) -> None:
    """Raises ``Forbidden``: ``not_the_receiver``, ``own_hand_over``; ``Conflict``: ``hand_over_state``."""
    if hand_over.handed_by_id == by.id:
        raise Forbidden("own_hand_over", "移交人不能接收自己移交的案卷，请由接收人办理。", id=hand_over.id)
    if hand_over.receiver_id != by.id if hand_over.receiver_id else not by.archivist:
        raise Forbidden(
            "not_the_receiver", "该批案卷指定由他人接收，您不能确认或退回。", receiver=hand_over.receiver_name
        )
    if hand_over.state is not HandOverState.PROPOSED:
        raise Conflict("hand_over_state", "该移交当前不能进行此操作，请刷新后查看。", state=hand_over.state.value)


def _signed(hand_over: HandOver, side: Side, by_id: str, by_name: str, at: datetime) -> HandOver:
    said = {
        "hand_over": hand_over.number,
        "list_sha256": hand_over.list_sha256,
        "side": side.value,
        "by": [by_id, by_name],
        "at": in_ms(at),
    }
    statement = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(statement.encode()).hexdigest()
    given = Signature(side, by_id, by_name, at, statement, digest)
    return replace(hand_over, signatures=(*hand_over.signatures, given))
