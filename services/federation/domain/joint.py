"""A case that several sites handle together (多地联办): one leads, each has its part, the lead merges (rules P01, C19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict, Invalid
from kit.workdays import Deadline
from services.federation.domain import part_moves
from services.federation.domain.ownership import Offer, Ownership
from services.federation.domain.parts import (
    Applicant,
    Clock,
    HandedIn,
    Outcome,
    Part,
    PartKind,
    PartState,
    Place,
)


class JointState(StrEnum):
    """Life of the whole."""

    OPEN = "open"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class JointAct(StrEnum):
    """What the lead does with the whole."""

    URGE_LATE = "urge_late"
    MERGE = "merge"
    WITHDRAW = "withdraw"


#: In which states it may be done; in any other it raises and changes nothing.
ALLOWED: Final[Mapping[JointAct, frozenset[JointState]]] = MappingProxyType(
    dict.fromkeys(JointAct, frozenset({JointState.OPEN}))
)


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """Which site is asked for what, and how long it has, in working days of its own."""

    part_id: str
    title: str
    place: Place
    days: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the lead knows of one part."""

    part_id: str
    title: str
    place: Place
    days: int
    state: PartState = PartState.RETURNED
    order: tuple[int, int] = (0, 0)
    due_at: datetime | None = None
    answered_at: datetime | None = None
    outcome: Outcome | None = None
    opinion: str = field(default="", repr=False)
    #: When the lead urged it for being late.
    urged_at: datetime | None = None
    answered_by: str = ""

    @property
    def answered(self) -> bool:
        """Whether its site has spoken."""
        return self.outcome is not None


@dataclass(frozen=True, slots=True)
class Merged:
    """What the lead says for all."""

    outcome: Outcome
    opinion: str = field(repr=False)
    merged_by: str = ""


@dataclass(frozen=True, slots=True)
class Joint:
    """The whole, at its lead; ``clock`` is of the whole."""

    id: str
    number: str
    item_name: str
    place: Place
    journey: str
    applicant: Applicant
    state: JointState
    clock: Clock
    parts: tuple[Standing, ...]
    materials: tuple[HandedIn, ...] = ()
    merged: Merged | None = None
    reason: str = ""
    #: The case, and its step that waits for the merged answer; empty: staff opened it beside the case.
    case_id: str = ""
    step_key: str = ""
    round: int = 0
    version: int = 0

    @property
    def late_next(self) -> datetime | None:
        """When the next part that nobody has urged yet is late."""
        dues = [each.due_at for each in self.parts if _unanswered(each) and each.due_at and each.urged_at is None]
        return min(dues, default=None) if self.state is JointState.OPEN else None


def begin(joint: Joint, planned: tuple[PlannedPart, ...]) -> Joint:
    """The whole with its parts. Raises ``Invalid``: no part, or one handled by the lead itself."""
    if not planned or any(each.place.site in ("", joint.place.site) for each in planned):
        raise Invalid("parts_invalid", "请至少列出一个由其他站点办理的环节。", field="parts")
    if any(each.days < 1 for each in planned):
        raise Invalid("days_invalid", "请为每个环节填写办理工作日数。", field="days")
    return replace(joint, parts=tuple(Standing(each.part_id, each.title, each.place, each.days) for each in planned))


def part_of(joint: Joint, part_id: str, made: Offer, now: datetime) -> Part:
    """The part that is offered to its site. Raises ``Conflict`` on one that the joint case doesn't have."""
    standing = _standing(joint, part_id)
    part = Part(
        id=part_id,
        kind=PartKind.JOINT,
        case_id=joint.id,
        number=joint.number,
        title=standing.title,
        item_name=joint.item_name,
        asked_by=joint.place,
        journey=joint.journey,
        applicant=joint.applicant,
        state=PartState.RETURNED,
        ownership=Ownership(joint.place.site),
        days=standing.days,
        opened_at=now,
        materials=joint.materials,
        sites=(joint.place.site,),
    )
    return part_moves.offer(part, standing.place, made)


def follow(joint: Joint, part: Part) -> Joint | None:
    """The whole after one of its parts changed; ``None`` when that is known or older."""
    standing = _standing(joint, part.id)
    if part.ownership.order <= standing.order:
        return None
    said = part.answer
    seen = replace(
        standing,
        place=part.handled_at or standing.place,
        state=part.state,
        order=part.ownership.order,
        due_at=part.clock.due_at if part.clock else None,
        answered_at=said.answered_at if said else None,
        outcome=said.outcome if said else None,
        opinion=said.opinion if said else "",
        answered_by=said.answered_by if said else "",
    )
    return _with(joint, seen)


