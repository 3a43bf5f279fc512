"""Reads: what the public may see, and what staff see of their own centers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.call import Call
from kit.errors import Conflict, NotFound
from kit.store.port import Document, Query, Range, Scalar
from kit.workdays import Calendar, Deadline, Limit, due
from services.catalog.domain.calendars import CenterCalendar
from services.catalog.domain.centers import Center
from services.catalog.domain.items import Item, ItemState, ItemVersion
from services.catalog.domain.policies import CenterPolicy, Effective
from services.catalog.handlers.catalog import ITEMS, Catalog, past_version_id
from services.catalog.handlers.effective import effective_calendar, effective_policy

#: Items of one page, if nothing is asked and at the most.
PAGE: Final = 50
MAX_PAGE: Final = 200
#: Items that one search looks at; beyond, its cursor goes on.
MAX_SCANNED: Final = 5_000
#: Longest text that is searched for; the rest of it is left out.
MAX_QUERY: Final = 100


def list_centers(*, catalog: Catalog) -> list[Center]:
    """All centers of the site, parents before children, in order of their codes."""
    return sorted(catalog.centers.each("by_code"), key=lambda center: center.level)


def get_center(*, catalog: Catalog, center_id: str) -> Center:
    """One center. Raises ``NotFound`` (``center_unknown``)."""
    return catalog.centers.get(center_id)


@dataclass(frozen=True, slots=True)
class Shown:
    """A version of an item as somebody may see it."""

    item: Item
    content: ItemVersion


@dataclass(frozen=True, slots=True)
class ShownPage:
    """Items in order of their codes, and where to go on (empty: nothing more)."""

    items: tuple[Shown, ...]
    cursor: str = ""


def list_items(
    *,
    catalog: Catalog,
    call: Call,
    center_id: str,
    state: ItemState = ItemState.PUBLISHED,
    text: str = "",
    department_key: str = "",
    limit: int = 0,
    cursor: str = "",
) -> ShownPage:
    """Items of a center in a state, in order of their codes; each word of ``text`` in name, keywords or code.

    The public sees published ones only; drafts and retired ones are for those who work on them. Raises ``NotFound``
    (``center_unknown``), ``Forbidden``.
    """
    catalog.centers.get(center_id)
    if state is not ItemState.PUBLISHED:
        _require_drafter(call, center_id)
    size = min(limit or PAGE, MAX_PAGE)
    words = text[:MAX_QUERY].casefold().split()
    shown: list[Shown] = []
    last = ""
    for scanned, document in enumerate(_documents(catalog, center_id, state, cursor)):
        if len(shown) == size or scanned == MAX_SCANNED:
            return ShownPage(tuple(shown), last)
        last = str(document.body["sort"])
        if all(word in document.body["search"] for word in words):
            found = _shown(catalog, document.id, state, department_key)
            if found is not None:
                shown.append(found)
    return ShownPage(tuple(shown))


def get_item(*, catalog: Catalog, call: Call, item_id: str, number: int = 0) -> Shown:
    """An item's published version, or the one asked for; others than published ones are for the center's staff.

    Raises ``NotFound`` (``item_unknown``, ``item_version_unknown``), ``Conflict`` (``item_not_published``),
    ``Forbidden``.
    """
    item = catalog.items.get(item_id)
    if item.published is not None and number in (0, item.published.number):
        return Shown(item, item.published)
    if not number:
        raise Conflict("item_not_published", "该事项未发布或已停办，请咨询窗口。", item=item_id)
    _require_drafter(call, item.center_id)
    content = item.numbered(number)
    if content is None:
        past = catalog.past_versions.find_by_id(past_version_id(item.id, number))
        if past is None:
            raise NotFound(
                "item_version_unknown", "该事项没有这个版本，请核对版本号。", item=item_id, item_version=number
            )
        content = past.content
    return Shown(item, content)


def get_policy(*, catalog: Catalog, call: Call, center_id: str) -> tuple[CenterPolicy, Effective]:
    """A center's settings that were set, there or above. Raises ``NotFound`` (``center_unknown``), ``Forbidden``."""
    call.actor.require_center(center_id)
    return effective_policy(catalog, center_id)


def get_calendar(*, catalog: Catalog, center_id: str) -> tuple[CenterCalendar, Calendar]:
    """A center's own part of its calendar, and what holds. Raises ``NotFound`` (``center_unknown``)."""
    return effective_calendar(catalog, center_id)


def compute_deadline(*, catalog: Catalog, center_id: str, start_at: datetime, limit: Limit) -> Deadline:
    """When a limit that starts at an instant ends by a center's calendar (许可法 82; rules F01–F05).

    Never fails for a year that isn't published: the answer is provisional then. Raises ``NotFound``, ``Invalid``.
    """
    _, calendar = effective_calendar(catalog, center_id)
    return due(start_at, limit, calendar)


def _require_drafter(call: Call, center_id: str) -> None:
    call.actor.require("chief", "manager", "admin")
    call.actor.require_center(center_id)


def _documents(catalog: Catalog, center_id: str, state: ItemState, after: str) -> Iterator[Document]:
    """Items as they are stored, page by page: most of those that a search looks at are never decoded further."""
    where: dict[str, Scalar | tuple[Scalar, ...]] = {"center_id": center_id}
    if state is ItemState.PUBLISHED:
        index, where["offered"] = "by_offer", True
    else:
        index, where["stage"] = "by_stage", str(state)
    range = Range(least=f"{after}\0" if after else None)
    cursor = ""
    while True:
        page = catalog.items.store.find(Query(ITEMS.name, index, where, range, limit=MAX_PAGE, cursor=cursor))
        yield from page.documents
        cursor = page.cursor
        if not cursor:
            return


def _shown(catalog: Catalog, item_id: str, state: ItemState, department_key: str) -> Shown | None:
    """The version of an item in this state, unless another department's is asked for."""
    item = catalog.items.find_by_id(item_id)
    for content in () if item is None else (item.published, item.open, item.former):
        if content is not None and content.state is state:
            wanted = not department_key or content.guide.department_key == department_key
            return Shown(item, content) if item is not None and wanted else None
    return None
