"""A center's licences, those that end first at the head, searched; and one of them with its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from kit.call import Call
from kit.errors import Invalid, NotFound
from kit.store.port import Range
from kit.store.repository import Found
from kit.workdays import local_date
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.licences import Licence, LicenceState
from services.approval_routing.handlers.access import CENTER_ROLES, DEPARTMENT_ROLES
from services.approval_routing.handlers.office import Office
from services.approval_routing.queries.cases import MOST

#: Licences looked at for one page of a search; it goes on from there.
MOST_SCANNED: Final = 2000
#: The farthest that anybody looks ahead.
MOST_DAYS: Final = 3650
_USUAL: Final = 50


@dataclass(frozen=True, slots=True)
class LicenceFilter:
    """What is wanted of them; empty: all.

    ``before``: ISO, what ends sooner; ``apply_within``: calendar days from today in which they must be applied for, without
    what a case renews already (许可法 50).
    """

    words: str = ""
    item_id: str = ""
    before: str = ""
    apply_within: int = 0


def list_licences(
    *, office: Office, call: Call, center_id: str, state: LicenceState, wanted: LicenceFilter, limit: int, cursor: str
) -> Found[Licence]:
    """Those of a state, as they end, or as they must be applied for; a whole number finds it in whatever state.

    A page of a search may be shorter than ``limit`` and go on all the same. Raises ``Forbidden`` for another center,
    ``Invalid`` (``day_invalid``).
    """
    call.actor.require(*CENTER_ROLES, *DEPARTMENT_ROLES)
    call.actor.require_center(center_id)
    words = wanted.words[:80].casefold().split()
    if len(words) == 1:
        numbered = office.licences.find("by_number", center_id=center_id, number=wanted.words.strip()[:80], limit=MOST)
        if numbered.items:
            return numbered
    before, index = _day(wanted.before), "by_state"
    below = before
    if wanted.apply_within > 0:
        within = timedelta(days=min(wanted.apply_within, MOST_DAYS) + 1)
        index, below = "by_applying", (local_date(call.now) + within).isoformat()
    size = min(limit, MOST) if limit > 0 else _USUAL
    found: list[Licence] = []
    scanned = 0
    while True:
        page = office.licences.find(
            index,
            range=Range(below=below),
            center_id=center_id,
            state=state.value,
            limit=size,
            cursor=cursor,
        )
        found += [
            each for each in page.items if _meets(each, words, wanted.item_id, before, applying=wanted.apply_within > 0)
        ]
        scanned, cursor = scanned + len(page.items), page.cursor
        if found or not cursor or scanned >= MOST_SCANNED:
            return Found(tuple(found), cursor)


def get_licence(*, office: Office, call: Call, licence_id: str) -> tuple[Licence, Case]:
    """A licence and the case that gave it. Raises ``NotFound`` (``licence_not_found``), ``Forbidden`` for another center."""
    call.actor.require(*CENTER_ROLES, *DEPARTMENT_ROLES)
    licence = office.licences.find_by_id(licence_id)
    if licence is None:
        raise NotFound("licence_not_found", "没有找到该证照，请核对编号。", id=licence_id[:80])
    call.actor.require_center(licence.center_id)
    return licence, office.cases.get(licence.id)


def _meets(licence: Licence, words: list[str], item_id: str, before: str | None, *, applying: bool) -> bool:
    parts = (licence.number, licence.name, licence.item_name, licence.holder_masked, licence.renewal_number)
    searched = " ".join(parts).casefold()
    return (
        all(word in searched for word in words)
        and item_id in ("", licence.item_id)
        and (before is None or licence.valid_until.isoformat() < before)
        and not (applying and licence.renewal_case_id)
    )


def _day(text: str) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid("day_invalid", "日期应写成 2026-01-01 的形式，请更正。", field="before") from None
