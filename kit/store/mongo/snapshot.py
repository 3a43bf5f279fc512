"""MongoDB as a backup reads it, and an empty database as a restore fills it (kit/snapshot.py).

All of a site's databases are read in one transaction: its snapshot is one instant of all of them, and its end, which
waits for a majority, says that nothing of it can be rolled back. A server ends a transaction after
``transactionLifetimeLimitSeconds`` (60 by default), which bounds how much can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import pymongo
from pymongo import MongoClient, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from kit.errors import Unavailable
from kit.snapshot import Record, StoredDocument, StoredEvent, StoredMark, StoredNumber
from kit.store.mongo.client import Raw, connect, reason_of, translated
from kit.store.mongo.documents import DOCUMENTS, NUMBERS, document_of, key_of, mark_key, wall_clock
from kit.store.mongo.settings import MongoSettings
from kit.store.port import Mark

#: How long the whole of it may take for this client, in seconds; the server's own limit comes first.
_SECONDS: Final = 24 * 60 * 60.0
#: A kind of its own for marks and events of which an archive doesn't say which document they belong to.
_LOOSE: Final = "restored"


class MongoSource:
    """The databases of a site's services, read in one transaction that all their snapshots share."""

    def __init__(self, settings: MongoSettings) -> None:
        self._settings = settings
        self._client: MongoClient[Raw] | None = None
        self._session: ClientSession | None = None
        self._users = self._readers = 0

    def of(self, service: str) -> MongoStoreSource:
        """One service's."""
        return MongoStoreSource(self, service)

    @contextmanager
    def connected(self) -> Iterator[tuple[MongoClient[Raw], ClientSession]]:
        """The one connection and session of all, as long as anybody is inside. Raises ``Unavailable``."""
        if self._client is None or self._session is None:
            self._client = connect(self._settings, "backup")
            self._session = self._client.start_session()
        self._users += 1
        try:
            yield self._client, self._session
        finally:
            self._users -= 1
            if not self._users:
                self._session.end_session()
                self._client.close()
                self._client = self._session = None

    @contextmanager
    def reading(self, service: str) -> Iterator[tuple[Database[Raw], ClientSession]]:
        """A service's database at the instant that the first of them was read. Raises ``Unavailable``."""
        with pymongo.timeout(_SECONDS), self.connected() as (client, session), _told():
            if not session.in_transaction:
                session.start_transaction(
                    read_concern=ReadConcern("snapshot"),
                    write_concern=WriteConcern("majority"),
                    read_preference=ReadPreference.PRIMARY,
                )
            self._readers += 1
            try:
                yield client[self._settings.database_of(service)], session
                if self._readers == 1:
                    session.commit_transaction()
            finally:
                self._readers -= 1


@contextmanager
def _told() -> Iterator[None]:
    """Says what to do when the server has ended the transaction."""
    try:
        with translated():
            yield
    except Unavailable as error:
        cause = error.__cause__
        if isinstance(cause, OperationFailure) and cause.has_error_label("TransientTransactionError"):
            raise Unavailable(
                "backup_interrupted",
                "数据库中止了备份所用的事务；请重试，数据量大时请调大 transactionLifetimeLimitSeconds。",
                reason=reason_of(cause),
            ) from error
        raise


class MongoStoreSource:
    """One service's database. Nobody can be locked out: what was published meanwhile decides (kit/snapshot.py)."""

    def __init__(self, site: MongoSource, service: str) -> None:
        self._site = site
        self._service = service

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Holds nobody; the connection is there, so that the cut takes no longer than it must."""
        with self._site.connected():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[MongoStoreSnapshot]:
        """The database at the site's one instant."""
        with self._site.reading(self._service) as (database, session):
            database[NUMBERS].find_one({}, session=session)  # the first read of all fixes what is seen
            yield MongoStoreSnapshot(database, session)


