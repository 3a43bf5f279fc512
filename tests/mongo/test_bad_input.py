"""Wrong addresses, users, files, indexes and bodies: each is told of clearly, and nothing is lost by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo
import pytest

from kit.errors import Invalid, Unavailable
from kit.settings import SettingsError, load
from kit.store.mongo.settings import MongoSettings
from kit.store.port import Index, Kind, Query
from tests.contract.store_things import KINDS, event
from tests.mongo.site import MongoHarness, database_of, fresh_prefix, prepare, settings_of
from tests.servers.mongo import MongoServer, given, mongod, running
from tests.servers.server import free_ports

# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given_settings", "said"),
    [
        ({}, "TONGBAN_MONGO_HOSTS"),
        ({"HOSTS": "a:1", "URI": "mongodb://a"}, "give one of the two"),
        ({"URI": "postgres://a"}, "begin it with mongodb://"),
        ({"URI": "mongodb://me:secret@a"}, "TONGBAN_MONGO_PASSWORD_FILE"),
        ({"HOSTS": "a:1", "USERNAME": "me"}, "TONGBAN_MONGO_PASSWORD_FILE is not set"),
        ({"HOSTS": "a:1", "PASSWORD_FILE": "/x"}, "TONGBAN_MONGO_USERNAME is not set"),
        ({"HOSTS": "a:1", "TLS_CA_FILE": "/x"}, "set it to true"),
        ({"HOSTS": "a:1", "AUTH_MECHANISM": "PLAIN"}, "SCRAM-SHA-256"),
        ({"HOSTS": "a:1", "DATABASE_PREFIX": "a.b"}, "TONGBAN_MONGO_DATABASE_PREFIX"),
        ({"HOSTS": "a:1", "POOL_MAX": "0"}, "TONGBAN_MONGO_POOL_MAX"),
        ({"HOSTS": "a:1", "TIMEOUT_SECONDS": "0"}, "TONGBAN_MONGO_TIMEOUT_SECONDS"),
        ({"HOSTS": "a:1", "TIMEOUT_SECONDS": "soon"}, "give a number"),
    ],
)
def test_a_wrong_setting_is_named(given_settings: Mapping[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        load(MongoSettings, {f"TONGBAN_MONGO_{name}": value for name, value in given_settings.items()})
    assert "secret" not in str(refused.value)


def test_an_address_that_cant_be_read_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="TONGBAN_MONGO"), database_of(MongoSettings(mongo_uri="mongodb://a:b:c")):
        pass


def test_a_place_where_nobody_answers_is_named() -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    settings = settings_of(address, fresh_prefix(), mongo_start_seconds=0.3)
    with pytest.raises(Unavailable, match=address) as refused, database_of(settings):
        pass
    assert refused.value.code == "store_unreachable"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_missing_secret_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    settings = MongoSettings(mongo_hosts=("127.0.0.1:1",), mongo_username="me", mongo_password_file=file)
    with pytest.raises(SettingsError, match=str(file)), database_of(settings):
        pass


def test_a_missing_certificate_is_named(tmp_path: Path) -> None:
    settings = MongoSettings(mongo_hosts=("127.0.0.1:1",), mongo_tls=True, mongo_tls_ca_file=tmp_path / "ca.pem")
    with pytest.raises(SettingsError, match=r"TONGBAN_MONGO_TLS_CA_FILE.*ca\.pem"), database_of(settings):
        pass


@pytest.mark.skipif(bool(given() or mongod()), reason="the stand-in's own option is what makes a server alone")
def test_a_server_that_is_no_replica_set_is_refused() -> None:
    with running(["--standalone"]) as server, pytest.raises(SettingsError, match="no replica set"):
        prepare(settings_of(server.address, fresh_prefix()))


# ── Users ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def guarded() -> Iterator[MongoServer]:
    """A server that asks who is there. Its users: one for everything, one who may read elsewhere only."""
    if given() or mongod():
        pytest.skip("a real server with users of its own needs a key file and an order of starting")
    with running(["--auth"]) as server, pymongo.MongoClient[dict[str, Any]](server.address) as client:
        client.admin.command("createUser", "site", pwd="right", roles=["root"])
        with pymongo.MongoClient[dict[str, Any]](server.address, username="site", password="right") as site:
            site.admin.command("createUser", "stranger", pwd="right", roles=[{"role": "read", "db": "elsewhere"}])
        yield server


def as_user(server: MongoServer, folder: Path, name: str, password: str) -> MongoSettings:
    file = folder / "password"
    file.write_text(f"{password}\n")
    return settings_of(server.address, "guarded", mongo_username=name, mongo_password_file=file)


def test_the_right_user_is_let_in(guarded: MongoServer, tmp_path: Path) -> None:
    harness = MongoHarness(as_user(guarded, tmp_path, "site", "right"))
    harness.open().insert("thing", "a", {})
    harness.close()


def test_a_wrong_password_is_told_of_without_it(guarded: MongoServer, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="refuses site") as refused:
        prepare(as_user(guarded, tmp_path, "site", "a-wrong-one"))
    assert "TONGBAN_MONGO_PASSWORD_FILE" in str(refused.value)
    assert "a-wrong-one" not in str(refused.value)


def test_a_user_without_permission_is_told_of(
    guarded: MongoServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for settings in (as_user(guarded, tmp_path, "stranger", "right"), settings_of(guarded.address, "guarded")):
        with pytest.raises(Unavailable) as refused:
            prepare(settings)
        assert refused.value.code == "store_forbidden"
    assert "not authorized" in caplog.text


# ── Indexes ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_database_that_was_not_prepared_is_refused(store_harness: MongoHarness) -> None:
    with pytest.raises(SettingsError, match="tongban init") as refused:
        store_harness.replica("one")
    assert "index thing.by_lane is missing" in str(refused.value)
    assert "index marks is missing" in str(refused.value)


def test_preparing_twice_does_nothing_more(store_harness: MongoHarness) -> None:
    assert any("made index thing.by_lane" in line for line in prepare(store_harness.settings))
    assert prepare(store_harness.settings) == []


def test_an_index_that_differs_is_refused_until_it_is_altered(store_harness: MongoHarness) -> None:
    store_harness.open().insert("thing", "a", {"lane": "A", "rank": 1})
    other = [Kind("thing", (Index("by_lane", ("lane", "colour")),)), KINDS[1]]
    with pytest.raises(SettingsError, match=r"index thing\.by_lane .*should be thing\.by_lane"):
        store_harness.replica("two", other)
    with pytest.raises(SettingsError, match="--alter"):
        prepare(store_harness.settings, other)
    assert any("replaced index thing.by_lane" in line for line in prepare(store_harness.settings, other, alter=True))
    assert store_harness.replica("two", other).get("thing", "a") is not None


def test_an_index_of_another_release_is_left_alone_unless_altering(store_harness: MongoHarness) -> None:
    store_harness.open()
    fewer = [Kind("thing"), KINDS[1]]
    store_harness.replica("older", fewer)
    assert any("left alone index thing.by_lane" in line for line in prepare(store_harness.settings, fewer))
    assert any("dropped index thing.by_lane" in line for line in prepare(store_harness.settings, fewer, alter=True))


def test_a_unique_index_over_documents_that_share_a_key_is_told_of(store_harness: MongoHarness) -> None:
    store = store_harness.open([Kind("thing"), KINDS[1]])
    store.insert("thing", "a", {"code": "x"})
    store.insert("thing", "b", {"code": "x"})
    with pytest.raises(SettingsError, match=r"index thing\.code .*documents share a key"):
        prepare(store_harness.settings)


def test_an_index_that_is_dropped_under_a_running_service_is_told_of_and_never_walked_around(
    store_harness: MongoHarness, caplog: pytest.LogCaptureFixture
) -> None:
    store = store_harness.open()
    store.insert("thing", "a", {"lane": "A", "rank": 1}, events=[event(1)])
    store_harness.documents().drop_index("thing.by_lane")
    with pytest.raises(Unavailable):
        store.find(Query("thing", "by_lane", {"lane": "A"}))
    assert "MongoDB refuses an operation" in caplog.text
    assert store.get("thing", "a") is not None
    prepare(store_harness.settings)
    assert len(store.find(Query("thing", "by_lane", {"lane": "A"})).documents) == 1


# ── Bodies ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_document_that_is_too_large_is_refused_and_the_old_one_stays(store_harness: MongoHarness) -> None:
    store = store_harness.open()
    store.insert("thing", "a", {"n": 1})
    for large in (
        lambda: store.insert("thing", "b", {"text": "字" * 6_000_000}, events=[event(1)]),
        lambda: store.save("thing", "a", {"text": "字" * 6_000_000}, 1, events=[event(2)]),
    ):
        with pytest.raises(Invalid) as refused:
            large()
        assert refused.value.code == "document_too_large"
    kept = store.get("thing", "a")
    assert kept is not None
    assert (kept.version, kept.body, store.get("thing", "b"), store.pending_depth()) == (1, {"n": 1}, None, 0)


@pytest.mark.parametrize("body", [{"n": 2**64}, {"text": "\ud800"}, {"a\0b": 1}])
def test_a_body_that_cant_be_kept_is_refused(store_harness: MongoHarness, body: dict[str, Any]) -> None:
    store = store_harness.open()
    with pytest.raises(Invalid) as refused:
        store.insert("thing", "a", body)
    assert refused.value.code == "document_unstorable"


def test_names_with_dots_and_dollars_are_only_names(store_harness: MongoHarness) -> None:
    store = store_harness.open()
    body = {"a.b": {"$set": 1}, "$where": "1", "": "empty"}
    store.insert("thing", "a", body)
    store.save("thing", "a", body | {"$inc": {"n.m": 2}}, 1)
    kept = store.get("thing", "a")
    assert kept is not None
    assert kept.body == body | {"$inc": {"n.m": 2}}


# ── Processes ────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def process(folder: Path, command: list[str], address: str, prefix: str) -> Iterator[subprocess.Popen[str]]:
    """A process of a site whose documents stand in MongoDB."""
    told = {
        "TONGBAN_EMBEDDED": "false",
        "TONGBAN_STORE": "mongodb",
        "TONGBAN_BLOBS": "gridfs",
        "TONGBAN_MONGO_HOSTS": address,
        "TONGBAN_MONGO_DATABASE_PREFIX": prefix,
        "TONGBAN_MONGO_START_SECONDS": "3",
        "TONGBAN_DATA": str(folder),
        "TONGBAN_RUN_DIR": str(folder),
    }
    keys = folder / "secrets"
    if not keys.exists():
        subprocess.run(
            [sys.executable, "-m", "cli.main", "keys", "--data", str(folder)], check=True, capture_output=True
        )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": ".:gen", **told}
    env |= {
        "TONGBAN_PUBLIC_KEY_FILE": str(keys / "actor.pub.pem"),
        "TONGBAN_SITE_SECRET_FILE": str(keys / "site.secret"),
    }
    running = subprocess.Popen(
        [sys.executable, *command], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with running:
        try:
            yield running
        finally:
            running.kill()


SERVICE_MAIN = ["-m", "services.complaint.main"]


def outcome(folder: Path, command: list[str], address: str, prefix: str) -> tuple[int, str]:
    with process(folder, command, address, prefix) as running:
        said, _ = running.communicate(timeout=60)
        return running.returncode, said


def test_a_process_says_in_one_line_why_it_does_not_start(mongo_address: str, tmp_path: Path) -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    code, said = outcome(tmp_path, SERVICE_MAIN, nowhere, fresh_prefix())
    assert code == 2
    assert "store_unreachable" in said
    assert nowhere in said
    assert "Traceback" not in said
    code, said = outcome(tmp_path, SERVICE_MAIN, mongo_address, fresh_prefix())
    assert code == 2
    assert "run `tongban init`" in said
    assert "Traceback" not in said


def test_after_init_a_service_starts_and_stops_in_order(mongo_address: str, tmp_path: Path) -> None:
    prefix = fresh_prefix()
    code, said = outcome(tmp_path, ["-m", "cli.main", "init"], mongo_address, prefix)
    assert (code, "made index complaint.by_code" in said) == (0, True), said
    code, said = outcome(tmp_path, ["-m", "cli.main", "init"], mongo_address, prefix)
    assert (code, said.strip()) == (0, "nothing to do: everything is there")
    with process(tmp_path, SERVICE_MAIN, mongo_address, prefix) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "is ready" in line:
                break
        running.send_signal(signal.SIGTERM)
        rest = running.stdout.read()
        assert (running.wait(20), "Traceback" in rest) == (0, False), rest
    with pymongo.MongoClient[dict[str, Any]](mongo_address) as client:
        mine = [name for name in client.list_database_names() if name.startswith(prefix)]
        assert f"{prefix}_complaint" in mine
        for name in mine:
            client.drop_database(name)
