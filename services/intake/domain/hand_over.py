"""A list by which collected papers go to a department, signed by both sides (交接清单; rules B08, C16)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import Conflict, Invalid
from services.intake.domain.bundle import Bundle, Pieces
from services.intake.domain.officer import Officer


class ListState(StrEnum):
    """Life of a list."""

    DRAFT = "draft"
    GIVEN = "given"
    RECEIVED = "received"
    DIFFERING = "differing"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"

    @property
    def open(self) -> bool:
        """Whether its papers are on no other."""
        return self in (ListState.DRAFT, ListState.GIVEN)


class ListAct(StrEnum):
    """What is done with a list."""

    GIVE = "give"
    RECEIVE = "receive"
    SETTLE = "settle"
    WITHDRAW = "withdraw"


#: What may be done in which state, and what may come of it; anything else is refused.
TRANSITIONS: Final[Mapping[tuple[ListState, ListAct], tuple[ListState, ...]]] = {
    (ListState.DRAFT, ListAct.GIVE): (ListState.GIVEN,),
    (ListState.DRAFT, ListAct.WITHDRAW): (ListState.WITHDRAWN,),
    (ListState.GIVEN, ListAct.RECEIVE): (ListState.RECEIVED, ListState.DIFFERING),
    (ListState.GIVEN, ListAct.WITHDRAW): (ListState.WITHDRAWN,),
    (ListState.DIFFERING, ListAct.SETTLE): (ListState.SETTLED,),
}


class LineFinding(StrEnum):
    """What the department found of a line."""

    PENDING = "pending"
    RECEIVED = "received"
    MISSING = "missing"
    DAMAGED = "damaged"


class Settlement(StrEnum):
    """What became of a line that differed."""

    ACCEPTED = "accepted"
    RETURNED = "returned"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class ListLine:
    """A material of one case."""

    application_id: str
    application_number: str
    item_name: str
    key: str
    name: str
    originals: int
    copies: int
    state: LineFinding = LineFinding.PENDING
    note: str = ""
    settlement: Settlement | None = None

    @property
    def differs(self) -> bool:
        """Whether the department didn't find it as it was given."""
        return self.state in (LineFinding.MISSING, LineFinding.DAMAGED)

    @property
    def pieces(self) -> Pieces:
        """What it is."""
        return Pieces(self.key, self.name, self.originals, self.copies)


@dataclass(frozen=True, slots=True)
class PaperList:
    """A list; ``wanted`` are the applications that it was made for, ``lines`` what it has.

    ``settles_at``: when what is still to be done to its bundles is done by the alarm, as whoever began it didn't.
    """

    id: str
    number: str
    center_id: str
    department_key: str
    wanted: tuple[str, ...]
    drafted_by: Officer
    drafted_at: datetime
    settles_at: datetime | None
    #: What the printed list says of the two sides, as they were called then.
    center_name: str = ""
    department_name: str = ""
    state: ListState = ListState.DRAFT
    lines: tuple[ListLine, ...] = ()
    list_sha256: str = ""
    given_by: Officer | None = None
    given_at: datetime | None = None
    received_by: Officer | None = None
    received_at: datetime | None = None
    settled_by: Officer | None = None
    settled_at: datetime | None = None
    said: str = ""
    withdrawn_at: datetime | None = None
    withdrawal_reason: str = ""
    version: int = 0

    @property
    def applications(self) -> tuple[str, ...]:
        """Whose papers it has."""
        return tuple(dict.fromkeys(line.application_id for line in self.lines))

    def lines_of(self, application_id: str) -> tuple[ListLine, ...]:
        """What it has of one case."""
        return tuple(line for line in self.lines if line.application_id == application_id)


