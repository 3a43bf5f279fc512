"""No query of ours walks a whole collection: each kind's declared shapes, of every service, explained by the server.

A plan is the server's word; what a query costs is measured besides, on a lane that holds two thousand documents.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo import monitoring
from pymongo.database import Database

from cli.components import COMPONENTS, Component
from cli.indexes import kinds_of
from kit.blobs.gridfs import GridFsBlobs
from kit.store.mongo.indexes import prepare_service
from kit.store.mongo.settings import MongoSettings
from kit.store.mongo.store import MongoStore
from kit.store.pages import cursor_of
from kit.store.port import Index, Kind, Mark, Query, Range, Store
from tests.contract.blobs_contract import PDF, put
from tests.contract.store_things import event
from tests.mongo.site import SERVICE, MongoHarness, database_of, fresh_prefix, settings_of

SERVICES = [component for component in COMPONENTS if not component.edge]
_READS = ("find", "aggregate", "update", "findAndModify", "delete")
#: What reads a collection, or sorts in memory, at a price that grows with what is stored.
_COSTLY = frozenset({"COLLSCAN", "SORT", "SORT_KEY_GENERATOR"})


class Asked(monitoring.CommandListener):
    """Every command that is sent, while it listens."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in _READS:
            self.commands.append({"db": event.database_name, **event.command})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """Clients that are made inside tell of what they send."""
    from kit.store.mongo import client

    asked = Asked()
    made = client.MongoClient
    with monkeypatch.context() as patched:
        patched.setattr(client, "MongoClient", lambda *given, **named: made(*given, event_listeners=[asked], **named))
        yield asked


def stages(plan: Any) -> Iterator[str]:
    """Every stage of a plan, the rejected ones left out."""
    if isinstance(plan, Mapping):
        if "stage" in plan:
            yield str(plan["stage"])
        for name, part in plan.items():
            if name != "rejectedPlans":
                yield from stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from stages(part)


def every_shape(store: Store, kind: Kind, index: Index) -> None:
    """Reads by a declared index in each way that the port has."""
    leading = dict.fromkeys(index.fields[:-1], "x")
    whole = dict.fromkeys(index.fields, "x")
    for where in (leading, whole):
        store.find(Query(kind.name, index.name, where))
        store.find(Query(kind.name, index.name, where, descending=True))
        store.count(Query(kind.name, index.name, where, limit=10))
    store.count(Query(kind.name, index.name, leading, Range(1, 9)))
    for cursor in (cursor_of((5, "id")), cursor_of((None, "id"))):
        store.find(Query(kind.name, index.name, leading, Range(1, 9), cursor=cursor))
        store.find(Query(kind.name, index.name, leading, cursor=cursor))
        store.find(Query(kind.name, index.name, leading, cursor=cursor, descending=True))
    if leading:
        several = leading | {index.fields[0]: ("x", "y")}
        store.find(Query(kind.name, index.name, several))
        store.count(Query(kind.name, index.name, several, limit=10))
    if index.unique:
        store.find_unique(kind.name, index.name, ["x"] * len(index.fields))


def every_use(store: Store, kinds: list[Kind]) -> None:
    """Everything that a use case, an outbox or an operator's tool does with a store."""
    for kind in kinds:
        store.insert(kind.name, "a", {}, events=[event(1)], mark=Mark("g", kind.name))
        store.save(kind.name, "a", {}, 1, events=[event(2)], mark=Mark("h", kind.name))
        store.get(kind.name, "a")
        store.find_created(kind.name, "key")
        list(store.scan(kind.name))
        for index in kind.indexes:
            every_shape(store, kind, index)
    for refused in (lambda: store.save(kinds[0].name, "a", {}, 1), lambda: store.insert(kinds[0].name, "a", {})):
        with pytest.raises(Exception, match=r"stale_version|duplicate"):
            refused()
    store.is_marked(Mark("g", "e"))
    store.next_number("series")
    store.pending_depth()
    store.published(store.pending(1))
    store.published(store.pending(1000))


