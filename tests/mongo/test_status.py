"""`tongban status` tells how many events wait where documents stand in MongoDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.outboxes import outbox_depths
from cli.site import Site
from kit.store.mongo.indexes import prepare_service
from kit.store.mongo.store import MongoStore
from tests.contract.store_things import KINDS, event
from tests.mongo.site import database_of, fresh_prefix, settings_of
from tests.servers.server import free_ports


@pytest.fixture
def on_mongo(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"EMBEDDED": "false", "STORE": "mongodb", "MONGO_START_SECONDS": "0.5"}.items():
        monkeypatch.setenv(f"TONGBAN_{name}", value)


@pytest.mark.usefixtures("on_mongo")
def test_the_outbox_is_asked_through_the_port_and_left_as_it_is(
    mongo_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(mongo_address, fresh_prefix())
    monkeypatch.setenv("TONGBAN_MONGO_HOSTS", mongo_address)
    monkeypatch.setenv("TONGBAN_MONGO_DATABASE_PREFIX", settings.mongo_database_prefix)
    list(prepare_service(settings, "queuing", KINDS, files=False))
    store = MongoStore(settings, "queuing", KINDS, "one")
    store.insert("thing", "a", {}, events=[event(1), event(2)])
    assert outbox_depths(Site(tmp_path), ["queuing"]) == {"queuing": 2}
    assert len(store.pending(10)) == 2
    store.close()
    with database_of(settings) as database:
        database.client.drop_database(settings.database_of("queuing"))


@pytest.mark.usefixtures("on_mongo")
def test_a_store_that_does_not_answer_has_no_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_MONGO_HOSTS", f"127.0.0.1:{free_ports(1)[0]}")
    assert outbox_depths(Site(tmp_path), ["queuing"]) == {"queuing": None}
