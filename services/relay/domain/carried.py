"""What bundles have done for a link: how far the other end said that it has come, and when somebody carried what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Carried:
    """``id`` is the link's."""

    id: str
    #: What the other end had durably of our envelopes when it made the last bundle that came.
    acknowledged: int = 0
    #: The last of our envelopes that went into a bundle.
    exported: int = 0
    exported_at: datetime | None = None
    imported_at: datetime | None = None
    version: int = 0

    def after_export(self, last: int, now: datetime) -> Carried:
        """A bundle was made that ends with this envelope."""
        return replace(self, exported=max(self.exported, last), exported_at=now)

    def after_import(self, acknowledged: int, now: datetime) -> Carried:
        """A bundle came; an older one than the last takes nothing back."""
        return replace(self, acknowledged=max(self.acknowledged, acknowledged), imported_at=now)
