"""The one table of topics: what each is for, in how many parts, how long it is kept.

``tongban init`` makes the topics from it, a process refuses to run against others, and the chart is checked against it.
It is the one place in kit that names services, as data; tests/architecture holds it to what they publish and consume.
How often a topic is stored belongs to the cluster, not to the topic: KafkaSettings.kafka_replication.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from kit.events import topic_of

#: Into how many parts a service's events are divided: at most so many members of a group share them. Our own choice;
#: more parts later move keys to other parts, so it is generous from the start.
PARTITIONS: Final = 8
#: How long facts stay on the bus, so that a group that fell behind, or a service that was restored from a back-up,
#: finds what it missed. Our own choice.
KEPT: Final = timedelta(days=90)
#: The largest message that a topic takes, in bytes; kit.events.MAX_DATA_BYTES and the headers stay below.
MAX_MESSAGE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it has to be. ``kept``: ``None`` keeps every event for ever."""

    name: str
    partitions: int = PARTITIONS
    kept: timedelta | None = KEPT


#: Services whose events others build their own copy from, read from the start by each new group: never expired. They are
#: not compacted either: a case keeps the version of an item that it began with, so old versions are needed.
_COPIED: Final = ("catalog", "workforce")
_SERVICES: Final = (
    *_COPIED,
    "queuing",
    "intake",
    "approval_routing",
    "fees",
    "evaluation",
    "complaint",
    "relay",
    "federation",
    "supervision",
    "archive",
    "certificates",
)

#: Services whose clocks a calendar may still move.
_CALENDARS: Final = ("intake", "approval_routing", "evaluation", "complaint", "federation", "supervision", "archive")

#: Every consumer group with the services whose events it gets.
_CONSUMERS: Final = {
    **{f"{service}.reference": ("catalog",) for service in _SERVICES if service not in ("catalog", "relay")},
    **{f"{service}.calendar": ("catalog",) for service in _CALENDARS},
    "catalog.inheritance": ("catalog",),
    "catalog.past_versions": ("catalog",),
    "catalog.standards": ("federation",),
    "approval_routing.cases": ("intake",),
    "approval_routing.tasks": ("approval_routing",),
    "approval_routing.fees": ("fees",),
    "fees.cases": ("approval_routing",),
    "certificates.holdings": ("intake", "approval_routing"),
    "intake.certificates": ("certificates",),
    "approval_routing.licences": ("intake", "approval_routing"),
    "evaluation.invitations": ("queuing", "approval_routing"),
    "evaluation.rectifications": ("evaluation",),
    "evaluation.elsewhere": ("federation",),
    "complaint.elsewhere": ("federation",),
    "intake.cases": ("approval_routing",),
    "intake.papers": ("intake",),
    "intake.crossings": ("federation",),
    "approval_routing.crossings": ("federation",),
    "relay.letters": ("federation",),
    "federation.letters": ("relay",),
    "federation.cases": ("intake", "approval_routing"),
    "federation.room": ("federation",),
    "federation.elsewhere": ("intake", "approval_routing"),
    "federation.feedback": ("complaint", "evaluation"),
    "federation.figures": ("queuing", "intake", "approval_routing", "evaluation", "complaint", "supervision"),
    "supervision.journeys": _SERVICES,
    "supervision.watches": ("intake", "approval_routing", "evaluation", "complaint", "federation"),
    "supervision.findings": ("intake", "approval_routing", "complaint", "fees"),
    "supervision.cards": ("supervision",),
    "supervision.settings": ("catalog",),
    "archive.files": ("intake", "approval_routing", "fees", "evaluation", "complaint", "federation"),
}
#: The topics of every consumer group.
CONSUMED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {group: tuple(map(topic_of, services)) for group, services in _CONSUMERS.items()}
)
#: Every consumer group; each has its dead letters.
GROUPS: Final = tuple(CONSUMED)


def letters_of(group: str) -> tuple[Topic, Topic]:
    """A group's dead letters and what was done about them: in one part, so that they have one order and numbers of
    their own, and kept until an operator has looked, however long that takes."""
    return Topic(f"{group}.dlq", 1, None), Topic(f"{group}.dlq.handled", 1, None)


TOPICS: Final = (
    *(Topic(topic_of(service), kept=None if service in _COPIED else KEPT) for service in _SERVICES),
    *(topic for group in GROUPS for topic in letters_of(group)),
)
