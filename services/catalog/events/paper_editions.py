"""Editions of paper templates as messages."""

from __future__ import annotations

from kit.timestamps import to_timestamp
from services.catalog.domain.paper_editions import PaperEdition
from services.catalog.events.messages import struct
from tongban.catalog.v1 import paper_editions_pb2 as pb


def edition_message(edition: PaperEdition) -> pb.PaperEdition:
    """One edition."""
    return pb.PaperEdition(
        center_id=edition.center_id,
        kind=edition.kind,
        number=edition.number,
        wording=struct(edition.wording),
        layout=struct(edition.layout),
        edited_by=edition.edited_by,
        edited_at=to_timestamp(edition.edited_at),
        published_by=edition.published_by,
        published_at=to_timestamp(edition.published_at),
        effective_from=to_timestamp(edition.effective_from),
        reason=edition.reason,
        version=edition.version,
    )
