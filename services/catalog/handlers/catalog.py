"""What the use cases stand on: the kinds of document, their repositories, and what a chain of centers says."""

from __future__ import annotations

from collections.abc import Hashable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final

from kit.alarms import ALARMS
from kit.clock import to_ms
from kit.errors import NotFound
from kit.ids import Ids
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from kit.workdays import Calendar
from services.catalog.domain.calendars import CenterCalendar
from services.catalog.domain.centers import Center
from services.catalog.domain.items import Item, ItemState, ItemVersion
from services.catalog.domain.policies import CenterPolicy
from services.catalog.domain.seals import Seal
from services.catalog.domain.standards import Above, Standard

CENTERS: Final = Kind("center", (Index("by_code", ("code",)), Index("by_parent", ("parent_id", "code"))))
ITEMS: Final = Kind(
    "item",
    (
        Index("by_code", ("center_id", "code"), unique=True),
        Index("by_center", ("center_id", "sort")),
        Index("by_offer", ("center_id", "offered", "sort")),
        Index("by_stage", ("center_id", "stage", "sort")),
        Index("by_lane", ("center_id", "lane")),
        Index("by_department", ("center_id", "department")),
    ),
)
#: Published versions, id ``<item>:<number>``; never changed. Only those older than the item's own three are read here.
PAST_VERSIONS: Final = Kind("item_version")
POLICIES: Final = Kind("policy")
CALENDARS: Final = Kind("calendar")

#: What sites above have set.
STANDARDS: Final = Kind("standard", (Index("by_kind", ("kind", "in_force", "key")), ALARMS))

SEALS: Final = Kind(
    "seal",
    (
        Index("by_center", ("center_id", "registered_at")),
        # One picture is one seal in use.
        Index("by_picture", ("center_id", "department_key", "picture"), unique=True),
    ),
)

KINDS: Final = (CENTERS, ITEMS, PAST_VERSIONS, POLICIES, CALENDARS, STANDARDS, SEALS)


@dataclass(frozen=True, slots=True)
class PastVersion:
    """A version as it was published."""

    id: str
    item_id: str
    center_id: str
    content: ItemVersion
    version: int = 0


class CalendarCache:
    """The last computed calendar of each center, with what it was computed from: merging one takes milliseconds."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Hashable, Calendar]] = {}

    def get(self, center_id: str, made_from: Hashable) -> Calendar | None:
        """The calendar, if it was computed from just this."""
        kept = self._kept.get(center_id)
        return kept[1] if kept is not None and kept[0] == made_from else None

    def put(self, center_id: str, made_from: Hashable, calendar: Calendar) -> None:
        """Keeps a computed calendar."""
        self._kept[center_id] = (made_from, calendar)


@dataclass(frozen=True)
class Catalog:
    """Repositories and what else the use cases need; ``writers`` writes the rows of an import side by side."""

    centers: Repository[Center]
    items: Repository[Item]
    past_versions: Repository[PastVersion]
    policies: Repository[CenterPolicy]
    calendars: Repository[CenterCalendar]
    standards: Repository[Standard]
    seals: Repository[Seal]
    ids: Ids
    writers: Executor
    calendar_cache: CalendarCache = field(default_factory=CalendarCache)

    def standards_above(self, kind: str) -> Above:
        """What sites above have set of a kind, and holds."""
        found = self.standards.each("by_kind", kind=kind, in_force=True)
        return Above.of(each for each in found if not each.withdrawn)


def standard_keys(standard: Standard) -> Body:
    """When a standard begins to hold."""
    return {"due_at": None if standard.in_force else to_ms(standard.effective_from)}


def seal_keys(seal: Seal) -> Body:
    """The picture of one in use."""
    return {"picture": None if seal.withdrawn_at else seal.sha256}


def seal_unknown(seal_id: str) -> NotFound:
    """The error of a seal that doesn't exist."""
    return NotFound("seal_unknown", "没有这个印章，请核对。", seal=seal_id[:40])


def center_keys(center: Center) -> Body:
    """Indexed values of a center."""
    return {"code": center.id}


def item_keys(item: Item) -> Body:
    """Indexed values of an item: where it stands, what it is found by, what it uses of its center."""
    guide = item.latest.guide
    code = guide.implementation_code or None
    offered = item.published.guide if item.published else None
    stage = item.open.state if item.open else ("" if item.published else ItemState.RETIRED)
    return {
        "code": code,
        "sort": code or item.id,
        "offered": item.published is not None,
        "stage": str(stage),
        "lane": offered.lane if offered else None,
        "department": offered.department_key if offered else None,
        "search": search_text(item),
    }


def search_text(item: Item) -> str:
    """All words of its published and open versions that an item is found by."""
    guides = [version.guide for version in (item.published, item.open) if version] or [item.latest.guide]
    words = [
        word
        for guide in guides
        for word in (guide.name, *guide.keywords, guide.implementation_code, guide.basic_code)
        if word
    ]
    return "\n".join(dict.fromkeys(words)).casefold()


def center_unknown(center_id: str) -> NotFound:
    """The error of a center that doesn't exist."""
    return NotFound("center_unknown", "没有这个政务服务中心，请核对中心编码。", center=center_id[:40])


def item_unknown(item_id: str) -> NotFound:
    """The error of an item that doesn't exist, or that the asker may not know of."""
    return NotFound("item_unknown", "没有这个事项，请核对事项编号。", item=item_id[:40])


def past_version_id(item_id: str, number: int) -> str:
    """The id of a published version's document."""
    return f"{item_id}:{number}"
