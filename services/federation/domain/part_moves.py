"""What may become of a part: offered, taken, handled, answered, closed.

``ALLOWED`` is the whole of it: an act on a part in any other state raises and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict, Invalid
from kit.workdays import Deadline
from services.federation.domain import ownership
from services.federation.domain.ownership import Offer
from services.federation.domain.parts import (
    Answer,
    Clock,
    HandedIn,
    Outcome,
    Part,
    PartKind,
    PartState,
    Place,
    Wanted,
)


class PartAct(StrEnum):
    """What people do with a part; its owner alone (``domain.ownership``), but for taking and declining."""

    OFFER = "offer"
    RECALL_OFFER = "recall_offer"
    TAKE = "take"
    DECLINE = "decline"
    ASK_FOR_MATERIALS = "ask_for_materials"
    HAND_IN = "hand_in"
    ANSWER = "answer"
    CLOSE = "close"
    WITHDRAW = "withdraw"


_HANDLING: Final = frozenset({PartState.HANDLING})
_OFFERED: Final = frozenset({PartState.OFFERED})

ALLOWED: Final[Mapping[PartAct, frozenset[PartState]]] = MappingProxyType(
    {
        PartAct.OFFER: frozenset({PartState.REVIEWING, PartState.RETURNED}),
        # Asking back and declining are guarded by the offer itself, which stands in no other state.
        PartAct.RECALL_OFFER: _OFFERED,
        PartAct.TAKE: _OFFERED,
        PartAct.DECLINE: _OFFERED,
        PartAct.ASK_FOR_MATERIALS: _HANDLING,
        PartAct.HAND_IN: _HANDLING,
        PartAct.ANSWER: _HANDLING,
        PartAct.CLOSE: frozenset({PartState.ANSWERED}),
        PartAct.WITHDRAW: frozenset({PartState.REVIEWING, PartState.RETURNED, PartState.HANDLING}),
    }
)


# ── The way to another site ──────────────────────────────────────────────────────────────────────────────────────


def offer(part: Part, place: Place, made: Offer) -> Part:
    """Offered to a place that is to handle it; nothing changes until it answers. Raises ``Conflict``."""
    _require(part, PartAct.OFFER)
    offered = ownership.offer(part.ownership, part.asked_by.site, made)
    sites = part.sites if place.site in part.sites else (*part.sites, place.site)
    return replace(part, state=PartState.OFFERED, ownership=offered, sites=sites, handled_at=place, reason="")


def ask_back(part: Part, here: str, now: datetime) -> Part:
    """The offer, asked back. Raises ``Conflict`` (``not_offered``, ``asked_back_already``)."""
    return replace(part, ownership=ownership.ask_back(part.ownership, here, now))


def take(part: Part, place: Place, taken_by: str, deadline: Deadline, now: datetime) -> Part:
    """Taken by the site that it was offered to; its clock starts (rules P01, F01). Raises ``Conflict``."""
    _require(part, PartAct.TAKE)
    taken = ownership.take(part.ownership, place.site, taken_by)
    return replace(part, state=PartState.HANDLING, ownership=taken, handled_at=place, clock=_clock(deadline, now))


def decline(part: Part, here: str) -> Part:
    """This site's mirror, declined; it can't be taken any more. Raises ``Conflict`` (``not_offered_here``)."""
    return replace(part, ownership=ownership.decline(part.ownership, here), state=PartState.RETURNED)


def came_back(part: Part, here: str, offer_id: str, reason: str) -> Part | None:
    """At the owner, after the other site declined; ``None`` when that offer isn't open any more."""
    back = ownership.declined(part.ownership, here, offer_id)
    return None if back is None else replace(part, ownership=back, state=PartState.RETURNED, reason=reason)


