"""A process that keeps documents and files has one set of connections, and of the driver's threads."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from kit.adapters import open_blobs, open_store
from kit.settings import ServiceSettings
from kit.store.mongo import client
from kit.store.mongo.indexes import prepare_service
from tests.contract.blobs_contract import ALLOWED, PDF
from tests.contract.store_things import KINDS
from tests.mongo.site import database_of, fresh_prefix, settings_of


def test_files_come_over_the_store_s_connections(
    mongo_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mongo = settings_of(mongo_address, fresh_prefix())
    list(prepare_service(mongo, "intake", KINDS, files=True))
    monkeypatch.setenv("TONGBAN_MONGO_HOSTS", mongo_address)
    monkeypatch.setenv("TONGBAN_MONGO_DATABASE_PREFIX", mongo.mongo_database_prefix)
    made: list[str] = []

    class Counted(MongoClient[dict[str, Any]]):
        def __init__(self, *at: Any, **how: Any) -> None:
            made.append(how["appname"])
            super().__init__(*at, **how)

    monkeypatch.setattr(client, "MongoClient", Counted)
    settings = ServiceSettings(data=tmp_path, run_dir=tmp_path, embedded=False, store="mongodb", blobs="gridfs")
    with closing(open_store(settings, "intake", KINDS)) as store:
        blobs = open_blobs(settings, "intake", store)
        address = blobs.put([PDF], filename="a.pdf", max_bytes=len(PDF), allowed=ALLOWED).sha256
        store.insert("thing", "a", {"file": address})
    assert made == ["tongban-intake"]
    # Without a store of its own, as an operator's command is, it connects by itself.
    alone = open_blobs(settings, "intake")
    assert b"".join(alone.get(address)) == PDF
    assert made == ["tongban-intake", "tongban-intake-files"]
    alone.close()  # type: ignore[attr-defined]  # the port's files are let go of with their process
    with database_of(mongo) as database:
        database.client.drop_database(mongo.database_of("intake"))
