"""Times on the wire: aware UTC datetimes as protobuf timestamps, in whole milliseconds."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from kit.clock import from_ms, to_ms


def to_timestamp(at: datetime | None) -> Timestamp | None:
    """The timestamp of a time; ``None`` leaves the field unset."""
    if at is None:
        return None
    seconds, ms = divmod(to_ms(at), 1000)
    return Timestamp(seconds=seconds, nanos=ms * 1_000_000)


def from_timestamp(timestamp: Timestamp) -> datetime:
    """The time of a timestamp; finer than a millisecond is cut off. Ask ``HasField`` first where it may be unset."""
    return from_ms(timestamp.seconds * 1000 + timestamp.nanos // 1_000_000)