def list_text(made: PaperList) -> str:
    """The list in its one form, whose hash both sides sign."""
    said = {
        "number": made.number,
        "center": made.center_id,
        "department": made.department_key,
        "drafted_at": int(made.drafted_at.timestamp() * 1000),
        "lines": [
            [line.application_id, line.application_number, line.key, line.name, line.originals, line.copies]
            for line in made.lines
        ],
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def lines_from(bundle: Bundle) -> tuple[ListLine, ...]:
    """What a bundle has for a list."""
    return tuple(
        ListLine(
            bundle.id, bundle.application_number, bundle.item_name, each.key, each.name, each.originals, each.copies
        )
        for each in bundle.waiting
    )


def drawn_up(made: PaperList, lines: tuple[ListLine, ...], now: datetime) -> PaperList:
    """The list with the papers that it got; without any it is withdrawn at once."""
    if not lines:
        reason = "所选材料已在其他清单中，或者没有待交接的材料。"
        return replace(made, state=ListState.WITHDRAWN, withdrawn_at=now, withdrawal_reason=reason, settles_at=None)
    complete = replace(made, lines=lines, settles_at=None)
    return replace(complete, list_sha256=hashlib.sha256(list_text(complete).encode()).hexdigest())


def give(made: PaperList, *, list_sha256: str, by: Officer, now: datetime) -> PaperList:
    """Signed by its giver. Raises ``Conflict``: ``list_state``, another list than they saw (``list_changed``)."""
    _require(made, ListAct.GIVE)
    _require_seen(made, list_sha256)
    return replace(made, state=ListState.GIVEN, given_by=by, given_at=now)


def receive(
    made: PaperList,
    found: Mapping[tuple[str, str], tuple[LineFinding, str]],
    *,
    list_sha256: str,
    by: Officer,
    now: datetime,
) -> PaperList:
    """Signed by the department, every line with what it found; ``found`` by application and material.

    Raises ``Conflict``: ``list_state``, ``list_changed``, one's own (``own_list``); ``Invalid``: a line left out or
    unknown (``lines_incomplete``), a difference without a note (``note_required``).
    """
    _require(made, ListAct.RECEIVE)
    _require_seen(made, list_sha256)
    if made.given_by is not None and made.given_by.id == by.id:
        raise Conflict("own_list", "交接清单应由移交人以外的部门人员签收。", id=made.id)
    _require_lines(found, made.lines)
    for state, note in found.values():
        if state is LineFinding.PENDING:
            raise Invalid("lines_incomplete", "请逐项登记签收结果。", field="lines")
        if state is not LineFinding.RECEIVED and not note:
            raise Invalid("note_required", "缺少或者破损的材料须说明情况。", field="lines")
    lines = []
    for line in made.lines:
        state, note = found[line.application_id, line.key]
        lines.append(replace(line, state=state, note=note))
    differs = any(line.differs for line in lines)
    return replace(
        made,
        state=ListState.DIFFERING if differs else ListState.RECEIVED,
        lines=tuple(lines),
        received_by=by,
        received_at=now,
        settles_at=now,
    )


def settle(
    made: PaperList, settled: Mapping[tuple[str, str], Settlement], *, said: str, by: Officer, now: datetime
) -> PaperList:
    """The differences are cleared up, by neither of the two who signed; ``settled`` by application and material.

    Raises ``Conflict``: ``list_state``, signed by them (``own_list``); ``Invalid`` (``lines_incomplete``).
    """
    _require(made, ListAct.SETTLE)
    if by.id in {each.id for each in (made.given_by, made.received_by) if each is not None}:
        raise Conflict("own_list", "差异应由交接双方以外的人员处理。", id=made.id)
    _require_lines(settled, (line for line in made.lines if line.differs))
    lines = tuple(replace(line, settlement=settled.get((line.application_id, line.key))) for line in made.lines)
    return replace(made, state=ListState.SETTLED, lines=lines, settled_by=by, settled_at=now, said=said, settles_at=now)


def withdraw(made: PaperList, *, reason: str, now: datetime) -> PaperList:
    """Taken back before the department signed. Raises ``Conflict`` (``list_state``)."""
    _require(made, ListAct.WITHDRAW)
    return replace(made, state=ListState.WITHDRAWN, withdrawn_at=now, withdrawal_reason=reason, settles_at=now)


def finished(made: PaperList) -> PaperList:
    """Its bundles know what became of it."""
    return replace(made, settles_at=None)


def _require(made: PaperList, act: ListAct) -> None:
    if (made.state, act) not in TRANSITIONS or (act is ListAct.GIVE and not made.lines):
        raise Conflict("list_state", "该交接清单当前不能进行此操作，请刷新后查看。", state=made.state.value)


def _require_seen(made: PaperList, list_sha256: str) -> None:
    if list_sha256 != made.list_sha256:
        raise Conflict("list_changed", "所签的清单与系统中的不一致，请刷新后重新核对。", id=made.id)


def _require_lines(said: Iterable[tuple[str, str]], lines: Iterable[ListLine]) -> None:
    if set(said) != {(line.application_id, line.key) for line in lines}:
        raise Invalid("lines_incomplete", "请逐项登记，不多不少。", field="lines")
