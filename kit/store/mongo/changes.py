"""Saves as MongoDB is told of them, and several of them as one request."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from kit.store.mongo.client import Raw, unavailable
from kit.store.mongo.documents import MARKS_KEPT, key_of, mark_key
from kit.store.port import Save


@dataclass(frozen=True, slots=True)
class Change:
    """One save: what it replaces, and with what; ``write`` tells it from its repetition."""

    key: str
    unchanged: Mapping[str, Any]
    change: Mapping[str, Any]
    write: str


def change_of(save: Save, schema: int, events: Mapping[str, dict[str, Any]]) -> Change:
    """A save, with what its events add to the document."""
    write, key = uuid.uuid4().hex, key_of(save.kind, save.id)
    unchanged: dict[str, Any] = {"_id": key, "version": save.version}
    fields = {"version": save.version + 1, "schema": schema, "body": save.body, "write": write}
    change: dict[str, Any] = {**events, "$set": events.get("$set", {}) | fields}
    if save.mark is not None:
        # The index keeps other documents from it; a document isn't its own neighbour there.
        unchanged["marks"] = {"$ne": mark_key(save.mark)}
        kept = {"marks": {"$each": [mark_key(save.mark)], "$slice": -MARKS_KEPT}}
        change["$push"] = change.get("$push", {}) | kept
    return Change(key, unchanged, change, write)


def standing(documents: Collection[Raw], changes: Sequence[Change]) -> list[bool]:
    """Sends several as one request, in which each stands or falls by itself; whether each stands.

    Raises ``Unavailable`` where nobody knows that they are durable, and what the driver raises of one that it can't send.
    """
    requests = [UpdateOne(each.unchanged, each.change) for each in changes]
    try:
        if documents.bulk_write(requests, ordered=False).matched_count == len(changes):
            return [True] * len(changes)
    except BulkWriteError as error:
        if (error.details or {}).get("writeConcernErrors"):
            raise unavailable(error) from error
    keys = {"_id": {"$in": [each.key for each in changes]}}
    there = {raw["_id"]: raw["write"] for raw in documents.find(keys, {"write": 1})}
    return [there.get(each.key) == each.write for each in changes]
