"""The kinds of document that the local copy is kept in."""

from __future__ import annotations

from typing import Final

from kit.store.port import Index, Kind

CENTERS: Final = Kind("ref_center", (Index("by_code", ("code",), unique=True),))
#: One document a published version, id ``<item>:<version>``; never changed.
ITEMS: Final = Kind("ref_item")
#: One small document an item: which version may be applied for.
CURRENT_ITEMS: Final = Kind("ref_item_current")
POLICIES: Final = Kind("ref_policy")
CALENDARS: Final = Kind("ref_calendar")
#: Never deleted: papers keep the seal that they bear.
SEALS: Final = Kind("ref_seal", (Index("by_center", ("center_id", "registered_at")),))

REFERENCE_KINDS: Final = (CENTERS, ITEMS, CURRENT_ITEMS, POLICIES, CALENDARS, SEALS)


def item_key(item_id: str, item_version: int) -> str:
    """The id of an item version's document."""
    return f"{item_id}:{item_version}"
