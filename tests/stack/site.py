"""A site on Apache Kafka and MongoDB: every service a process of its own, in replicas, started as a cluster starts them.

Nothing of it is embedded: no supervisor, no sockets in a folder, no demo clock. Its centers are open round the clock,
as their calendar says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pymongo
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError
from pymongo.errors import PyMongoError

from cli.components import COMPONENTS, ENVIRONMENT
from cli.forking import ForkServer, can_fork
from kit.bus.kafka.bus import KafkaBus
from kit.bus.kafka.settings import KafkaSettings
from kit.bus.topics import GROUPS
from kit.dead_letters import dlq_topic
from kit.settings import load
from tests.integration.site import NO_LIMITS, PATIENCE, ROOT, SERVICES, START_PATIENCE, TONGBAN, until
from tests.servers import kafka, mongo
from tests.servers.kafka import KafkaServer
from tests.servers.mongo import MongoServer
from tests.servers.server import free_ports
from tests.stack.hours import await_a_long_day, open_round_the_clock
from tests.stack.replica import GATEWAY, Replica

#: What a cluster is patient with, a test isn't.
_IMPATIENT: Final[Mapping[str, str]] = {
    "TONGBAN_KAFKA_CONNECT_SECONDS": "5",
    "TONGBAN_KAFKA_REQUEST_SECONDS": "3",
    "TONGBAN_KAFKA_PUBLISH_SECONDS": "6",
    "TONGBAN_KAFKA_SESSION_SECONDS": "6",
    "TONGBAN_MONGO_OUTBOX_LEASE_SECONDS": "6",
}
#: What a process loads when it is told to; forked ones have it from the beginning.
_ADAPTERS: Final = ("kit.store.mongo.store", "kit.bus.kafka.bus", "kit.blobs.gridfs", "kit.blobs.pieces_gridfs")
#: What the test itself reads and writes, on a machine that other tests keep busy.
_PATIENT: Final[Mapping[str, str]] = {"TONGBAN_KAFKA_REQUEST_SECONDS": "30", "TONGBAN_KAFKA_PUBLISH_SECONDS": "60"}
#: An operator's command, in seconds.
_COMMAND_SECONDS: Final = 120.0


@dataclass
class StackSite:
    """The site with its servers."""

    folder: Path
    broker: KafkaServer
    store: MongoServer
    replicas: Sequence[Replica]
    #: What every process of it, and an operator, is told.
    settings: Mapping[str, str]

    # ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def of(self, name: str) -> Sequence[Replica]:
        """The replicas of a component."""
        return [each for each in self.replicas if each.name == name]

    @property
    def address(self) -> str:
        """The first gateway's."""
        return self.addresses[0]

    @property
    def addresses(self) -> Sequence[str]:
        """Every gateway's."""
        return [f"http://{each.address}" for each in self.of(GATEWAY)]

    def start(self) -> None:
        """Starts every process and waits until each serves."""
        for each in self.replicas:
            each.start()
        for each in self.replicas:
            until(lambda each=each: each.serves, f"{each.name} {each.number} to serve", START_PATIENCE)  # type: ignore[misc]

    def stop(self) -> None:
        """Stops every process that runs, the gateways first."""
        for edge in (True, False):
            leaving = [each for each in self.replicas if (each.name == GATEWAY) is edge and each.process is not None]
            for each in leaving:
                each.leave()
            for each in leaving:
                each.ended()

    def operate(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """An operator's command: ``tongban`` with the site's settings and key."""
        done = subprocess.run(
            [TONGBAN, *arguments],
            cwd=ROOT,
            env={**self.settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0 or not check, f"tongban {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    # ── State ────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def bus(self) -> Iterator[KafkaBus]:
        """The events, as a process has them, with a test's patience."""
        bus = KafkaBus(load(KafkaSettings, {**self.settings, **_PATIENT}))
        try:
            yield bus
        finally:
            bus.close()

    def waiting(self) -> dict[str, int]:
        """What waits to be published, by service, and to take effect, by group; only what isn't zero."""
        prefix = self.settings["TONGBAN_MONGO_DATABASE_PREFIX"]
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(f"mongodb://{self.store.address}/")
        with client:
            found = {
                name: client[f"{prefix}_{name}"]["documents"].count_documents({"outbox": {"$exists": True}})
                for name in SERVICES
            }
        return {name: number for name, number in (found | self._lags()).items() if number}

    def _lags(self) -> dict[str, int]:
        """How many events each group has before it, in the partitions that it has begun."""
        with self._admin() as admin:
            begun = admin.list_group_offsets(dict.fromkeys(GROUPS))
            ends = _ends(admin, {place for places in begun.values() for place in places})
        return {
            group: sum(ends[place] - done.offset for place, done in places.items()) for group, places in begun.items()
        }

    def dead_letters(self) -> dict[str, int]:
        """How many events each group ever gave up; only where there are some."""
        with self._admin() as admin:
            ends = _ends(admin, {TopicPartition(dlq_topic(group), 0) for group in GROUPS})
        return {place.topic.removesuffix(".dlq"): number for place, number in ends.items() if number}

    @contextmanager
    def _admin(self) -> Iterator[KafkaAdminClient]:
        admin = KafkaAdminClient(bootstrap_servers=self.broker.address())
        try:
            yield admin
        finally:
            admin.close()

    def settle(self, patience: float = PATIENCE) -> None:
        """Waits until every event was published and has had its effect."""
        last: object = None

        def over() -> bool:
            nonlocal last
            try:
                last = self.waiting()
            except (KafkaError, PyMongoError) as error:
                last = error  # a server that has just come back
            return not last

        try:
            until(over, "events to have their effect", patience)
        except AssertionError as error:
            raise AssertionError(f"{error}: {last}") from None
        until(over, "the effects' own events", patience)


def _ends(admin: KafkaAdminClient, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
    """How many records were ever written to each partition."""
    if not places:
        return {}
    found = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    return {place: each.offset for place, each in found.items()}


# ── Making one ───────────────────────────────────────────────────────────────────────────────────────────────────


#: The servers of every site that was started, in words: to be said at the end of a run.
ran_on: dict[str, None] = {}


def missing() -> str:
    """Why no such site can run on this machine; empty where it can."""
    if mongo.given() and not mongo.mongod():
        return "TONGBAN_TEST_MONGODB is given, and these tests kill their store: unset it, or have a mongod on the PATH"
    return "; ".join(reason for reason in (kafka.missing(), mongo.missing()) if reason)


@contextmanager
def stack_site(
    replicas: int = 2, told: Mapping[str, str] = MappingProxyType({}), *, forked: bool = True
) -> Iterator[StackSite]:
    """A site that serves, with the sample federation, open round the clock; everything of it goes at the end.

    ``told``: settings of its processes besides. ``forked``: they start sooner, and have in common what they loaded,
    which those of a cluster don't.
    """
    await_a_long_day()
    folder = Path(tempfile.mkdtemp(prefix="tb-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        broker = stack.enter_context(kafka.running())
        store = stack.enter_context(mongo.running())
        ran_on[f"Apache Kafka {kafka.VERSION} ({broker.described})"] = None
        ran_on[mongo.described(store.address)] = None
        settings = {**_settings(folder, broker, store), **told}
        site = StackSite(folder, broker, store, _replicas(folder, settings, replicas), settings)
        if forked and can_fork():
            server = ForkServer(
                [*(each.module for each in COMPONENTS), *_ADAPTERS], settings, folder / "fork-server.log"
            )
            stack.callback(server.close)
            for each in site.replicas:
                each.fork = server.start
        site.operate("keys")
        site.operate("init")
        stack.callback(site.stop)
        site.start()
        # As a hook does: once more, where the store was too slow for it, with every process at its start.
        if site.operate("seed", check=False).returncode:
            site.operate("seed")
        open_round_the_clock(site.address)
        site.settle(START_PATIENCE)
        yield site


def _settings(folder: Path, broker: KafkaServer, store: MongoServer) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    secrets = folder / "secrets"
    return {
        **inherited,
        **ENVIRONMENT,
        **NO_LIMITS,
        **_IMPATIENT,
        "PYTHONUNBUFFERED": "1",
        "TONGBAN_EMBEDDED": "false",
        "TONGBAN_STORE": "mongodb",
        "TONGBAN_BUS": "kafka",
        "TONGBAN_BLOBS": "gridfs",
        "TONGBAN_KAFKA_BOOTSTRAP_SERVERS": broker.address(),
        "TONGBAN_KAFKA_REPLICATION": "1",
        "TONGBAN_MONGO_HOSTS": store.address,
        "TONGBAN_MONGO_DATABASE_PREFIX": "stack",
        "TONGBAN_DATA": str(folder),
        "TONGBAN_RUN_DIR": str(folder / "run"),
        "TONGBAN_PUBLIC_KEY_FILE": str(secrets / "actor.pub.pem"),
        "TONGBAN_PRIVATE_KEY_FILE": str(secrets / "actor.pem"),
        "TONGBAN_SITE_SECRET_FILE": str(secrets / "site.secret"),
    }


def _replicas(folder: Path, settings: dict[str, str], number: int) -> Sequence[Replica]:
    """Every component so many times; tells them, in the settings, where the services' replicas are."""
    names = [component.name for component in COMPONENTS]
    ports = iter(free_ports(len(names) * number))
    places = {name: [next(ports) for _ in range(number)] for name in names}
    settings["TONGBAN_SERVICES"] = ",".join(
        f"{name}={'|'.join(f'127.0.0.1:{port}' for port in places[name])}" for name in SERVICES
    )

    def told(name: str, port: int) -> dict[str, str]:
        if name == GATEWAY:
            return {**settings, "TONGBAN_PORT": str(port)}
        own = {key: value for key, value in settings.items() if key != "TONGBAN_PRIVATE_KEY_FILE"}
        return {**own, "TONGBAN_LISTEN": f"127.0.0.1:{port}"}

    return [
        Replica(name, place, port, told(name, port), folder / f"{name}-{place}.log")
        for name in names
        for place, port in enumerate(places[name])
    ]
