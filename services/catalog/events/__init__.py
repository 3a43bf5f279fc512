"""Events out, and what catalog does about its own: settings and calendars go down the tree, versions are kept."""

from services.catalog.events.outgoing import TABLE
from services.catalog.events.subscriptions import subscriptions

__all__ = ["TABLE", "subscriptions"]
