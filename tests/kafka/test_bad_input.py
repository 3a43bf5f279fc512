"""What is set wrongly, not allowed or too much is said clearly, and nothing is lost by it."""

from __future__ import annotations

import datetime
import ipaddress
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from kit.bus.kafka.bus import KafkaBus
from kit.bus.topics import MAX_MESSAGE_BYTES
from kit.errors import Invalid, Unavailable
from kit.outbox import Outbox
from kit.settings import SettingsError
from kit.store.port import Kind
from kit.store.sqlite import SqliteStore
from tests.contract.bus_contract import drain, event, ids, until
from tests.kafka.broker import IMPATIENT, KafkaBusHarness, fresh_topic, settings_for, topics_of
from tests.servers.kafka import KafkaServer

PEM = serialization.Encoding.PEM


@dataclass
class Guarded:
    """A broker that lets in whom it knows, over TLS, and lets them do what they may."""

    server: KafkaServer
    folder: Path
    admin: KafkaAdminClient

    def open(self, topic: str, user: str = "site", password: str = "right", authority: str = "broker") -> KafkaBus:
        settings = settings_for(
            self.server.address("SAFE"),
            kafka_security_protocol="SASL_SSL",
            kafka_username=user,
            kafka_password_file=self.folder / password,
            kafka_ca_file=self.folder / f"{authority}.pem",
            # A refusal ends the trying at once, but for what TLS alone refuses.
            **{**IMPATIENT, "kafka_connect_seconds": 20.0 if authority == "broker" else 1.0},
        )
        return KafkaBus(settings, topics_of(topic))

    def make(self, topic: str) -> None:
        harness = KafkaBusHarness(self.server.address(), topics_of(topic))
        harness.make_topics()
        harness.close()

    def allow(self, user: str, kind: ResourceType, name: str, *operations: ACLOperation) -> None:
        self.admin.create_acls(
            [
                ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(kind, name))
                for operation in operations
            ]
        )


