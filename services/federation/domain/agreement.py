"""An agreement (通办协议) of two centers of two sites on one item, with its editions (rules P01–P03)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict, Forbidden, Invalid


class Mode(StrEnum):
    """How a case crosses (rules P01)."""

    FULLY_ONLINE = "fully_online"
    COLLECT_FOR = "collect_for"
    MULTI_PLACE = "multi_place"


class Side(StrEnum):
    """Which end of it a site is."""

    COLLECTING = "collecting"
    HANDLING = "handling"

    @property
    def other(self) -> Side:
        """The other end."""
        return Side.HANDLING if self is Side.COLLECTING else Side.COLLECTING


class Sealing(StrEnum):
    """Whether files are sealed to the site that they are for, so that nobody on the way can read them."""

    #: Where the other site's card has a key for it.
    WHERE_POSSIBLE = "where_possible"
    #: Without such a key nothing is sent.
    REQUIRED = "required"
    #: As each site has set for itself.
    BY_SITE = "by_site"


class EditionState(StrEnum):
    """Life of an edition."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


class EditionAct(StrEnum):
    """What the sides do with the newest edition."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    #: The next edition after it is proposed.
    FOLLOW = "follow"


#: In which states it may be done; in any other it raises, or is the answer that was given, and changes nothing.
ALLOWED: Final[Mapping[EditionAct, frozenset[EditionState]]] = MappingProxyType(
    {
        EditionAct.CONFIRM: frozenset({EditionState.PROPOSED}),
        EditionAct.DECLINE: frozenset({EditionState.PROPOSED}),
        EditionAct.FOLLOW: frozenset({EditionState.CONFIRMED, EditionState.DECLINED}),
    }
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Who to call at a site."""

    name: str
    phone: str
    department: str = ""


@dataclass(frozen=True, slots=True)
class AgreedMaterial:
    """A material, and what the form check at the collecting window looks at (材料形式标准)."""

    key: str
    name: str
    main: bool
    #: original, copy, electronic or original_and_copy.
    form: str
    standard: str = ""


@dataclass(frozen=True, slots=True)
class SegmentDays:
    """Working days of the segments before and behind the legal clock; no national text gives them (facts 6)."""

    collection: int
    transit: int
    hand_back: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What both sides agree on: one item, between two centers."""

    handling_site: str
    handling_center_id: str
    handling_center_name: str
    collecting_site: str
    collecting_center_id: str
    collecting_center_name: str
    item_id: str
    item_code: str
    item_name: str
    modes: tuple[Mode, ...]
    handling_unit: str
    materials: tuple[AgreedMaterial, ...]
    #: post, window (at the collecting center) or electronic.
    deliveries: tuple[str, ...]
    days: SegmentDays
    handling_contact: Contact
    collecting_contact: Contact
    effective_from: date
    effective_until: date | None = None
    sealing: Sealing = Sealing.WHERE_POSSIBLE

    def site_of(self, side: Side) -> str:
        """The site at that end."""
        return self.handling_site if side is Side.HANDLING else self.collecting_site

    def center_of(self, side: Side) -> str:
        """The center at that end."""
        return self.handling_center_id if side is Side.HANDLING else self.collecting_center_id

    @property
    def parties(self) -> tuple[str, str, str, str, str]:
        """What an agreement is about; another pair or item is another agreement."""
        return (
            self.handling_site,
            self.handling_center_id,
            self.collecting_site,
            self.collecting_center_id,
            self.item_id,
        )

    def material(self, key: str) -> AgreedMaterial | None:
        """The material of this key."""
        return next((each for each in self.materials if each.key == key), None)


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of the terms; what was confirmed is never changed, the next edition follows it."""

    id: str
    terms: Terms
    state: EditionState
    proposed_by_site: str
    proposed_by_name: str
    proposed_at: datetime
    answered_by_name: str = ""
    answered_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement as one of its sites has it; the other has the same under the same id."""

    id: str
    side: Side
    center_id: str
    peer_site: str
    #: In the order of their proposal.
    editions: tuple[Edition, ...]
    #: Last day; ``None``: not ended.
    ends_on: date | None = None
    end_reason: str = ""
    version: int = 0

    @property
    def terms(self) -> Terms:
        """The newest terms, whatever became of them."""
        return self.editions[-1].terms

    @property
    def pending(self) -> Edition | None:
        """The edition that waits for its answer."""
        last = self.editions[-1]
        return last if last.state is EditionState.PROPOSED else None

    def edition(self, id: str) -> Edition:
        """The edition of this id. Raises ``Conflict`` (``edition_unknown``)."""
        for each in self.editions:
            if each.id == id:
                return each
        raise Conflict("edition_unknown", "通办协议没有这一版本，请刷新后重试。", edition=id)

    def in_force(self, on: date) -> Edition | None:
        """The edition that holds on a day: the last confirmed one that has begun, unless it or the agreement ended."""
        if self.ends_on is not None and on > self.ends_on:
            return None
        for each in reversed(self.editions):
            if each.state is EditionState.CONFIRMED and each.terms.effective_from <= on:
                until = each.terms.effective_until
                return each if until is None or on <= until else None
        return None


def require_sound(terms: Terms) -> None:
    """Raises ``Invalid`` on terms that can't be kept to."""
    if terms.handling_site == terms.collecting_site:
        raise Invalid("agreement_with_oneself", "通办协议须与其他站点签订；同一站点的中心之间无需协议。", field="site")
    if not terms.modes:
        raise Invalid("modes_missing", "请至少选择一种通办模式。", field="modes")
    if not terms.deliveries or not set(terms.deliveries) <= {"post", "window", "electronic"}:
        raise Invalid(
            "deliveries_invalid",
            "结果送达方式应从 post（邮寄）、window（代收地窗口发放）、electronic（电子）中至少选择一种。",
            field="deliveries",
        )
    if not terms.materials:
        raise Invalid("materials_missing", "请列出须提交的材料及其形式标准。", field="materials")
    keys = [each.key for each in terms.materials]
    if len(set(keys)) < len(keys):
        raise Invalid("material_repeated", "材料编号重复，请更正。", field="materials")
    if min(terms.days.collection, terms.days.transit, terms.days.hand_back) < 0:
        raise Invalid("days_invalid", "各段时限应为 0 个工作日以上。", field="days")
    until = terms.effective_until
    if until is not None and until < terms.effective_from:
        raise Invalid("dates_in_wrong_order", "失效日期早于生效日期，请更正。", field="effective_until")


