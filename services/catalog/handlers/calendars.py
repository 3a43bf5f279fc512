"""Changing a center's own part of its calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kit.call import Call
from kit.store.repository import check_version
from services.catalog.domain import calendars
from services.catalog.domain.calendars import CenterCalendar
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.effective import calendar_chain, line_of


def put_calendar(
    *, catalog: Catalog, call: Call, center_id: str, own: Mapping[str, Any], expected_version: int = 0
) -> CenterCalendar:
    """Replaces a center's own hours, years and days; its children inherit them (rules T02, ZZ6).

    A published year replaces the computed one, and what was computed with it can be computed again. Raises ``Invalid``
    with the field that is wrong, ``Conflict`` (``fixed_by_parent``) on what a site above has set, ``NotFound``
    (``center_unknown``), ``Forbidden``, ``Stale``.
    """
    call.actor.require("manager", "admin")
    center = catalog.centers.get(center_id)
    call.actor.require_center(center_id)
    chain = calendar_chain(catalog, line_of(catalog, center))
    before = chain.calendars[-1]
    check_version(before, expected_version)
    chain.above.require_open(name for name, value in own.items() if value)
    part = calendars.own_part(own)
    if part == before.own and before.version:
        return before
    fresh = replace(before, own=part)
    now = chain.with_own(fresh).merged(before.version + 1)
    calendars.require_holidays_kept(part, now)
    told, event = calendars.told(fresh, now, call.actor.name)
    put = catalog.calendars.save if before.version else catalog.calendars.create
    return put(told, [event], call)
