"""Keeping published versions for those who ask for an old one; the item itself holds only the last three."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from kit.call import Call
from kit.store.port import Duplicate, Mark
from services.catalog.domain.items import ItemState, ItemVersion
from services.catalog.handlers.catalog import Catalog, PastVersion, past_version_id


def keep_version(
    *, catalog: Catalog, call: Call, item_id: str, center_id: str, content: ItemVersion, mark: Mark
) -> None:
    """Keeps a version as it was published, as what it is by the time it is read here: retired."""
    past = PastVersion(
        past_version_id(item_id, content.number), item_id, center_id, replace(content, state=ItemState.RETIRED)
    )
    with contextlib.suppress(Duplicate):
        catalog.past_versions.create(past, [], call, mark=mark)