def begin(id: str, side: Side, edition: Edition) -> Agreement:
    """A new agreement with its first edition. Raises ``Invalid`` as ``require_sound`` does."""
    require_sound(edition.terms)
    terms = edition.terms
    return Agreement(id, side, terms.center_of(side), terms.site_of(side.other), (edition,))


def propose(agreement: Agreement, edition: Edition) -> Agreement:
    """The agreement with its next edition, proposed. A repeated proposal changes nothing.

    Raises ``Conflict`` while another waits for its answer (``proposal_pending``) or once it has ended
    (``agreement_ended``); ``Invalid`` when it is about something else (``parties_changed``) or unsound.
    """
    if any(each.id == edition.id for each in agreement.editions):
        return agreement
    require_sound(edition.terms)
    if edition.terms.parties != agreement.terms.parties:
        raise Invalid("parties_changed", "站点、中心或事项不同的，请另立通办协议。", field="terms")
    if agreement.ends_on is not None:
        raise Conflict("agreement_ended", "该通办协议已终止，请另立协议。")
    if agreement.editions[-1].state not in ALLOWED[EditionAct.FOLLOW]:
        raise Conflict(
            "proposal_pending", "上一版本尚待答复，答复后才能提出新版本。", edition=agreement.editions[-1].id
        )
    return replace(agreement, editions=(*agreement.editions, edition))


def answer(
    agreement: Agreement, edition_id: str, by_site: str, *, confirmed: bool, by_name: str, note: str, now: datetime
) -> Agreement:
    """The edition with the other side's answer; the same answer again changes nothing.

    Raises ``Forbidden`` when whoever proposed it answers (``own_proposal``), ``Conflict`` on another answer than
    before (``edition_answered``).
    """
    edition = agreement.edition(edition_id)
    if edition.proposed_by_site == by_site:
        raise Forbidden("own_proposal", "通办协议须由对方站点确认，不能自行确认。")
    state = EditionState.CONFIRMED if confirmed else EditionState.DECLINED
    if edition.state not in ALLOWED[EditionAct.CONFIRM if confirmed else EditionAct.DECLINE]:
        if edition.state is state:
            return agreement
        raise Conflict("edition_answered", "该版本已答复，不能改变；请另提新版本。", state=edition.state.value)
    answered = replace(edition, state=state, answered_by_name=by_name, answered_at=now, note=note)
    return replace(agreement, editions=tuple(_swapped(agreement.editions, answered)))


def end(agreement: Agreement, ends_on: date, reason: str) -> Agreement:
    """The agreement, ended after a day: the earliest that either side named."""
    if agreement.ends_on is not None and agreement.ends_on <= ends_on:
        return agreement
    return replace(agreement, ends_on=ends_on, end_reason=reason)


def _swapped(editions: Iterable[Edition], changed: Edition) -> Iterable[Edition]:
    return (changed if each.id == changed.id else each for each in editions)
