"""Results that expire, their holders' reminder, and their renewal (许可法 50).

Whoever applies in time has a decision before the end, or the licence counts as renewed (逾期未作决定的，视为准予延续).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from kit.errors import Conflict
from kit.workdays import local_date, local_instant
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.renewal import Renewal, ends_at
from services.approval_routing.domain.validity import Validity


class LicenceState(StrEnum):
    """Life of a result that is valid for a time."""

    VALID = "valid"
    #: Its end has come with a timely renewal undecided: it counts as renewed.
    CONTINUED = "continued"
    #: Another one followed it.
    RENEWED = "renewed"
    EXPIRED = "expired"
    #: Revoked, or struck from the register (许可法 69, 70).
    ENDED = "ended"

    @property
    def over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self in (LicenceState.RENEWED, LicenceState.EXPIRED, LicenceState.ENDED)


@dataclass(frozen=True, slots=True)
class Licence:
    """A result that is valid for a time; its id is that of the case that gave it. ``holder_masked`` as the case has it."""

    id: str
    number: str
    name: str
    center_id: str
    department_key: str
    item_id: str
    item_name: str
    holder_masked: str
    journey: str
    validity: Validity
    #: When its holder is reminded; None: it is valid for too short a time.
    remind_at: datetime | None
    #: When to look at it next.
    wake_at: datetime | None
    state: LicenceState = LicenceState.VALID
    reminded_at: datetime | None = None
    #: The case that renews it, and its number.
    renewal_case_id: str = ""
    renewal_number: str = ""
    #: Whether that was applied for in time.
    in_time: bool = False
    #: The number of the result that followed it.
    followed_by: str = ""
    version: int = 0

    @property
    def valid_until(self) -> date:
        """Its last day."""
        return self.validity.valid_until


@dataclass(frozen=True, slots=True)
class LicenceExpiring:
    """Its holder is reminded of its end, and by when to apply for its renewal."""

    licence: Licence
    rules: str = "许可法 50; our own choice"


@dataclass(frozen=True, slots=True)
class LicenceContinued:
    """Its renewal was applied for in time and not decided before its end: it counts as renewed."""

    licence: Licence
    rules: str = "许可法 50"


@dataclass(frozen=True, slots=True)
class LicenceExpired:
    """Its last day is over."""

    licence: Licence
    rules: str = "许可法 50, 70"


Told = LicenceExpiring | LicenceContinued | LicenceExpired


def given(case: Case, *, reminder_days: int) -> Licence | None:
    """The licence that a case's result is; None: it is valid without an end.

    The reminder comes so many days before the last day to apply; none where it had come before the licence itself.
    """
    result = case.result
    if result is None or result.validity is None:
        return None
    remind_at = local_instant(result.validity.apply_by - timedelta(days=reminder_days))
    licence = Licence(
        id=case.id,
        number=result.number,
        name=result.name,
        center_id=case.center_id,
        department_key=case.department_key,
        item_id=case.item_id,
        item_name=case.item_name,
        holder_masked=case.applicant_masked,
        journey=case.journey,
        validity=result.validity,
        remind_at=remind_at if remind_at > result.issued_at else None,
        wake_at=None,
    )
    return replace(licence, wake_at=licence.remind_at or ends_at(licence.valid_until))


def renewed_by(case: Case, licence: Licence, received_at: datetime) -> Case:
    """The case that is to renew a licence of the same holder, applied for at an instant.

    Raises ``Conflict``: nothing is left to be renewed (``licence_over``), it is another's (``licence_of_another``), another
    case renews it (``licence_being_renewed``), or this one is decided (``case_decided``).
    """
    _require_standing(licence)
    if licence.center_id != case.center_id or licence.holder_masked != case.applicant_masked:
        raise Conflict(
            "licence_of_another", f"证照 {licence.number} 不属于本申请人，请核对编号。", number=licence.number
        )
    if licence.renewal_case_id not in ("", case.id):
        message = f"证照 {licence.number} 已由办件 {licence.renewal_number} 申请延续。"
        raise Conflict("licence_being_renewed", message, number=licence.number)
    if not case.state.undecided:
        raise Conflict("case_decided", "该办件已作出决定，不能再改动。", id=case.id)
    in_time = local_date(received_at) <= licence.validity.apply_by
    return replace(case, renewal=Renewal(licence.id, licence.number, licence.valid_until, received_at, in_time))


def awaits(licence: Licence, case: Case) -> Licence:
    """The licence whose renewal a case is. Raises ``Conflict`` (``licence_over``)."""
    _require_standing(licence)
    in_time = case.renewal is not None and case.renewal.in_time
    return replace(licence, renewal_case_id=case.id, renewal_number=case.number, in_time=in_time)


def not_renewed(licence: Licence) -> Licence:
    """The licence whose renewal was refused: it holds to its end, and may be applied for again.

    Raises ``Conflict``: no renewal waits (``licence_not_being_renewed``), it counts as granted (``renewal_deemed``), or
    nothing is left to be renewed (``licence_over``).
    """
    _require_standing(licence)
    if licence.state is LicenceState.CONTINUED:
        raise Conflict("renewal_deemed", f"证照 {licence.number} 已视为准予延续。", number=licence.number)
    if not licence.renewal_case_id:
        raise Conflict(
            "licence_not_being_renewed", f"证照 {licence.number} 没有待办的延续申请。", number=licence.number
        )
    return replace(licence, renewal_case_id="", renewal_number="", in_time=False)


def followed(licence: Licence, number: str) -> Licence:
    """The licence that another one has followed, once, unless it was ended. Raises ``Conflict`` (``licence_over``)."""
    if licence.state in (LicenceState.RENEWED, LicenceState.ENDED):
        raise _over(licence)
    return replace(licence, state=LicenceState.RENEWED, followed_by=number, wake_at=None)


def ended(licence: Licence) -> Licence:
    """The licence whose result was revoked or struck out."""
    return replace(licence, state=LicenceState.ENDED, wake_at=None)


def wake(licence: Licence, now: datetime, *, undecided: bool) -> tuple[Licence, list[Told]]:
    """What an instant brings: the reminder, then its end; ``undecided``: whether its renewal still is.

    Raises ``Conflict`` (``licence_over``) where nothing is waited for any more.
    """
    if licence.state is not LicenceState.VALID:
        raise _over(licence)
    told: list[Told] = []
    if licence.remind_at is not None and licence.reminded_at is None and now >= licence.remind_at:
        # Who has applied needs no reminder.
        licence = replace(licence, reminded_at=now)
        told += [] if licence.renewal_case_id else [LicenceExpiring(licence)]
    end = ends_at(licence.valid_until)
    if now <= end:
        return replace(licence, wake_at=end + timedelta(milliseconds=1)), told
    if licence.in_time and undecided:
        licence = replace(licence, state=LicenceState.CONTINUED, wake_at=None)
        return licence, [*told, LicenceContinued(licence)]
    licence = replace(licence, state=LicenceState.EXPIRED, wake_at=None)
    return licence, [*told, LicenceExpired(licence)]


def _require_standing(licence: Licence) -> None:
    if licence.state.over:
        raise _over(licence)


def _over(licence: Licence) -> Conflict:
    return Conflict("licence_over", f"证照 {licence.number} 已失效或者已换发，不能延续。", number=licence.number)
