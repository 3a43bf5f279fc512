"""A township's archive restored onto Kafka and MongoDB, backed up there, and restored onto one machine again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pymongo
import pytest
from typer.testing import CliRunner, Result

from cli.backup.check import verify
from cli.backup.manifest import Manifest
from cli.main import app
from cli.site import Site
from cli.tests.archives import KIND, TOPIC, empty_site, event, full_site
from kit.blobs.files import FileBlobs
from kit.bus.sqlite import SqliteBus
from kit.store.port import AlreadyApplied, Mark
from kit.store.sqlite import SqliteStore

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

LETTERS = "evaluation.invitations.dlq"


@pytest.fixture
def township(tmp_path: Path) -> Site:
    """A site on one machine with something of everything, and a dead letter that was dealt with."""
    made = full_site(tmp_path / "site")
    with closing(SqliteBus(made.bus_file, made.run_dir)) as bus:
        bus.publish(LETTERS, [event(2)], [{"dlq_code": "bad"}])
        first, _ = bus.read(LETTERS)
        bus.publish(f"{LETTERS}.handled", [event(1)], [{"dlq_letter": str(first.offset)}])
    return made


@pytest.fixture
def cluster(mongo_address: str, kafka_address: str, township: Site) -> Iterator[dict[str, str]]:
    """The settings of a site of its own on both servers, after the init job."""
    name = f"t{uuid.uuid4().hex[:8]}"
    settings = {
        "TONGBAN_EMBEDDED": "false",
        "TONGBAN_STORE": "mongodb",
        "TONGBAN_BUS": "kafka",
        "TONGBAN_BLOBS": "gridfs",
        "TONGBAN_MONGO_HOSTS": mongo_address,
        "TONGBAN_MONGO_DATABASE_PREFIX": name,
        "TONGBAN_KAFKA_BOOTSTRAP_SERVERS": kafka_address,
        "TONGBAN_KAFKA_PREFIX": f"{name}.",
        "TONGBAN_KAFKA_REPLICATION": "1",
        "TONGBAN_SITE_SECRET_FILE": str(township.site_secret_file),
    }
    succeeded(settings, "init")
    yield settings
    with pymongo.MongoClient[dict[str, object]](mongo_address) as client:
        for database in client.list_database_names():
            if database.startswith(name):
                client.drop_database(database)


def tongban(environment: dict[str, str], *arguments: object) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), env=environment)


def succeeded(environment: dict[str, str], *arguments: object) -> None:
    result = tongban(environment, *arguments)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"


def test_a_site_moves_to_the_cluster_and_back_and_loses_nothing(
    township: Site, cluster: dict[str, str], tmp_path: Path
) -> None:
    first, second = tmp_path / "first.tar", tmp_path / "second.tar"
    succeeded({}, "backup", first, "--data", township.data)
    succeeded(cluster, "restore", first)
    again = tongban(cluster, "restore", first)
    assert again.exit_code == 1
    assert "isn't empty: there are documents of queuing, files of intake, events" in again.output
    succeeded(cluster, "backup", second)

    old, new = verify(first), verify(second)
    assert (new.store, new.bus, new.blobs) == ("mongodb", "kafka", "gridfs")
    assert new.counts.topics == old.counts.topics
    assert kept(new) == kept(old)

    back = empty_site(township, tmp_path / "back")
    succeeded({}, "restore", second, "--data", back.data)
    with closing(SqliteStore(back.store_file("queuing"), [KIND])) as store:
        with closing(SqliteStore(township.store_file("queuing"), [KIND])) as before:
            assert list(store.scan("ticket")) == list(before.scan("ticket"))
        with pytest.raises(AlreadyApplied):
            store.insert("ticket", "other", {}, mark=Mark("queuing.x", "m4"))
        assert store.next_number("tickets:2026") == 8
        assert [each.event for each in store.pending(10)] == [event(100), event(101)]
    with closing(SqliteBus(back.bus_file, back.run_dir)) as bus:
        assert bus.lag("evaluation.invitations", [TOPIC]) >= 15, "what isn't done comes again, and perhaps more"
        letter, open_letter = bus.read(LETTERS)
        (handled,) = bus.read(f"{LETTERS}.handled")
        assert handled.headers["dlq_letter"] == str(letter.offset), "still about the same dead letter"
        assert str(open_letter.offset) != handled.headers["dlq_letter"]
    (blob,) = FileBlobs(back.data / "blobs" / "intake").stored()
    assert (township.data / "blobs" / "intake" / blob.sha256[:2] / blob.sha256).exists()


def kept(manifest: Manifest) -> dict[str, tuple[object, ...]]:
    """What one service has, but for what MongoDB needs to hold marks of unknown documents."""
    found = {}
    for name, each in manifest.counts.services.items():
        documents = {kind: number for kind, number in each.documents.items() if kind != "restored"}
        found[name] = (documents, each.marks, each.numbers, each.pending, each.blobs, each.blob_bytes)
    return found
