"""A database of its own for each test, on the server that all tests of this folder share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from kit.store.mongo import indexes
from kit.store.mongo.client import Raw, connect
from kit.store.mongo.documents import DOCUMENTS
from kit.store.mongo.settings import MongoSettings
from kit.store.mongo.store import MongoStore
from kit.store.port import Kind, Store
from tests.contract.store_contract import writer_command
from tests.contract.store_things import KINDS

SERVICE = "things"

#: The servers that tests ran on, as they are told of at the end.
ran_on: set[str] = set()


def settings_of(address: str, prefix: str, **others: Any) -> MongoSettings:
    """How a test reaches its database."""
    return MongoSettings(mongo_hosts=(address,), mongo_database_prefix=prefix, **others)


def fresh_prefix() -> str:
    """A name that no other test has."""
    return f"test_{uuid.uuid4().hex[:12]}"


@contextmanager
def database_of(settings: MongoSettings) -> Iterator[Database[Raw]]:
    """A test's database, past the port."""
    client: MongoClient[Raw] = connect(settings, "test")
    with client:
        yield client[settings.database_of(SERVICE)]


def prepare(settings: MongoSettings, kinds: Sequence[Kind] = KINDS, *, alter: bool = False) -> list[str]:
    """What the init job does before a service starts."""
    return list(indexes.prepare_service(settings, SERVICE, kinds, files=True, alter=alter))


class MongoHarness:
    """The Store contract's hold on one database."""

    def __init__(self, settings: MongoSettings) -> None:
        self.settings = settings
        self._opened: list[MongoStore] = []
        self._past: MongoClient[Raw] | None = None

    def open(self, kinds: Sequence[Kind] = KINDS) -> Store:
        """Opens it after the init job; the same replica, started anew."""
        prepare(self.settings, kinds)
        return self.replica("one", kinds)

    def replica(self, name: str, kinds: Sequence[Kind] = KINDS) -> MongoStore:
        """Opens it as one of several replicas."""
        store = MongoStore(self.settings, SERVICE, kinds, name)
        self._opened.append(store)
        return store

    def documents(self) -> Collection[Raw]:
        """What is stored, past the port."""
        if self._past is None:
            prepare(self.settings)
            self._past = connect(self.settings, "test")
        return self._past[self.settings.database_of(SERVICE)][DOCUMENTS]

    def writer_command(self) -> list[str]:
        """See writer.py."""
        return writer_command("mongodb", f"{self.settings.mongo_hosts[0]}/{self.settings.mongo_database_prefix}")

    def close(self) -> None:
        """Leaves nothing behind."""
        for store in self._opened:
            store.close()
        if self._past is not None:
            self._past.close()
        with database_of(self.settings) as database:
            database.client.drop_database(database.name)