class MongoStoreSnapshot:
    """Reads a database in the site's transaction."""

    def __init__(self, database: Database[Raw], session: ClientSession) -> None:
        self._documents: Collection[Raw] = database[DOCUMENTS]
        self._numbers: Collection[Raw] = database[NUMBERS]
        self._session = session

    def documents(self) -> Iterator[StoredDocument]:
        """Every document, kind by kind."""
        wanted = {"kind": 1, "version": 1, "schema": 1, "body": 1, "created": 1}
        for raw in self._documents.find({}, wanted, session=self._session).sort("_id"):
            kind = raw["kind"]
            key = (raw.get("created") or {}).get("key")
            yield StoredDocument(document_of(kind, raw), None if key is None else key.removeprefix(f"{kind}/"))

    def marks(self) -> Iterator[StoredMark]:
        """Every mark, with its document."""
        for raw, marks in self._each("marks"):
            for text in marks:
                group, event_id, part = text.split(" ", 2)
                yield StoredMark(Mark(group, event_id, part), 0, raw["kind"], _id_of(raw))

    def numbers(self) -> Iterator[StoredNumber]:
        """Every series."""
        for raw in self._numbers.find({}, session=self._session).sort("_id"):
            yield StoredNumber(raw["_id"], int(raw["value"]))

    def pending(self) -> Iterator[StoredEvent]:
        """The events that wait, each document's in order."""
        for raw, events in self._each("pending"):
            for each in events:
                yield StoredEvent(each["headers"], bytes(each["data"]), raw["kind"], _id_of(raw))

    def _each(self, field_name: str) -> Iterator[tuple[Raw, list[Any]]]:
        there = {f"{field_name}.0": {"$exists": True}}
        for raw in self._documents.find(there, {"kind": 1, field_name: 1}, session=self._session).sort("_id"):
            yield raw, raw[field_name]


def _id_of(raw: Mapping[str, Any]) -> str:
    id: str = raw["_id"].removeprefix(f"{raw['kind']}/")
    return id


@dataclass
class _Additions:
    """What is added to one document."""

    marks: list[str] = field(default_factory=list)
    pending: list[Raw] = field(default_factory=list)


class MongoStoreTarget:
    """A database that `tongban init` has prepared and nobody has written to."""

    def __init__(self, settings: MongoSettings, service: str) -> None:
        self._client: MongoClient[Raw] = connect(settings, f"{service}-restore")
        database = self._client[settings.database_of(service)]
        self._documents: Collection[Raw] = database[DOCUMENTS]
        self._numbers: Collection[Raw] = database[NUMBERS]

    def is_empty(self) -> bool:
        """Whether there is neither a document nor a number. Raises ``Unavailable``."""
        with translated():
            return self._documents.find_one({}, {"_id": 1}) is None and self._numbers.find_one({}, {"_id": 1}) is None

    def write(self, records: Sequence[Record]) -> None:
        """Adds records; marks and events go to the document that they name. Raises ``Unavailable``."""
        documents: list[Raw] = []
        numbers: list[Raw] = []
        additions: dict[tuple[str, str], _Additions] = {}
        for record in records:
            match record:
                case StoredDocument():
                    documents.append(_raw(record))
                case StoredNumber(name, value):
                    numbers.append({"_id": name, "value": value})
                case StoredMark(mark, _, kind, id):
                    text = mark_key(mark)
                    owner = (kind, id) if kind else (_LOOSE, _hashed(text))
                    additions.setdefault(owner, _Additions()).marks.append(text)
                case StoredEvent(headers, data, kind, id):
                    # Those of one subject stay together, as their order counts.
                    owner = (kind, id) if kind else (_LOOSE, _hashed(headers.get("ce_subject", "")))
                    event = {"id": headers.get("ce_id", ""), "headers": dict(headers), "data": data}
                    additions.setdefault(owner, _Additions()).pending.append(event)
        with translated():
            if documents:
                self._documents.insert_many(documents, ordered=False)
            if numbers:
                self._numbers.insert_many(numbers, ordered=False)
            if additions:
                self._documents.bulk_write([_added(*owner, some) for owner, some in additions.items()], ordered=False)

    def close(self) -> None:
        """Everything that was written is durable; lets go."""
        self._client.close()


def _raw(record: StoredDocument) -> Raw:
    document = record.document
    raw: Raw = {
        "_id": key_of(document.kind, document.id),
        "kind": document.kind,
        "version": document.version,
        "schema": document.schema_version,
        "body": document.body,
        "write": _LOOSE,
    }
    if record.idempotency_key is not None:
        raw["created"] = {"key": f"{document.kind}/{record.idempotency_key}", "fingerprint": document.fingerprint}
    return raw


def _added(kind: str, id: str, some: _Additions) -> UpdateOne:
    """Any replica publishes the events: they are handed over by nobody."""
    push: Raw = {}
    if some.marks:
        push["marks"] = {"$each": some.marks}
    change: Raw = {"$push": push}
    if some.pending:
        push["pending"] = {"$each": some.pending}
        change["$set"] = {"outbox": {"by": "", "at": wall_clock()}}
    loose = {"kind": _LOOSE, "version": 1, "schema": 1, "body": {}, "write": _LOOSE}
    if kind == _LOOSE:
        change["$setOnInsert"] = loose
    return UpdateOne({"_id": key_of(kind, id)}, change, upsert=kind == _LOOSE)


def _hashed(text: str) -> str:
    """Loose records spread over a few thousand documents, none of which grows large."""
    return sha256(text.encode()).hexdigest()[:3]
