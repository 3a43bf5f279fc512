"""Dead letters: events that could not be handled, with why, in a topic of their group's own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.bus.port import Received
from kit.clock import from_ms
from kit.events import Event

#: The header of a replayed event that says which group it is for: the others have had it, and may have forgotten that.
REPLAY_FOR: Final = "dlq_replay_for"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that could not be handled, with what is needed to handle it later."""

    topic: str
    event: Event
    headers: dict[str, str]


def dlq_topic(group: str) -> str:
    """Where a group's dead letters lie."""
    return f"{group}.dlq"


def dead_letter(received: Received, group: str, code: str, reason: str) -> DeadLetter:
    """The dead letter of an event: its own headers and bytes, and why and when it failed."""
    event = received.event or Event(
        id=received.headers.get("ce_id") or f"{received.topic}/{received.partition}/{received.offset}",
        type=received.headers.get("ce_type", "undecodable"),
        source=received.headers.get("ce_source", received.topic),
        subject=received.key,
        journey="",
        at=_epoch_ms(received.headers.get("ce_time", "")),
        data=received.data,
    )
    headers = {
        **received.headers,
        "dlq_group": group,
        "dlq_topic": received.topic,
        "dlq_partition": str(received.partition),
        "dlq_offset": str(received.offset),
        "dlq_code": code,
        "dlq_reason": reason[:2000],
        "dlq_at": str(int(time.time() * 1000)),
    }
    return DeadLetter(dlq_topic(group), event, headers)


def _epoch_ms(text: str) -> datetime:
    """A time that may be anything; the beginning of time where it is none."""
    try:
        return from_ms(int(text))
    except (ValueError, OverflowError):
        return from_ms(0)
