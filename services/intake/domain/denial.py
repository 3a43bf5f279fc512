"""A report that something can't be done, before anybody is told so (否定事项报备制; rules C18).

It goes up level by level; the last one that agrees, or any that doesn't, decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Invalid
from services.intake.domain.officer import Officer


class DenialState(StrEnum):
    """Life of a report."""

    OPEN = "open"
    #: It can't be done.
    CONFIRMED = "confirmed"
    #: It can: the window deals with it.
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a level said."""

    level: str
    given_by: Officer
    agrees: bool
    said: str
    basis: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class DenialReport:
    """A report; ``levels`` are the roles that it goes through, as the center had set them when it was filed.

    ``asked_for`` is what somebody wants done; nobody's personal data belong there.
    """

    id: str
    center_id: str
    department_key: str
    asked_for: str
    reason: str
    basis: str
    filed_by: Officer
    filed_at: datetime
    levels: tuple[str, ...]
    journey: str
    item_id: str = ""
    item_name: str = ""
    #: The application that it is about; ``None``: somebody only asked.
    application_id: str | None = None
    application_number: str = ""
    opinions: tuple[Opinion, ...] = ()
    state: DenialState = DenialState.OPEN
    decided_at: datetime | None = None
    version: int = 0

    @property
    def level(self) -> str:
        """The role whose turn it is; empty once decided."""
        return self.levels[len(self.opinions)] if self.state is DenialState.OPEN else ""


def give_opinion(
    report: DenialReport, *, agrees: bool, said: str, basis: str, by: Officer, now: datetime
) -> DenialReport:
    """With the opinion of the level whose turn it is.

    Raises ``Conflict``: decided (``report_decided``), or one's own, or answered at a lower level (``own_report``);
    ``Invalid``: a last level that agrees without grounds (``basis_required``).
    """
    if report.state is not DenialState.OPEN:
        raise Conflict("report_decided", "该报备已经作出结论，不能再提出意见。", state=report.state.value)
    if by.id in {report.filed_by.id, *(each.given_by.id for each in report.opinions)}:
        raise Conflict("own_report", "报备人和下级已提出意见的人员不能再作审核，请由其他人员办理。")
    last = len(report.opinions) + 1 == len(report.levels)
    if agrees and last and not basis:
        raise Invalid("basis_required", "认定不能办理的，须写明依据的法律、法规条款。", field="basis")
    given = replace(report, opinions=(*report.opinions, Opinion(report.level, by, agrees, said, basis, now)))
    if not agrees:
        return replace(given, state=DenialState.OVERTURNED, decided_at=now)
    return replace(given, state=DenialState.CONFIRMED, decided_at=now) if last else given
