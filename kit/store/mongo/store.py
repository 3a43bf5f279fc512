"""The Store on MongoDB: every save is one write of one document, with its events and its mark in it."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from pymongo import DeleteOne, MongoClient, ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from kit.call import Idempotency
from kit.errors import NotFound, Stale, Unavailable
from kit.events import Event
from kit.store.mongo import indexes
from kit.store.mongo.client import Raw, connect, translated
from kit.store.mongo.documents import (
    DOCUMENTS,
    MARKS_KEPT,
    NUMBERS,
    READ,
    bounds_of,
    created_key,
    document_of,
    key_of,
    mark_key,
    new_document,
    reading,
)
from kit.store.mongo.outbox import MongoOutbox
from kit.store.mongo.queries import SCAN_PAGE, counting, position_of, segments, unique_filter
from kit.store.mongo.settings import MongoSettings
from kit.store.pages import Position, cursor_of, each_where, parse_cursor, sort_key
from kit.store.port import (
    IDEMPOTENCY,
    AlreadyApplied,
    Body,
    Document,
    Duplicate,
    Index,
    Kind,
    Mark,
    Page,
    PendingEvent,
    Query,
    Scalar,
    Write,
)
from kit.store.steps import attempted

_INDEX = re.compile(r"index: (\S+)")
_DUPLICATE_KEY = 11000
#: Writes of ``write_all`` that wait for their answers at the same time.
_BESIDE = 8


class MongoStore:
    """Documents of one service in one database; threads and replicas share it.

    ``replica`` names this process among those that serve the same database now, and is the same after its restart.
    """

    def __init__(self, settings: MongoSettings, service: str, kinds: Sequence[Kind], replica: str) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._nudges: list[Callable[[], None]] = []
        #: For whatever else of this process stands in the same MongoDB; goes with the store.
        self.client: MongoClient[Raw] = connect(settings, service)
        try:
            database = self.client[settings.database_of(service)]
            indexes.check(database[DOCUMENTS], indexes.wanted(kinds))
        except BaseException:
            self.client.close()
            raise
        self._documents = database[DOCUMENTS]
        self._numbers = database[NUMBERS]
        self._outbox = MongoOutbox(self._documents, replica, settings.mongo_outbox_lease_seconds)
        self._beside = ThreadPoolExecutor(_BESIDE, "store")

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, kind: str, id: str) -> Document | None:
        """One document, or ``None``."""
        return self._one(kind, {"_id": key_of(self._kinds[kind].name, id)})

    def find(self, query: Query) -> Page:
        """A page of documents by a declared index; each value of an *in* is read by itself and merged."""
        index = self._kinds[query.kind].index(query.index)
        after = parse_cursor(query.cursor)
        with translated():
            streams = [self._read(query, index, where, after) for where in each_where(query.where)]
        merged = heapq.merge(*streams, key=lambda found: sort_key(found[0]), reverse=query.descending)
        page = list(itertools.islice(merged, query.limit + 1))
        more = len(page) > query.limit
        page = page[: query.limit]
        cursor = cursor_of(page[-1][0]) if more and page else ""
        return Page(tuple(document for _, document in page), cursor)

    def _read(
        self, query: Query, index: Index, where: dict[str, Scalar], after: Position | None
    ) -> list[tuple[Position, Document]]:
        found: list[tuple[Position, Document]] = []
        kind = self._kinds[query.kind]
        projection = reading(kind, heads=query.heads)
        for segment in segments(query, index, where, after):
            wanted = query.limit + 1 - len(found)
            if wanted <= 0:
                break
            raws = self._documents.find(segment.filter, projection, hint=segment.hint, limit=wanted)
            for raw in raws.sort(segment.sort):
                document = document_of(query.kind, raw)
                found.append((position_of(document, index), document))
        return self._whole_if_older(kind, found) if query.heads else found

    def _whole_if_older(self, kind: Kind, found: list[tuple[Position, Document]]) -> list[tuple[Position, Document]]:
        """Heads that an earlier schema version wrote come with all of it, in the places where they were."""
        older = [key_of(kind.name, each.id) for _, each in found if each.schema_version < kind.schema_version]
        if not older or not kind.apart:
            return found
        whole = {raw["_id"]: document_of(kind.name, raw) for raw in self._documents.find({"_id": {"$in": older}}, READ)}
        return [(place, whole.get(key_of(kind.name, each.id), each)) for place, each in found]

    def find_unique(self, kind: str, index: str, values: Sequence[Scalar]) -> Document | None:
        """The document with this unique key."""
        declared = self._kinds[kind].index(index)
        return self._one(kind, unique_filter(kind, declared, values), hint=indexes.index_name(kind, index))

    def find_created(self, kind: str, idempotency_key: str) -> Document | None:
        """The document that was inserted with this idempotency key."""
        return self._one(kind, {"created.key": created_key(kind, idempotency_key)}, hint=indexes.CREATED)

    def count(self, query: Query) -> int:
        """How many documents a query meets, counted to ``query.limit`` at the most."""
        index = self._kinds[query.kind].index(query.index)
        hint = indexes.index_name(query.kind, index.name)
        total = 0
        with translated():
            for where in each_where(query.where):
                left = query.limit - total
                if left <= 0:
                    break
                total += self._documents.count_documents(counting(query, index, where), limit=left, hint=hint)
        return total

    def is_marked(self, mark: Mark) -> bool:
        """Whether an event has had its effect."""
        with translated():
            return self._documents.find_one({"marks": mark_key(mark)}, {"_id": 1}, hint=indexes.MARKS) is not None

    def scan(self, kind: str) -> Iterator[Document]:
        """Every document of a kind in the order of ids."""
        bounds = bounds_of(self._kinds[kind].name)
        while True:
            with translated():
                raws = list(self._documents.find({"_id": bounds}, READ, limit=SCAN_PAGE).sort("_id"))
            yield from (document_of(kind, raw) for raw in raws)
            if len(raws) < SCAN_PAGE:
                return
            bounds = bounds | {"$gt": raws[-1]["_id"]}

    def _one(self, kind: str, filter: dict[str, Any], hint: str | None = None) -> Document | None:
        with translated():
            raw = self._documents.find_one(filter, READ, hint=hint)
        return None if raw is None else document_of(kind, raw)

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────

    def insert(
        self,
        kind: str,
        id: str,
        body: Body,
        *,
        events: Sequence[Event] = (),
        mark: Mark | None = None,
        idempotency: Idempotency | None = None,
    ) -> Document:
        """A new document with its events and mark. Raises ``Duplicate``, ``AlreadyApplied``."""
        schema, write = self._kinds[kind].schema_version, uuid.uuid4().hex
        raw = new_document(kind, id, schema, body, write, mark, idempotency) | self._outbox.inserted(events)
        with translated():
            try:
                self._documents.insert_one(raw)
            except DuplicateKeyError as error:
                self._explain_duplicate(kind, id, write, mark, error)
        self._nudge(events)
        return Document(kind, id, 1, body, schema, idempotency.fingerprint if idempotency else "")

    def append(self, kind: str, documents: Sequence[tuple[str, Body]], *, durable: bool = True) -> None:
        """New documents in order. Raises ``Duplicate``, naming the first that is refused: those before it stand."""
        schema, write = self._kinds[kind].schema_version, uuid.uuid4().hex
        raws = [new_document(kind, id, schema, body, write, None, None) for id, body in documents]
        with translated():
            while raws:
                try:
                    self._documents.insert_many(raws, ordered=True)
                    return
                except BulkWriteError as error:
                    at, refused = _refused(error)
                id = documents[len(documents) - len(raws) + at][0]
                if not self._written(kind, id, write):  # else its own first sending was there before
                    raise Duplicate(kind, _refusing_index(kind, refused), id) from refused
                raws = raws[at + 1 :]

    def save(
        self,
        kind: str,
        id: str,
        body: Body,
        version: int,
        *,
        events: Sequence[Event] = (),
        mark: Mark | None = None,
        durable: bool = True,
    ) -> Document:
        """Replaces version ``version``. Raises ``Stale``, ``Duplicate``, ``AlreadyApplied``, ``NotFound``."""
        schema, write = self._kinds[kind].schema_version, uuid.uuid4().hex
        unchanged: dict[str, Any] = {"_id": key_of(kind, id), "version": version}
        change = self._outbox.saved(events)
        fields = {"version": version + 1, "schema": schema, "body": body, "write": write}
        change["$set"] = change.get("$set", {}) | fields
        if mark is not None:
            # The index keeps other documents from it; a document isn't its own neighbour there.
            unchanged["marks"] = {"$ne": mark_key(mark)}
            kept = {"marks": {"$each": [mark_key(mark)], "$slice": -MARKS_KEPT}}
            change["$push"] = change.get("$push", {}) | kept
        with translated():
            try:
                if not self._documents.update_one(unchanged, change).matched_count:
                    self._explain_unmatched(kind, id, write, mark)
            except DuplicateKeyError as error:
                self._explain_duplicate(kind, id, write, mark, error)
        self._nudge(events)
        return Document(kind, id, version + 1, body, schema)

    def write_all(self, writes: Sequence[Write]) -> Sequence[Document | Exception | None]:
        """Several writes beside each other: their journal's syncs fall together, and each waits for its own answer."""
        if len(writes) == 1:
            return [attempted(self, writes[0])]
        return list(self._beside.map(lambda write: attempted(self, write), writes))

    def remove(self, kind: str, documents: Sequence[tuple[str, int]]) -> None:
        """Takes away documents that still have their version and nothing to publish."""
        quiet: dict[str, Any] = {"pending": {"$in": [None, []]}}
        gone = [DeleteOne({"_id": key_of(kind, id), "version": version, **quiet}) for id, version in documents]
        if gone:
            with translated():
                self._documents.bulk_write(gone, ordered=True)

    def _explain_duplicate(self, kind: str, id: str, write: str, mark: Mark | None, error: DuplicateKeyError) -> None:
        """Raises what a refused write means; returns where it was refused by its own first sending."""
        if self._written(kind, id, write):
            return
        if mark is not None and self.is_marked(mark):
            raise AlreadyApplied(mark) from error
        raise Duplicate(kind, _refusing_index(kind, error)) from error

    def _explain_unmatched(self, kind: str, id: str, write: str, mark: Mark | None) -> None:
        if self._written(kind, id, write):
            return
        if mark is not None and self.is_marked(mark):
            raise AlreadyApplied(mark)
        if self._documents.find_one({"_id": key_of(kind, id)}, {"_id": 1}) is None:
            raise NotFound(f"{kind}_not_found", "没有找到该记录，请核对编号。", id=id)
        raise Stale("stale_version", "记录已被他人更新，请刷新后重试。", id=id)

    def _written(self, kind: str, id: str, write: str) -> bool:
        """Whether this very write is there: its answer was lost, and the driver sent it again."""
        return self._documents.find_one({"_id": key_of(kind, id), "write": write}, {"_id": 1}) is not None

    def forget_marks(self, group: str, before: datetime, limit: int) -> int:
        """None: each document keeps its latest ``MARKS_KEPT``, and they go with it."""
        return 0

    def next_number(self, name: str) -> int:
        """The next number of a series. The counter is there before it is raised: an upsert may answer nothing."""
        with translated():
            raised = self._raise_number(name)
            if raised is None:
                with contextlib.suppress(DuplicateKeyError):  # another was as quick
                    self._numbers.insert_one({"_id": name, "value": 0})
                raised = self._raise_number(name)
        if raised is None:
            raise Unavailable("store_unavailable", "数据暂时无法读写，请稍后重试。", series=name)
        return raised

    def _raise_number(self, name: str) -> int | None:
        raw = self._numbers.find_one_and_update(
            {"_id": name}, {"$inc": {"value": 1}}, return_document=ReturnDocument.AFTER
        )
        return None if raw is None else int(raw["value"])

    def _nudge(self, events: Sequence[Event]) -> None:
        if events:
            for nudge in self._nudges:
                nudge()

    # ── Outbox ───────────────────────────────────────────────────────────────────────────────────────────────

    def pending(self, limit: int) -> Sequence[PendingEvent]:
        """This replica's oldest events that aren't known to be published."""
        return self._outbox.pending(limit)

    def published(self, events: Sequence[PendingEvent]) -> None:
        """Clears events that the bus has."""
        self._outbox.published(events)

    def pending_depth(self) -> int:
        """How many events wait to be published, of all replicas."""
        return self._outbox.depth()

    def listen(self, nudge: Callable[[], None]) -> None:
        """Calls ``nudge`` after each write that left events pending."""
        self._nudges.append(nudge)

    # ── Housekeeping ─────────────────────────────────────────────────────────────────────────────────────────

    def ping(self) -> None:
        """Raises ``Unavailable`` when a write would fail."""
        with translated():
            hello = self.client.admin.command("hello")
        if not hello.get("isWritablePrimary"):
            raise Unavailable("store_unavailable", "数据库暂时不可写，请稍后重试。")

    def close(self) -> None:
        """Hands its unpublished events on and lets go of its connections."""
        self._beside.shutdown()
        self._outbox.hand_over()
        self.client.close()


def _refused(error: BulkWriteError) -> tuple[int, DuplicateKeyError]:
    """Which document of a bulk an existing key refused, and that refusal. Raises the error where it is another."""
    for each in error.details.get("writeErrors", ()):
        if each.get("code") == _DUPLICATE_KEY:
            return int(each["index"]), DuplicateKeyError(str(each.get("errmsg", "")), each["code"], dict(each))
    raise error


def _refusing_index(kind: str, error: DuplicateKeyError) -> str:
    """The name of the unique index that refused a write."""
    found = _INDEX.search(str((error.details or {}).get("errmsg", "")))
    name = found.group(1) if found is not None else ""
    if name.startswith(f"{kind}."):
        return name.removeprefix(f"{kind}.")
    return IDEMPOTENCY if name == indexes.CREATED else "id"
