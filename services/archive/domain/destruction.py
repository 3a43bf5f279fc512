"""Destroying files after their term, by a list that one proposes and another approves (销毁清册). Our own choice: no rule
says how; who may, that two must, and that a hold stops it, follow the archive's usual practice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from kit.errors import Conflict, Forbidden
from services.archive.domain.case_file import CaseFile, FileState, Hold, Person, Retention


class DestructionState(StrEnum):
    """Life of a list."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class DestructionLine:
    """A file of a list, as it was. ``kept_because``: why it was kept after all."""

    file_id: str
    number: str
    item_name: str
    retention: Retention
    entry_count: int
    head: str
    kept_because: str = ""


@dataclass(frozen=True, slots=True)
class Destruction:
    """A list. ``settles_at``: when the alarm carries out what whoever approved it didn't finish."""

    id: str
    number: str
    center_id: str
    state: DestructionState
    reason: str
    lines: tuple[DestructionLine, ...]
    proposed_by_id: str
    proposed_by_name: str
    proposed_at: datetime
    opened_at: datetime
    decided_by_id: str = ""
    decided_by_name: str = ""
    decided_at: datetime | None = None
    opinion: str = ""
    done_at: datetime | None = None
    settles_at: datetime | None = None
    version: int = 0


def line_of(file: CaseFile) -> DestructionLine:
    """A file as a list names it."""
    if file.retention is None:
        raise ValueError("a file in the archive has its retention")
    return DestructionLine(file.id, file.number, file.item_name, file.retention, file.entry_count, file.chain)


def why_kept(file: CaseFile, today: date) -> str:
    """Why a file isn't to be destroyed, for people; empty: it may be."""
    if file.state is FileState.DESTROYED:
        return "已经销毁"
    if file.state is not FileState.HANDED_OVER or file.hand_over_id is not None or file.unfiled or file.not_handed_over:
        return "尚未全部移交档案"
    if file.hold is not None:
        return f"暂缓销毁：{file.hold.reason}"
    if file.expires_on is None:
        return "永久保管"
    if today <= file.expires_on:
        return f"保管期限至 {file.expires_on.isoformat()}"
    return ""


def decide(
    destruction: Destruction, by_id: str, by_name: str, opinion: str, now: datetime, *, approved: bool
) -> Destruction:
    """Approved or rejected. Raises ``Forbidden`` (``own_destruction``), ``Conflict`` (``destruction_state``)."""
    if destruction.proposed_by_id == by_id:
        raise Forbidden("own_destruction", "销毁清册须由提出人以外的人审批。", id=destruction.id)
    if destruction.state is not DestructionState.PROPOSED:
        raise Conflict(
            "destruction_state", "该销毁清册已审批，请刷新后查看。", id=destruction.id, state=destruction.state.value
        )
    return replace(
        destruction,
        state=DestructionState.APPROVED if approved else DestructionState.REJECTED,
        decided_by_id=by_id,
        decided_by_name=by_name,
        decided_at=now,
        opinion=opinion,
        settles_at=now if approved else None,
    )


def done(destruction: Destruction, lines: tuple[DestructionLine, ...], now: datetime) -> Destruction:
    """The list as it was carried out."""
    return replace(destruction, state=DestructionState.DONE, lines=lines, done_at=now, settles_at=None)


def destroyed(file: CaseFile, number: str, now: datetime) -> CaseFile:
    """The file without its contents and its person; its number, item, times and hash stay."""
    return replace(
        file,
        state=FileState.DESTROYED,
        destroyed_at=now,
        destruction_number=number,
        person=Person(),
        materials=(),
        stages=(),
        papers=(),
        entries=(),
        kept=(),
        catalogues=(),
        gaps=(),
        asked=None,
        clock=None,
    )


def hold(file: CaseFile, by: Hold) -> CaseFile:
    """Kept whatever its term says. Raises ``Conflict``: ``file_held``, ``file_destroyed``."""
    if file.state is FileState.DESTROYED:
        raise Conflict("file_destroyed", "案卷已按销毁清册销毁。", id=file.id)
    if file.hold is not None:
        raise Conflict("file_held", f"案卷已由{file.hold.by_name}暂缓销毁。", id=file.id)
    return replace(file, hold=by)


def lift(file: CaseFile) -> CaseFile:
    """Its term counts again. Raises ``Conflict``: ``file_not_held``."""
    if file.hold is None:
        raise Conflict("file_not_held", "案卷没有暂缓销毁。", id=file.id)
    return replace(file, hold=None)