def late_parts(joint: Joint, now: datetime) -> tuple[Standing, ...]:
    """Parts past their own limit without an answer, that weren't urged yet (rules K07, F07)."""
    if joint.state not in ALLOWED[JointAct.URGE_LATE]:
        return ()
    late = (each for each in joint.parts if _unanswered(each) and each.urged_at is None)
    return tuple(each for each in late if each.due_at is not None and each.due_at < now)


def urged(joint: Joint, part_id: str, now: datetime) -> Joint:
    """The whole with one part urged."""
    return _with(joint, replace(_standing(joint, part_id), urged_at=now))


def merge(joint: Joint, said: Merged, now: datetime) -> Joint:
    """The answer for all, when every part is answered (facts 3: 主办须等全部协办办结). Raises ``Conflict``, ``Invalid``."""
    _require(joint, JointAct.MERGE)
    waiting = [each.title for each in joint.parts if _unanswered(each)]
    if waiting:
        raise Conflict(
            "parts_unanswered", f"尚有环节未答复：{'、'.join(waiting)}，请等待或催办。", parts=",".join(waiting)
        )
    if not any(each.answered for each in joint.parts):
        raise Conflict("parts_unanswered", "没有任何站点答复，不能合并。")
    refused = [each.title for each in joint.parts if each.outcome is Outcome.REFUSED]
    if said.outcome is Outcome.AGREED and refused:
        raise Conflict(
            "part_refused", f"以下环节不同意：{'、'.join(refused)}，不能合并为同意。", parts=",".join(refused)
        )
    if not said.opinion:
        raise Invalid("opinion_required", "请填写合并意见。", field="opinion")
    return replace(joint, state=JointState.MERGED, merged=said, clock=replace(joint.clock, done_at=now))


def merged_by_itself(joint: Joint, now: datetime) -> Joint | None:
    """The whole that a step of the lead's case waits for, merged once every part is answered; ``None``: not yet.

    It says what each place said: agreed where all did. Whoever has the lead's next step judges that.
    """
    answers = [each for each in joint.parts if each.answered]
    if not joint.step_key or joint.state is not JointState.OPEN or not answers or any(map(_unanswered, joint.parts)):
        return None
    refused = any(each.outcome is Outcome.REFUSED for each in answers)
    said = "\n".join(
        f"{each.title}（{each.place.site}，{each.answered_by}）："
        f"{'不同意' if each.outcome is Outcome.REFUSED else '同意'}。{each.opinion}"
        for each in answers
    )
    people = "、".join(dict.fromkeys(each.answered_by for each in answers))
    return merge(joint, Merged(Outcome.REFUSED if refused else Outcome.AGREED, said, people), now)


def withdraw(joint: Joint, reason: str, now: datetime) -> Joint:
    """Not needed any more. Raises ``Conflict`` once it is merged."""
    _require(joint, JointAct.WITHDRAW)
    return replace(joint, state=JointState.WITHDRAWN, reason=reason, clock=replace(joint.clock, done_at=now))


def clock_of(deadline: Deadline, now: datetime) -> Clock:
    """The clock of the whole. Raises ``Invalid``."""
    if deadline.due_at is None:
        raise Invalid("limit_open", "办理期限无法确定，请核对工作日历。")
    return Clock(now, deadline.terms.limit.amount, deadline.due_at, deadline.provisional)


def _unanswered(standing: Standing) -> bool:
    return not standing.answered and standing.state is not PartState.WITHDRAWN


def _standing(joint: Joint, part_id: str) -> Standing:
    for each in joint.parts:
        if each.part_id == part_id:
            return each
    raise Conflict("part_unknown", "该联办件没有这一环节。", joint=joint.id, part=part_id)


def _with(joint: Joint, standing: Standing) -> Joint:
    same = (standing if each.part_id == standing.part_id else each for each in joint.parts)
    return replace(joint, parts=tuple(same))


def _require(joint: Joint, act: JointAct) -> None:
    if joint.state not in ALLOWED[act]:
        raise Conflict("joint_closed", "该联办件已合并或已撤回。", id=joint.id, state=joint.state.value)