@pytest.mark.parametrize("component", SERVICES, ids=lambda component: component.name)
def test_no_query_of_a_service_walks_a_collection(
    component: Component, mongo_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, kinds = settings_of(mongo_address, fresh_prefix()), list(kinds_of(component))
    list(prepare_service(settings, SERVICE, kinds, files=False))
    with listening(monkeypatch) as asked:
        store = MongoStore(settings, SERVICE, kinds, "one")
    every_use(store, kinds)
    store.close()
    assert len(asked.commands) > 20
    none_walks(settings, asked)


def test_no_query_of_files_walks_a_collection(mongo_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(mongo_address, fresh_prefix())
    list(prepare_service(settings, SERVICE, (), files=True))
    with listening(monkeypatch) as asked:
        blobs = GridFsBlobs(settings, SERVICE)
    address = put(blobs, PDF)
    assert put(blobs, PDF) == address
    assert b"".join(blobs.get(address)) == PDF
    assert blobs.has(address)
    assert len(list(blobs.stored())) == 1
    blobs.close()
    none_walks(settings, asked)


def none_walks(settings: MongoSettings, asked: Asked) -> None:
    """Explains everything that was asked, and leaves nothing behind."""
    with database_of(settings) as database:
        try:
            for command in itertools.chain.from_iterable(map(singly, asked.commands)):
                costly = _COSTLY.intersection(stages(database.command("explain", _explainable(command))))
                assert not costly, f"{costly}: {command}"
        finally:
            database.client.drop_database(database.name)


def singly(command: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A batch of writes as its single writes: only such are explained."""
    batches = [name for name in ("updates", "deletes") if name in command]
    if not batches:
        yield command
    for name in batches:
        yield from (command | {name: [each]} for each in command[name])


def _explainable(command: Mapping[str, Any]) -> dict[str, Any]:
    left_out = ("db", "lsid", "txnNumber", "$clusterTime", "$db", "writeConcern", "readConcern", "maxTimeMS", "ordered")
    return {name: value for name, value in command.items() if name not in left_out}


def test_a_walk_would_be_found(store_harness: MongoHarness) -> None:
    store_harness.open().insert("thing", "a", {})
    with database_of(store_harness.settings) as database:
        walk = database.command("explain", {"find": "documents", "filter": {"body.unindexed": 1}})
        assert "COLLSCAN" in set(stages(walk))
        sorting = {"find": "documents", "filter": {"_id": {"$gt": ""}}, "sort": {"body.rank": 1}, "hint": "_id_"}
        assert "SORT" in set(stages(database.command("explain", sorting)))


def test_what_an_operation_looks_at_does_not_grow_with_what_is_stored(store_harness: MongoHarness) -> None:
    store = store_harness.open()
    with database_of(store_harness.settings) as database:
        database["documents"].insert_many(
            {
                "_id": f"thing/{number:05}",
                "kind": "thing",
                "version": 1,
                "schema": 1,
                "body": {"lane": "A", "rank": number, "code": f"c{number}"},
            }
            for number in range(2000)
        )
        head = Query("thing", "by_lane", {"lane": "A"}, Range(least=0, below=64), limit=5)
        tail = Query("thing", "by_lane", {"lane": "A"}, limit=5, cursor=cursor_of((1990, "01990")))
        assert [d.id for d in store.find(head).documents] == [f"{number:05}" for number in range(5)]
        assert store.find(tail).documents[0].body["rank"] == 1991
        for query in (head, tail):
            assert examined(database, store_harness, query) <= 15


def examined(database: Database[dict[str, Any]], harness: MongoHarness, query: Query) -> int:
    """Index keys and documents that the server looked at for a page."""
    with pytest.MonkeyPatch.context() as monkeypatch, listening(monkeypatch) as asked:
        harness.replica("two").find(query)
    plans = [database.command("explain", _explainable(one), verbosity="executionStats") for one in asked.commands]
    return sum(plan["executionStats"][each] for plan in plans for each in ("totalKeysExamined", "totalDocsExamined"))
