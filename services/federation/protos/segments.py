"""Segments of crossings ↔ messages."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.errors import Invalid
from kit.timestamps import from_timestamp, to_timestamp
from services.federation.domain.agreement import Side
from services.federation.domain.segments import Segment, SegmentKind
from services.federation.protos.agreements import SIDES
from tongban.federation.v1 import messages_pb2 as pb

SEGMENTS: Final = {
    SegmentKind.COLLECTION: pb.SEGMENT_KIND_COLLECTION,
    SegmentKind.TRANSIT: pb.SEGMENT_KIND_TRANSIT,
    SegmentKind.HAND_BACK: pb.SEGMENT_KIND_HAND_BACK,
}
_SEGMENTS_OF: Final[dict[int, SegmentKind]] = {number: kind for kind, number in SEGMENTS.items()}


def segment_kind_of(number: int) -> SegmentKind | None:
    """The kind of a message's segment; ``None``: unspecified or unknown."""
    return _SEGMENTS_OF.get(number)


def segment_message(segment: Segment, now: datetime | None) -> pb.Segment:
    """A segment as it stands at an instant; without one as it was saved."""
    late = segment.ended_at is None and now is not None and now > segment.due_at
    return pb.Segment(
        kind=SEGMENTS[segment.kind],
        started_at=to_timestamp(segment.started_at),
        ended_at=to_timestamp(segment.ended_at),
        days=segment.days,
        due_at=to_timestamp(segment.due_at),
        provisional=segment.provisional,
        overdue=segment.overdue or late,
        explanation=segment.explanation,
        kept_by=SIDES[segment.kept_by],
    )


def segment_of(message: pb.Segment) -> Segment:
    """The owner's segment of handing the result back. Raises ``Invalid`` (``status_invalid``) on another."""
    kind = segment_kind_of(message.kind)
    if kind is not SegmentKind.HAND_BACK or not (message.HasField("started_at") and message.HasField("due_at")):
        raise Invalid("status_invalid", "来函的结果送达时限无法识别。", kind=message.kind)
    return Segment(
        kind=kind,
        started_at=from_timestamp(message.started_at),
        days=message.days,
        due_at=from_timestamp(message.due_at),
        provisional=message.provisional,
        explanation=message.explanation[:500],
        ended_at=from_timestamp(message.ended_at) if message.HasField("ended_at") else None,
        overdue=message.overdue,
        kept_by=Side.HANDLING,
    )