def certificate(folder: Path, name: str) -> None:
    """A certificate that signs itself, alone and with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.pem").write_bytes(signed.public_bytes(PEM))
    (folder / f"{name}.key").write_bytes(secret + signed.public_bytes(PEM))


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    with tempfile.TemporaryDirectory(prefix="tongban-kafka-") as name:
        folder = Path(name)
        for each in ("broker", "stranger"):
            certificate(folder, each)
        (folder / "right").write_text("a long password\n")
        (folder / "wrong").write_text("an old password\n")
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        properties = {
            "listener.name.safe.ssl.keystore.type": "PEM",
            "listener.name.safe.ssl.keystore.location": str(folder / "broker.key"),
            "listener.name.safe.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.safe.scram-sha-512.sasl.jaas.config": login,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS;User:site",
        }
        server = KafkaServer(folder / "kafka", {"SAFE": "SASL_SSL"}, properties)
        try:
            server.start()
            with closing(KafkaAdminClient(bootstrap_servers=server.address())) as admin:
                for user in ("site", "guest"):
                    credential = UserScramCredentialUpsertion(
                        user, ScramMechanism.SCRAM_SHA_512, "a long password", iterations=4096
                    )
                    admin.alter_user_scram_credentials([credential])
                yield Guarded(server, folder, admin)
        finally:
            server.stop()


@pytest.fixture
def outbox_of(tmp_path: Path) -> Iterator[Callable[[KafkaBus, str], tuple[Outbox, SqliteStore]]]:
    """An outbox with one event in it."""
    stores: list[SqliteStore] = []

    def make(bus: KafkaBus, topic: str) -> tuple[Outbox, SqliteStore]:
        store = SqliteStore(tmp_path / f"{len(stores)}.db", [Kind("thing")])
        stores.append(store)
        store.insert("thing", "t1", {}, events=[event(1)])
        return Outbox(store, bus, topic), store

    yield make
    for store in stores:
        store.close()


# ── Who may come in ──────────────────────────────────────────────────────────────────────────────────────────────


def test_who_has_the_right_secret_and_authority_is_let_in(guarded: Guarded, topic: str) -> None:
    guarded.make(topic)
    with closing(guarded.open(topic)) as bus:
        bus.require([topic])
        bus.publish(topic, [event(1)])
        member = bus.consumer("group", [topic])
        assert ids(drain(member, 1)) == ["e000001"]
        member.close()


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ({"password": "wrong"}, "bus_refused", "TONGBAN_KAFKA_USERNAME"),
        ({"user": "nobody"}, "bus_refused", "TONGBAN_KAFKA_USERNAME"),
        ({"authority": "stranger"}, "bus_refused", "TONGBAN_KAFKA_CA_FILE"),
        ({"user": "guest"}, "bus_forbidden", "访问控制列表"),
    ],
)
def test_who_is_not_let_in_does_not_start_and_is_told_why(
    guarded: Guarded, topic: str, wrong: dict[str, str], code: str, said: str
) -> None:
    guarded.make(topic)
    with closing(guarded.open(topic, **wrong)) as bus:
        with pytest.raises(SettingsError, match=said):
            bus.require([topic])
        with pytest.raises(Unavailable) as refusal:
            bus.publish(topic, [event(1)])
        assert refusal.value.code == code
        assert "a long password" not in str(refusal.value)


@pytest.mark.parametrize("server", ["127.0.0.1:1", "no.such.host.invalid:9092"])
def test_an_address_where_nobody_is_is_named(server: str, topic: str) -> None:
    with closing(KafkaBus(settings_for(server, kafka_connect_seconds=1.0), topics_of(topic))) as bus:
        with pytest.raises(Unavailable, match="bus_unavailable") as refusal:
            bus.require([topic])
        assert refusal.value.details["servers"] == server
        assert server in refusal.value.message


def test_a_secret_that_was_changed_is_read_anew(guarded: Guarded, topic: str) -> None:
    guarded.make(topic)
    secret = guarded.folder / "changing"
    secret.write_text("an old password")
    with closing(guarded.open(topic, password="changing")) as bus:
        with pytest.raises(Unavailable):
            bus.publish(topic, [event(1)])
        secret.write_text("a long password")
        bus.publish(topic, [event(1)])


# ── What one may do ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_may_not_be_published_stays_in_the_outbox_until_it_may(
    guarded: Guarded, topic: str, outbox_of: Callable[[KafkaBus, str], tuple[Outbox, SqliteStore]]
) -> None:
    guarded.make(topic)
    guarded.allow("guest", ResourceType.TOPIC, topic, ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS)
    with closing(guarded.open(topic, user="guest")) as bus:
        outbox, store = outbox_of(bus, topic)

        def published() -> bool:
            try:
                return outbox.publish_pending() == 1
            except Unavailable as error:
                assert error.code == "bus_forbidden"  # noqa: PT017 — until it may, nothing else
                return False

        until(lambda: allowed(bus, topic))
        assert not published()
        assert store.pending_depth() == 1
        guarded.allow("guest", ResourceType.TOPIC, topic, ACLOperation.WRITE, ACLOperation.READ)
        until(published)
        assert store.pending_depth() == 0
        assert ids(bus.read(topic)) == ["e000001"]
        with pytest.raises(Unavailable, match="bus_forbidden"):
            drain(bus.consumer("guests", [topic]), 1)
        guarded.allow("guest", ResourceType.GROUP, "guests", ACLOperation.READ)
        until(lambda: consumed(bus, topic) == ["e000001"])


def allowed(bus: KafkaBus, topic: str) -> bool:
    """Whether what was allowed counts by now: it takes a moment."""
    try:
        bus.require([topic])
    except SettingsError:
        return False
    return True


def consumed(bus: KafkaBus, topic: str) -> list[str]:
    member = bus.consumer("guests", [topic])
    try:
        return ids(drain(member, 1))
    except Unavailable:
        return []
    finally:
        member.close()


def test_settings_that_may_not_be_read_count_as_different(guarded: Guarded, topic: str) -> None:
    guarded.make(topic)
    guarded.allow("guest", ResourceType.TOPIC, topic, ACLOperation.DESCRIBE)
    with closing(guarded.open(topic, user="guest")) as bus:

        def refused_for_its_settings() -> bool:  # what was allowed takes a moment to count
            with pytest.raises(SettingsError) as refusal:
                bus.require([topic])
            return "may not describe" in str(refusal.value)

        until(refused_for_its_settings)


# ── What is too much ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_broker_finds_too_large_stays_in_the_outbox(
    guarded: Guarded, topic: str, outbox_of: Callable[[KafkaBus, str], tuple[Outbox, SqliteStore]]
) -> None:
    """A topic that somebody narrowed while the site ran."""
    guarded.make(topic)
    with closing(guarded.open(topic)) as bus:
        bus.require([topic])
        outbox, store = outbox_of(bus, topic)
        narrow(guarded.admin, topic, 100)
        with pytest.raises(Invalid, match="event_too_large"):
            outbox.publish_pending()
        assert store.pending_depth() == 1
        narrow(guarded.admin, topic, MAX_MESSAGE_BYTES)
        assert outbox.publish_pending() == 1
        assert ids(bus.read(topic)) == ["e000001"]


def narrow(admin: KafkaAdminClient, topic: str, bytes_: int) -> None:
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(bytes_)})])


def test_a_topic_that_is_deleted_while_the_site_runs_is_named(guarded: Guarded) -> None:
    topic = fresh_topic()
    guarded.make(topic)
    with closing(guarded.open(topic)) as bus:
        bus.publish(topic, [event(1)])
        guarded.admin.delete_topics([topic])
        for ask in (lambda: bus.lag("group", [topic]), lambda: bus.read(topic)):
            with pytest.raises(Unavailable, match=f"bus_topic_unknown.*{topic}"):
                ask()
        with pytest.raises(Unavailable):
            bus.publish(topic, [event(2)])
