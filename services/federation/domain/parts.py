"""A part (分办件): what one site handles of another site's case, with a clock of its own.

Two kinds: a part of a case that several sites handle together (多地联办, rules P01), and a case that a lower site has
reviewed and an upper site decides (上报件, rules F01; 许可法 43). Both are handed over, handled, answered and closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Invalid
from kit.workdays import Deadline
from services.federation.domain import ownership
from services.federation.domain.ownership import Offer, Ownership


class PartKind(StrEnum):
    """Why another site handles it."""

    #: 多地联办: one of several parts, whose answers the lead merges.
    JOINT = "joint"
    #: 上报件: reviewed below, decided above.
    SENT_UP = "sent_up"


class PartState(StrEnum):
    """Life of a part."""

    #: At the lower site, before it is sent up.
    REVIEWING = "reviewing"
    #: Offered to the site that is to handle it.
    OFFERED = "offered"
    #: That site didn't take it; whoever asked looks for another, or mends it.
    RETURNED = "returned"
    HANDLING = "handling"
    ANSWERED = "answered"
    #: The answer has been used: merged into the whole, or delivered to the applicant.
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"

    @property
    def over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self in (PartState.CLOSED, PartState.WITHDRAWN)


class Outcome(StrEnum):
    """What the handling site says."""

    #: 同意; of what is sent up: 准予
    AGREED = "agreed"
    #: 不同意; of what is sent up: 不予
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Place:
    """A department of a center of a site."""

    site: str
    center_id: str = ""
    department_key: str = ""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies; the handling site gets it in full, lists and events masked (convention 13)."""

    name: str = field(repr=False)
    id_number: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A paper that the applicant has handed in somewhere, and its file; ``sha256`` is of the plain content, hex."""

    key: str
    name: str
    sha256: str = ""
    size: int = 0
    media_type: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A paper that the handling site still needs, and why it isn't right without."""

    key: str
    name: str
    note: str
    asked_at: datetime
    handed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A limit of one site: working days by its own calendar, from ``started_at``."""

    started_at: datetime
    days: int
    due_at: datetime
    provisional: bool = False
    done_at: datetime | None = None

    @property
    def late(self) -> bool:
        """Whether what it is for came after its last instant."""
        return self.done_at is not None and self.done_at > self.due_at


@dataclass(frozen=True, slots=True)
class Review:
    """What the lower site found of a case before it was sent up (许可法 43)."""

    clock: Clock
    opinion: str = field(default="", repr=False)
    reviewed_by: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the handling site says in the end; a refusal has reason, basis and rights (许可法 38)."""

    outcome: Outcome
    opinion: str = field(repr=False)
    answered_by: str
    answered_at: datetime
    basis: str = ""
    rights: str = ""
    #: Of the decision paper, where there is one.
    number: str = ""
    files: tuple[HandedIn, ...] = ()


@dataclass(frozen=True, slots=True)
class Early:
    """What a site said before it could be believed: see ``ownership.Verdict.EARLY``."""

    sender: str
    part: Part


@dataclass(frozen=True, slots=True)
class Part:
    """One part, the same at every site that holds it but for ``early`` and ``version``."""

    id: str
    kind: PartKind
    #: The case, at the site that asks: of a joint case its whole.
    case_id: str
    number: str
    title: str
    item_name: str
    asked_by: Place
    journey: str
    applicant: Applicant
    state: PartState
    ownership: Ownership
    #: Working days that the handling site has, from taking it.
    days: int
    opened_at: datetime
    handled_at: Place | None = None
    materials: tuple[HandedIn, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    review: Review | None = None
    clock: Clock | None = None
    answer: Answer | None = None
    #: Why it was returned or withdrawn.
    reason: str = field(default="", repr=False)
    closed_at: datetime | None = None
    #: Every site that holds it: each is told of each change.
    sites: tuple[str, ...] = ()
    #: The case's step that waits for the answer, and which time that is; empty: staff opened it beside the case.
    step_key: str = ""
    round: int = 0
    early: tuple[Early, ...] = ()
    version: int = 0

    def center_at(self, site: str) -> str:
        """The center of a site that has to do with it; empty: none that is known."""
        places = [self.asked_by, *([self.handled_at] if self.handled_at else [])]
        return next((place.center_id for place in places if place.site == site), "")

    def others(self, here: str) -> tuple[str, ...]:
        """The sites that are to be told."""
        return tuple(site for site in self.sites if site != here)

    @property
    def running(self) -> Clock | None:
        """The clock that runs at present, if one does: the review's, or the handling site's."""
        if self.state is PartState.REVIEWING:
            return None if self.review is None else self.review.clock
        return self.clock if self.state is PartState.HANDLING else None

    @property
    def watched_at(self) -> Place | None:
        """Whose clock it is, for that site's own supervision (rules G01): who reviews, else who handles."""
        reviewing = self.clock is None and self.review is not None
        return self.asked_by if reviewing else self.handled_at


# ── The way to another site ──────────────────────────────────────────────────────────────────────────────────────


def offer(part: Part, place: Place, made: Offer) -> Part:
    """Offered to a place that is to handle it; nothing changes until it answers. Raises ``Conflict``."""
    _require(part, PartState.REVIEWING, PartState.RETURNED)
    offered = ownership.offer(part.ownership, part.asked_by.site, made)
    sites = part.sites if place.site in part.sites else (*part.sites, place.site)
    return replace(part, state=PartState.OFFERED, ownership=offered, sites=sites, handled_at=place, reason="")


def ask_back(part: Part, here: str, now: datetime) -> Part:
    """The offer, asked back. Raises ``Conflict`` (``not_offered``, ``asked_back_already``)."""
    return replace(part, ownership=ownership.ask_back(part.ownership, here, now))


def take(part: Part, place: Place, taken_by: str, deadline: Deadline, now: datetime) -> Part:
    """Taken by the site that it was offered to; its clock starts (rules P01, F01). Raises ``Conflict``."""
    _require(part, PartState.OFFERED)
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
    _require(part, PartState.HANDLING)
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
    _require(part, PartState.HANDLING)
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
    _require(part, PartState.HANDLING)
    if not said.opinion:
        raise Invalid("opinion_required", "请填写办理意见。", field="opinion")
    if part.kind is PartKind.SENT_UP and said.outcome is Outcome.REFUSED and not (said.basis and said.rights):
        raise Invalid("denial_needs_reason_and_basis", "不予许可须写明理由、依据并告知救济权利。", field="basis")
    clock = part.clock and replace(part.clock, done_at=said.answered_at)
    return _changed(replace(part, state=PartState.ANSWERED, answer=said, clock=clock), here)


def close(part: Part, here: str, now: datetime) -> Part:
    """Its answer has been used by the site that asked. Raises ``Conflict``."""
    _require(part, PartState.ANSWERED)
    return _changed(replace(part, state=PartState.CLOSED, closed_at=now), here)


def withdraw(part: Part, here: str, reason: str, now: datetime) -> Part:
    """Not needed any more, e.g. as the applicant withdrew. Raises ``Conflict`` once it is answered."""
    _require(part, PartState.REVIEWING, PartState.RETURNED, PartState.HANDLING)
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


def _require(part: Part, *states: PartState) -> None:
    if part.state not in states:
        raise Conflict(
            "part_state", "该件当前所处环节不能进行此操作，请刷新后查看。", id=part.id, state=part.state.value
        )
