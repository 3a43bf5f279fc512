"""Which events are older than the group that reads them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import datetime

from kit.call import Call
from kit.events import Event, topic_of
from kit.store.port import Duplicate
from kit.store.repository import Repository
from services.supervision.domain.beginnings import Beginning, begin, beginning_id


class Beginnings:
    """Since when groups listen to topics; noted before the first event is read."""

    def __init__(self, repository: Repository[Beginning]) -> None:
        self._repository = repository
        self._known: dict[str, datetime] = {}

    def note(self, group: str, topics: Iterable[str], call: Call) -> None:
        """At each start of a process: writes down what begins today, and reads what began before."""
        for topic in topics:
            beginning = begin(group, topic, call.now)
            with contextlib.suppress(Duplicate):
                self._repository.create(beginning, [], call)
            self._known[beginning.id] = self._repository.get(beginning.id).since

    def since(self, group: str, event: Event) -> datetime | None:
        """Since when a group listens to where an event comes from; ``None``: it was never noted, so all counts."""
        return self._known.get(beginning_id(group, topic_of(event.source.rpartition("/")[2])))

    def is_old(self, group: str, event: Event) -> bool:
        """Whether an event happened before that; one that is late, by however long, isn't old."""
        since = self.since(group, event)
        return since is not None and event.at < since
