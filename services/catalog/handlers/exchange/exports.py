"""Exporting items in the form that imports read."""

from __future__ import annotations

from typing import Final

from kit.call import Call
from kit.errors import Conflict
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.exchange import files
from services.catalog.handlers.exchange.rows import cells_of

#: What one answer may hold, below the largest message of a call.
MAX_BYTES: Final = 7 * 1024 * 1024


def export_items(*, catalog: Catalog, call: Call, center_id: str, format: str) -> tuple[bytes, int]:
    """A center's items in order of their codes, and how many: open drafts as they stand, else what is published.

    Retired ones are left out. Raises ``Invalid``, ``NotFound``, ``Forbidden``, ``Conflict`` (``export_too_large``).
    """
    call.actor.require("manager", "admin")
    catalog.centers.get(center_id)
    call.actor.require_center(center_id)
    found = catalog.items.each("by_center", center_id=center_id)
    rows = [cells_of(item.latest.guide) for item in found if item.latest is not item.former]
    content = files.write(format, rows)
    if len(content) > MAX_BYTES:
        raise Conflict("export_too_large", "事项过多，一次导出不下，请改用数据库备份或分批处理。", bytes=len(content))
    return content, len(rows)
