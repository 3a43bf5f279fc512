"""What waits to be published, shared among the replicas of a service.

Each document with waiting events names the replica that publishes them: the last that wrote. So the replica that was
nudged finds its own at once, and two replicas hardly ever publish the same. What a replica leaves behind (its stop
hands it on, its death leaves it) is taken over by another after a lease, by writing its own name there; of two that
take over, one gets it. Taken over from one that was only slow, an event is published twice: consumers know it by its
id. The order within a document is kept in every case, as an event stays there until the bus has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

import pymongo
from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from kit.events import Event
from kit.store.mongo.client import Raw, translated
from kit.store.mongo.documents import event_of, raw_events, wall_clock
from kit.store.mongo.indexes import OUTBOX
from kit.store.port import PendingEvent

#: Documents that are taken over at a time.
_BATCH: Final = 200
#: Documents that are looked through for the depth; more than this isn't told apart.
DEPTH_LIMIT: Final = 20_000
#: Stands where a replica has left in order.
_NOBODY: Final = ""
_HAND_OVER_SECONDS: Final = 2.0


class MongoOutbox:
    """The waiting events of one service as one replica sees them."""

    def __init__(
        self,
        documents: Collection[Raw],
        replica: str,
        lease_seconds: float,
        clock: Callable[[], datetime] = wall_clock,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._documents = documents
        # What isn't cleared is published again, which does no harm: it need not wait for a majority.
        self._clearing = documents.with_options(write_concern=WriteConcern(w=1))
        self._replica = replica or "?"
        self._lease = timedelta(seconds=lease_seconds)
        self._clock = clock
        self._real = real
        self._look_at = 0.0
        self._has_any = False

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────

    def inserted(self, events: Sequence[Event]) -> dict[str, Any]:
        """The fields that a new document has for its events."""
        if not events:
            return {}
        self._has_any = True
        return {"pending": raw_events(events), "outbox": {"by": self._replica, "at": self._clock()}}

    def saved(self, events: Sequence[Event]) -> dict[str, dict[str, Any]]:
        """The operators that add events to a document, behind those that wait there."""
        if not events:
            return {}
        self._has_any = True
        return {
            "$set": {"outbox.by": self._replica},
            "$min": {"outbox.at": self._clock()},
            "$push": {"pending": {"$each": raw_events(events)}},
        }

    # ── Publishing ───────────────────────────────────────────────────────────────────────────────────────────

    def pending(self, limit: int) -> list[PendingEvent]:
        """This replica's oldest waiting events. Raises ``Unavailable``."""
        if self._real() >= self._look_at:
            self._take_over()
        found: list[PendingEvent] = []
        empty: list[str] = []
        with translated():
            mine = self._documents.find(
                {"outbox.by": self._replica}, {"pending": 1, "version": 1}, hint=OUTBOX, limit=limit
            ).sort("outbox.at", ASCENDING)
            for raw in mine:
                waiting = raw.get("pending") or []
                if not waiting:
                    empty.append(raw["_id"])
                for each in waiting[: limit - len(found)]:
                    found.append(PendingEvent(len(found), event_of(each), f"{raw['version']} {raw['_id']}"))
                if len(found) >= limit:
                    break
            if empty:  # cleared by one that died before it could say so
                self._clearing.bulk_write([_emptied(id) for id in empty], ordered=False)
        return found

    def published(self, events: Sequence[PendingEvent]) -> None:
        """Clears events that the bus has: in one write a document where nothing was added to it meanwhile."""
        cleared = {handle: [each.event.id for each in some] for handle, some in groupby(events, lambda one: one.handle)}
        if not cleared:
            return
        with translated():
            whole = [_all_cleared(handle, ids) for handle, ids in cleared.items()]
            if self._clearing.bulk_write(whole, ordered=False).matched_count < len(whole):
                # Of some that were written to meanwhile, only these events go; again for the others, it does nothing.
                of = {handle.partition(" ")[2]: ids for handle, ids in cleared.items()}
                some = [UpdateOne({"_id": id}, {"$pull": {"pending": {"id": {"$in": ids}}}}) for id, ids in of.items()]
                self._clearing.bulk_write(some, ordered=False)
                self._clearing.bulk_write([_emptied(id) for id in of], ordered=False)

    def depth(self) -> int:
        """How many events wait, of all replicas; of the first ``DEPTH_LIMIT`` documents at the most."""
        with translated():
            found = self._documents.aggregate(
                [
                    {"$match": {"outbox.by": {"$gte": _NOBODY}}},
                    {"$limit": DEPTH_LIMIT},
                    {"$project": {"events": {"$size": {"$ifNull": ["$pending", []]}}}},
                    {"$group": {"_id": None, "events": {"$sum": "$events"}}},
                ],
                hint=OUTBOX,
            )
            return sum(int(each["events"]) for each in found)

    # ── Taking over ──────────────────────────────────────────────────────────────────────────────────────────

    def _take_over(self) -> None:
        """Makes its own what another replica has left: owner by owner, the youngest first, a batch each.

        The youngest, as an owner that is only slow is at its oldest. What is ahead of the clock counts as left, too:
        then a clock was wrong.
        """
        full = False
        with translated():
            owner = self._owner_from({"$gte": _NOBODY})
            while owner is not None:
                if owner != self._replica:
                    full |= self._take_over_from(owner) >= _BATCH
                owner = self._owner_from({"$gt": owner})
        self._look_at = self._real() + (0.0 if full else self._lease.total_seconds() / 3)

    def _owner_from(self, bound: dict[str, str]) -> str | None:
        """The next owner by name: one step in the index."""
        raw = self._documents.find_one(
            {"outbox.by": bound}, {"outbox.by": 1}, sort=[("outbox.by", ASCENDING)], hint=OUTBOX
        )
        return None if raw is None else str(raw["outbox"]["by"])

    def _take_over_from(self, owner: str) -> int:
        now = self._clock()
        if owner == _NOBODY:
            bounds: list[dict[str, Any]] = [{}]
        else:
            bounds = [{"outbox.at": {"$lt": now - self._lease}}, {"outbox.at": {"$gt": now + self._lease}}]
        taken = 0
        for bound in bounds:
            left = self._documents.find({"outbox.by": owner, **bound}, {"_id": 1}, hint=OUTBOX, limit=_BATCH)
            ids = [raw["_id"] for raw in left.sort("outbox.at", DESCENDING)]
            if ids:
                mine = {"$set": {"outbox.by": self._replica, "outbox.at": now}}
                taken += self._documents.update_many({"_id": {"$in": ids}, "outbox.by": owner}, mine).matched_count
        self._has_any |= bool(taken)
        return taken

    def hand_over(self) -> None:
        """Leaves in order: whoever looks next takes what is left at once."""
        if not self._has_any:
            return
        with suppress(PyMongoError), pymongo.timeout(_HAND_OVER_SECONDS):
            self._documents.update_many({"outbox.by": self._replica}, {"$set": {"outbox.by": _NOBODY}}, hint=OUTBOX)


def _all_cleared(handle: str, ids: list[str]) -> UpdateOne:
    """Clears a document's events where they are all that it has: then it still is what it was when it was read."""
    version, _, id = handle.partition(" ")
    unchanged = {"_id": id, "version": int(version), "pending": {"$size": len(ids)}}
    return UpdateOne(unchanged, {"$unset": {"pending": "", "outbox": ""}})


def _emptied(id: str) -> UpdateOne:
    return UpdateOne({"_id": id, "pending": {"$size": 0}}, {"$unset": {"pending": "", "outbox": ""}})