# ── Handling ─────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_for_materials(part: Part, here: str, wanted: tuple[Wanted, ...]) -> Part:
    """Papers that the handling site needs besides; none is asked for twice (rules F01; 许可法 43).

    Raises ``Conflict`` (``material_asked_twice`` with the keys), ``Invalid`` when none is named.
    """
    _require(part, PartAct.ASK_FOR_MATERIALS)
    if not wanted:
        raise Invalid("materials_required", "请写明需要补充的材料。", field="materials")
    known = {each.key for each in part.materials} | {each.key for each in part.wanted}
    twice = [each for each in wanted if each.key in known]
    if twice or len({each.key for each in wanted}) < len(wanted):
        raise Conflict(
            "material_asked_twice",
            f"申请人已提交或已被要求提交：{'、'.join(each.name for each in twice or wanted)}；不得重复要求。",
            keys=",".join(each.key for each in twice or wanted),
        )
    return _changed(replace(part, wanted=(*part.wanted, *wanted)), here)


def hand_in(part: Part, here: str, materials: tuple[HandedIn, ...], now: datetime) -> Part:
    """Papers that were asked for, handed in wherever the applicant is. Raises ``Conflict`` (``material_not_asked``)."""
    _require(part, PartAct.HAND_IN)
    open_keys = {each.key for each in part.wanted if each.handed_in_at is None}
    given = {each.key for each in materials}
    if not given or not given <= open_keys:
        raise Conflict(
            "material_not_asked", "没有要求提交这份材料，请核对补充材料清单。", keys=",".join(given - open_keys)
        )
    wanted = tuple(replace(each, handed_in_at=now) if each.key in given else each for each in part.wanted)
    return _changed(replace(part, wanted=wanted, materials=(*part.materials, *materials)), here)


def answer(part: Part, here: str, said: Answer) -> Part:
    """Answered by the site that handles it. Raises ``Conflict``, ``Invalid`` (``opinion_required`` …)."""
    _require(part, PartAct.ANSWER)
    if not said.opinion:
        raise Invalid("opinion_required", "请填写办理意见。", field="opinion")
    if part.kind is PartKind.SENT_UP and said.outcome is Outcome.REFUSED and not (said.basis and said.rights):
        raise Invalid("denial_needs_reason_and_basis", "不予许可须写明理由、依据并告知救济权利。", field="basis")
    clock = part.clock and replace(part.clock, done_at=said.answered_at)
    return _changed(replace(part, state=PartState.ANSWERED, answer=said, clock=clock), here)


def close(part: Part, here: str, now: datetime) -> Part:
    """Its answer has been used by the site that asked. Raises ``Conflict``."""
    _require(part, PartAct.CLOSE)
    return _changed(replace(part, state=PartState.CLOSED, closed_at=now), here)


def withdraw(part: Part, here: str, reason: str, now: datetime) -> Part:
    """Not needed any more, e.g. as the applicant withdrew. Raises ``Conflict`` once it is answered."""
    _require(part, PartAct.WITHDRAW)
    return _changed(replace(part, state=PartState.WITHDRAWN, reason=reason, closed_at=now), here)


def by_deadline(part: Part, here: str, deadline: Deadline) -> Part:
    """The part with the clock that runs counted anew, as its site's calendar changed (许可法 82)."""
    running = part.running
    if running is None or deadline.due_at is None:
        return part
    counted = replace(running, due_at=deadline.due_at, provisional=deadline.provisional)
    if counted == running:
        return part
    moved = replace(part, clock=counted) if part.state is PartState.HANDLING else part
    if part.state is not PartState.HANDLING and part.review is not None:
        moved = replace(part, review=replace(part.review, clock=counted))
    return _changed(moved, here)


def _clock(deadline: Deadline, now: datetime) -> Clock:
    if deadline.due_at is None:
        raise Invalid("limit_open", "办理期限无法确定，请核对工作日历。")
    return Clock(now, deadline.terms.limit.amount, deadline.due_at, deadline.provisional)


def _changed(part: Part, here: str) -> Part:
    return replace(part, ownership=ownership.changed(part.ownership, here))


def _require(part: Part, act: PartAct) -> None:
    if part.state not in ALLOWED[act]:
        raise Conflict(
            "part_state", "该件当前所处环节不能进行此操作，请刷新后查看。", id=part.id, state=part.state.value
        )
