"""Use cases: centers, items and their exchange, policies and calendars."""

from services.catalog.handlers.calendars import put_calendar
from services.catalog.handlers.catalog import KINDS, Catalog
from services.catalog.handlers.centers import put_center
from services.catalog.handlers.exchange.exports import export_items
from services.catalog.handlers.exchange.imports import import_items
from services.catalog.handlers.inheritance import refresh
from services.catalog.handlers.items import check_item, draft_item, publish_item, retire_item, return_item, submit_item
from services.catalog.handlers.policies import set_policy

__all__ = [
    "KINDS",
    "Catalog",
    "check_item",
    "draft_item",
    "export_items",
    "import_items",
    "publish_item",
    "put_calendar",
    "put_center",
    "refresh",
    "retire_item",
    "return_item",
    "set_policy",
    "submit_item",
]
