"""Standards of sites above: kept as federation tells of them, and kept to from their day on."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import Invalid
from kit.store.port import Mark
from reference.policies import ALL
from services.catalog.domain import standards
from services.catalog.domain.items import Guide
from services.catalog.domain.standards import Above, Standard, departures, refuse_fixed
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.inheritance import refresh


def alarms(catalog: Catalog) -> list[Alarm]:
    """What wakes up: standards whose day has come."""

    def fire(standard: Any, call: Call) -> None:
        catalog.standards.save(replace(standard, in_force=True), [], call)
        refresh(catalog=catalog, call=call)

    return [Alarm("catalog.standards", catalog.standards, fire)]


def keep_standard(*, catalog: Catalog, call: Call, told: Standard, mark: Mark) -> None:
    """Keeps what a site above has set, and brings every center up to date where it holds already.

    The centers follow also when the event comes again: a crash may have come between the two. Raises ``Invalid``
    (``standard_unusable``) on a setting that this release doesn't know or take.
    """
    _check(told)
    held = catalog.standards.find_by_id(told.id)
    if held is None or told.number >= held.number:
        now_in_force = told.withdrawn or told.effective_from <= call.now
        fresh = replace(told, in_force=now_in_force, version=held.version if held else 0)
        put = catalog.standards.create if held is None else catalog.standards.save
        if not catalog.standards.store.is_marked(mark):
            put(fresh, [], call, mark=mark)
    refresh(catalog=catalog, call=call)


def require_as_set_above(catalog: Catalog, guide: Guide) -> None:
    """Raises ``Conflict`` (``fixed_by_parent``) where an item departs from its standard, known by its basic code."""
    if not guide.basic_code:
        return
    said = asdict(guide)
    for standard in catalog.standards_above(standards.ITEM).standards:
        if standard.key == guide.basic_code:
            refuse_fixed(sorted(departures(said, standard)), standard.issued_by)


def above_policies(catalog: Catalog) -> Above:
    """The settings that sites above have set."""
    return catalog.standards_above(standards.POLICY)


def _check(told: Standard) -> None:
    if told.kind != standards.POLICY:
        return
    for key, value in told.effective.items():
        if key not in ALL:
            raise Invalid("standard_unusable", "上级标准中有本系统不认识的参数，请先升级本站点系统。", key=key[:80])
        ALL[key].check(value)
