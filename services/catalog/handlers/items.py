"""Drafting, reviewing, publishing and retiring items (rules AA06, AB01, AB02)."""

from __future__ import annotations

from collections.abc import Callable

from kit.call import Call
from kit.errors import Conflict
from kit.store.port import Duplicate
from kit.store.repository import check_version
from kit.text import clean
from services.catalog.domain import items
from services.catalog.domain.items import Change, Guide, Item
from services.catalog.domain.publication import (
    Finding,
    draft_problems,
    publication_problems,
    publication_warnings,
    refuse,
)
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.guides import cleaned, rules_for
from services.catalog.handlers.standards import require_as_set_above

#: Who may work on drafts; a chief representative only on those of the own department.
DRAFTERS = ("chief", "manager", "admin")


def draft_item(
    *, catalog: Catalog, call: Call, item_id: str, center_id: str, guide: Guide, expected_version: int = 0
) -> Item:
    """Starts an item (without an id), opens its next version, or edits its open draft (rules AA06).

    Raises ``Invalid`` with what not even a draft may say, ``Conflict`` (``item_code_taken``, ``item_in_review``),
    ``NotFound``, ``Forbidden``, ``Stale``.
    """
    call.actor.require(*DRAFTERS)
    if not item_id and (before := catalog.items.created_before(call)) is not None:
        return before
    item = _mine(catalog, call, item_id) if item_id else None
    center = catalog.centers.get(center_id if item is None else item.center_id)
    guide = cleaned(guide)
    _require_department(call, center.id, guide)
    if item is not None:
        check_version(item, expected_version)
    require_as_set_above(catalog, guide)
    refuse(draft_problems(guide, center, rules_for(catalog, center.id)))
    try:
        if item is None:
            fresh, events = items.start(catalog.ids.new_id(call.now), center.id, guide)
            return catalog.items.create(fresh, events, call)
        changed, events = items.redraft(item, guide)
        return catalog.items.save(changed, events, call)
    except Duplicate as error:
        raise Conflict(
            "item_code_taken", "本中心已有同一编码的事项，请核对编码或修改原事项。", item_code=guide.implementation_code
        ) from error


def check_item(*, catalog: Catalog, call: Call, center_id: str, guide: Guide) -> tuple[list[Finding], list[Finding]]:
    """What would keep it from being published, and what should be known (rules AB02); nothing is kept.

    Raises ``Invalid`` on texts that can't be kept, ``NotFound``, ``Forbidden``.
    """
    call.actor.require(*DRAFTERS)
    center = catalog.centers.get(center_id)
    guide = cleaned(guide)
    _require_department(call, center.id, guide)
    rules = rules_for(catalog, center.id)
    return list(dict.fromkeys(publication_problems(guide, center, rules))), list(publication_warnings(guide, rules))


def submit_item(*, catalog: Catalog, call: Call, item_id: str, number: int, expected_version: int = 0) -> Item:
    """Hands a draft to the center, complete (rules AB02). Raises ``Invalid`` with all that is missing."""
    call.actor.require(*DRAFTERS)

    def submitted(item: Item) -> Change:
        items.submit(item, number)  # a wrong state is said before what the draft lacks
        return items.submit(item, number, _checked(catalog, item, item.latest.guide))

    return _change(catalog, call, item_id, expected_version, submitted)


def return_item(
    *, catalog: Catalog, call: Call, item_id: str, number: int, reason: str, expected_version: int = 0
) -> Item:
    """Sends a submitted draft back with a reason."""
    call.actor.require("manager")
    words = clean(reason, field="reason", max_length=1000, multiline=True)
    return _change(catalog, call, item_id, expected_version, lambda item: items.send_back(item, number, words))


def publish_item(*, catalog: Catalog, call: Call, item_id: str, number: int, expected_version: int = 0) -> Item:
    """Publishes a submitted draft; a former version is retired by the same write (rules AB01, AB02).

    It is checked again, as the center or its policy may have changed since. Raises ``Invalid``, ``Conflict``.
    """
    call.actor.require("manager")

    def published(item: Item) -> Change:
        items.publish(item, number, call.now)
        return items.publish(item, number, call.now, _checked(catalog, item, item.latest.guide))

    return _change(catalog, call, item_id, expected_version, published)


def retire_item(
    *, catalog: Catalog, call: Call, item_id: str, number: int, reason: str, expected_version: int = 0
) -> Item:
    """Takes a published version off offer; running cases keep it."""
    call.actor.require("manager")
    words = clean(reason, field="reason", max_length=1000, multiline=True)
    return _change(catalog, call, item_id, expected_version, lambda item: items.retire(item, number, words))


def _change(
    catalog: Catalog, call: Call, item_id: str, expected_version: int, transition: Callable[[Item], Change]
) -> Item:
    item = _mine(catalog, call, item_id)
    check_version(item, expected_version)
    changed, events = transition(item)
    return catalog.items.save(changed, events, call)


def _mine(catalog: Catalog, call: Call, item_id: str) -> Item:
    """An item of a center (and, for a chief, of the department) that the actor works for."""
    item = catalog.items.get(item_id)
    _require_department(call, item.center_id, item.latest.guide)
    return item


def _require_department(call: Call, center_id: str, guide: Guide) -> None:
    if call.actor.has("manager", "admin"):
        call.actor.require_center(center_id)
    else:
        call.actor.require_department(center_id, guide.department_key)


def _checked(catalog: Catalog, item: Item, guide: Guide) -> tuple[str, ...]:
    """The warnings of a version that may be published. Raises ``Invalid`` where it may not."""
    require_as_set_above(catalog, guide)
    rules = rules_for(catalog, item.center_id)
    refuse(publication_problems(guide, catalog.centers.get(item.center_id), rules))
    return tuple(finding.message for finding in publication_warnings(guide, rules))
