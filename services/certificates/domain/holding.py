"""One paper on file (证照、材料): what is known of it, whose it is, and how it stands on a day.

What is known comes in pieces, in any order and any number of times: each is a fact of its own, and no order of them
leads to another holding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import Conflict
from kit.workdays import local_date, local_instant
from services.certificates.domain.trust import Trust

#: Uses that one holding remembers; our own choice: an audit line of each stays beside it.
MOST_USES: Final = 500


class HoldingState(StrEnum):
    """How it stands."""

    #: Not all of it is known yet: it is shown to nobody.
    PENDING = "pending"
    VALID = "valid"
    EXPIRED = "expired"
    #: Revoked or struck from the register by who issued it, or found false (许可法 69, 70).
    REVOKED = "revoked"
    #: Another one followed it.
    REPLACED = "replaced"
    #: Taken off the file by its holder.
    WITHDRAWN = "withdrawn"


class Origin(StrEnum):
    """Where it came from."""

    #: A result that this center's departments gave.
    RESULT = "result"
    #: A material of an application.
    MATERIAL = "material"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose it is: masked, and a keyed hash of the number to be found by (``kit.privacy.person_key``)."""

    key: str
    name: str
    id_number: str


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A file of it: SHA-256 (hex), name, true media type, size in bytes."""

    sha256: str
    filename: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Content:
    """What it is; ``told`` is the version of what it was read from: of two, the later one holds."""

    kind: str
    name: str
    trust: Trust
    number: str
    issuer: str
    issued_at: datetime
    valid_from: date
    #: Its last day; None: without an end.
    valid_until: date | None
    files: tuple[PaperFile, ...] = ()
    verified_by: str = ""
    told: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """That it holds no more before its time, and why."""

    state: HoldingState
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Use:
    """That an application used it instead of a paper handed in."""

    application_id: str
    application_number: str
    material_key: str
    journey: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """A paper on file. ``case_id`` is the case that gave it, or the application that it was handed in with."""

    id: str
    center_id: str
    origin: Origin
    case_id: str
    case_number: str
    journey: str
    material_key: str = ""
    item_name: str = ""
    holder: Holder | None = None
    content: Content | None = None
    ended: Ending | None = None
    #: Its renewal was applied for in time and not decided at its end: it counts as renewed (许可法 50).
    continued: bool = False
    uses: tuple[Use, ...] = ()
    #: When it goes from the file altogether; None: it stays.
    gone_at: datetime | None = None
    version: int = 0

    def state(self, on: date) -> HoldingState:
        """How it stands on a day."""
        if self.holder is None or self.content is None:
            return HoldingState.PENDING
        if self.ended is not None:
            return self.ended.state
        until = self.content.valid_until
        if until is not None and until < on and not self.continued:
            return HoldingState.EXPIRED
        return HoldingState.VALID

    @property
    def state_ended(self) -> HoldingState | None:
        """How it ended before its time; None: it didn't."""
        return None if self.ended is None else self.ended.state

    @property
    def known(self) -> bool:
        """Whether it is on file: whose it is and what it is are both known."""
        return self.holder is not None and self.content is not None


def of_holder(holding: Holding, holder: Holder, *, case_number: str, item_name: str, journey: str) -> Holding:
    """The holding of this person or unit. Once known, it doesn't change."""
    if holding.holder is not None:
        return holding
    return replace(
        holding,
        holder=holder,
        case_number=holding.case_number or case_number,
        item_name=holding.item_name or item_name,
        journey=holding.journey or journey,
    )


def with_content(holding: Holding, content: Content) -> Holding:
    """The holding with what it is; what is told of an earlier state of it changes nothing."""
    if holding.content is not None and holding.content.told >= content.told:
        return holding
    if holding.state_ended is HoldingState.WITHDRAWN:
        content = replace(content, files=())
    return replace(holding, content=content)


def end(holding: Holding, ending: Ending) -> Holding:
    """The holding that holds no more. Of several ends the gravest stays, whatever came first."""
    if holding.ended is not None and _GRAVITY[holding.ended.state] >= _GRAVITY[ending.state]:
        return holding
    return replace(holding, ended=ending)


#: A holder can't hide by taking it back that something was revoked.
_GRAVITY: Final = {HoldingState.REPLACED: 1, HoldingState.WITHDRAWN: 2, HoldingState.REVOKED: 3}


def continued(holding: Holding) -> Holding:
    """The holding that counts as renewed beyond its end (许可法 50)."""
    return replace(holding, continued=True)


def withdraw(holding: Holding, *, reason: str, now: datetime) -> Holding:
    """Its holder takes it off the file; its files go from it.

    Raises ``Conflict``: what a department issued stays on its register (``holding_issued_here``); it is off already
    (``holding_over``).
    """
    if holding.origin is Origin.RESULT:
        raise Conflict(
            "holding_issued_here", "本中心核发的证照不能从库中撤回；如需注销，请向核发部门申请。", id=holding.id
        )
    _require_not_over(holding)
    withdrawn = end(holding, Ending(HoldingState.WITHDRAWN, reason, now))
    return replace(withdrawn, content=None if holding.content is None else replace(holding.content, files=()))


def revoke(holding: Holding, *, reason: str, now: datetime) -> Holding:
    """A paper was found false, or without force.

    Raises ``Conflict``: a result is revoked where it was decided (``holding_issued_here``); ``holding_over``.
    """
    if holding.origin is Origin.RESULT:
        raise Conflict(
            "holding_issued_here", "本中心核发的证照请在办件中办理撤销或者注销，库中随之更新。", id=holding.id
        )
    _require_not_over(holding)
    return end(holding, Ending(HoldingState.REVOKED, reason, now))


def use(holding: Holding, made: Use) -> Holding:
    """The holding with a use of it; the same use told again changes nothing.

    Raises ``Conflict``: it isn't valid on that day (``holding_expired``, ``holding_revoked``, ``holding_withdrawn``,
    ``holding_replaced``), or was used too often (``holding_used_up``).
    """
    state = holding.state(local_date(made.at))
    if state is not HoldingState.VALID:
        raise Conflict(f"holding_{state.value}", f"{_SAID[state]}，请提交新的材料。", id=holding.id)
    key = (made.application_id, made.material_key)
    if any((each.application_id, each.material_key) == key for each in holding.uses):
        return holding
    if len(holding.uses) >= MOST_USES:
        raise Conflict("holding_used_up", "这份材料的引用次数已达上限，请提交新的材料。", id=holding.id)
    return replace(holding, uses=(*holding.uses, made))


def with_retention(holding: Holding, days: int) -> Holding:
    """The holding that stays so many days beyond its end; what a department issued stays for good."""
    content = holding.content
    if holding.origin is Origin.RESULT or content is None:
        return holding
    ends = [] if content.valid_until is None else [local_instant(content.valid_until + timedelta(days=1))]
    ends += [] if holding.ended is None else [holding.ended.at]
    return replace(holding, gone_at=min(ends) + timedelta(days=days) if ends else None)


def _require_not_over(holding: Holding) -> None:
    if holding.ended is not None:
        raise Conflict("holding_over", f"{_SAID[holding.ended.state]}，无需再次办理。", id=holding.id)


_SAID: Final = {
    HoldingState.PENDING: "这份证照尚未核发",
    HoldingState.EXPIRED: "这份证照或材料已过有效期",
    HoldingState.REVOKED: "这份证照或材料已被撤销、注销",
    HoldingState.REPLACED: "这份证照已换发新证",
    HoldingState.WITHDRAWN: "这份材料已由本人撤回",
}
