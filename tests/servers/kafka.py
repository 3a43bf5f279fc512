"""A real Apache Kafka for tests: one node in KRaft mode, run from its Maven artifacts, on free ports of this machine.

``python -m tests.servers.kafka fetch`` puts the artifacts into build/servers/ (``make kafka-server``); a second time it
does nothing. Needs Java 17 or newer, and Maven for the fetching.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.servers.server import Server, free_ports, launch

ROOT: Final = Path(__file__).resolve().parents[2]
#: Pinned; another release is tried with TONGBAN_TEST_KAFKA_VERSION.
VERSION: Final = os.environ.get("TONGBAN_TEST_KAFKA_VERSION") or "4.3.1"
LIBRARIES: Final = ROOT / "build" / "servers" / f"kafka-{VERSION}"
_COMPLETE: Final = LIBRARIES / ".complete"
_PLUGIN: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_ARTIFACTS: Final = (("org.apache.kafka", "kafka_2.13", VERSION), ("org.slf4j", "slf4j-simple", "1.7.36"))

#: A quick start and a small process: no second compiler tier, one collector thread.
_JAVA: Final = ("-Xms64m", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")
_LOG: Final = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")
_CLUSTER: Final = "dG9uZ2Jhbi10ZXN0cy0wMQ"

#: One node; nothing is made by being named; a dead broker's session and a new group's first join cost little.
_PROPERTIES: Final = MappingProxyType(
    {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "auto.create.topics.enable": "false",
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "3000",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "log.cleaner.dedupe.buffer.size": "2097152",
    }
)


def missing() -> str:
    """Why no broker can run on this machine; empty where one can."""
    if shutil.which("java") is None:
        return "Apache Kafka needs Java 17 or newer, and there is no `java`"
    if not _COMPLETE.exists() and shutil.which("mvn") is None:
        return "Apache Kafka is not in build/servers yet, and fetching it needs Maven: there is no `mvn`"
    return ""


def fetch() -> None:
    """Puts the broker's libraries into build/servers, once. Raises ``RuntimeError`` when Maven can't get them."""
    LIBRARIES.parent.mkdir(parents=True, exist_ok=True)
    with LIBRARIES.with_suffix(".lock").open("w") as lock:  # several workers of one test run come at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _COMPLETE.exists():
            _fetch()


def _fetch() -> None:
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
        for group, name, version in _ARTIFACTS
    )
    # Beside its place, so that the last step is one rename.
    with tempfile.TemporaryDirectory(dir=LIBRARIES.parent, prefix=".kafka-") as folder:
        pom = Path(folder, "pom.xml")
        pom.write_text(
            "<project><modelVersion>4.0.0</modelVersion><groupId>tongban</groupId><artifactId>test-kafka</artifactId>"
            f"<version>1</version><packaging>pom</packaging><dependencies>{dependencies}</dependencies></project>"
        )
        jars = Path(folder, "jars")
        options = ["-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
        command = ["mvn", "-q", "-B", "--strict-checksums", "-f", str(pom), f"{_PLUGIN}:copy-dependencies", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not list(jars.glob("kafka_2.13-*.jar")):
            raise RuntimeError(f"Maven could not fetch Apache Kafka {VERSION}:\n{(done.stdout + done.stderr)[-2000:]}")
        (jars / ".complete").touch()
        shutil.rmtree(LIBRARIES, ignore_errors=True)
        jars.rename(LIBRARIES)


class KafkaServer(Server):
    """One broker with a folder of its own. ``listeners``: further ones beside PLAINTEXT, as name → protocol.

    ``advertised`` may name another port of a listener before ``start``: a proxy's, which clients then go through.
    """

    #: How it is run, for who reads what the tests ran on.
    described = "KRaft, one node, from its Maven artifacts"
    called = "Kafka"
    ready_seconds = 120.0
    log_name = "kafka.log"

    def __init__(
        self,
        folder: Path,
        listeners: Mapping[str, str] = MappingProxyType({}),
        properties: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder)
        protocols = {"PLAINTEXT": "PLAINTEXT", **listeners, "CONTROLLER": "PLAINTEXT"}
        self._ports = dict(zip(protocols, free_ports(len(protocols)), strict=True))
        self._protocols = protocols
        self._extra = dict(properties or {})
        self.advertised: dict[str, int] = {}

    # ── Where it is ──────────────────────────────────────────────────────────────────────────────────────────

    def port(self, listener: str = "PLAINTEXT") -> int:
        """The port of a listener."""
        return self._ports[listener]

    def address(self, listener: str = "PLAINTEXT") -> str:
        """Where clients of a listener begin."""
        return f"127.0.0.1:{self._ports[listener]}"

    # ── Its life ─────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Starts it, on what it had before; returns when it answers. Raises ``RuntimeError`` when it doesn't."""
        fetch()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "server.properties"
        settings.write_text("".join(f"{name}={value}\n" for name, value in self._all_properties().items()))
        if not (self.folder / "data" / "meta.properties").exists():
            self._java("kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(settings)).wait(60)
        self._process = self._java("kafka.Kafka", str(settings))
        self.wait()

    def _java(self, *command: str) -> subprocess.Popen[bytes]:
        return launch(["java", *_JAVA, *_LOG, "-cp", f"{LIBRARIES}/*", *command], self.log_file)

    def _all_properties(self) -> Mapping[str, str]:
        told = {name: self.advertised.get(name, port) for name, port in self._ports.items() if name != "CONTROLLER"}
        return {
            **_PROPERTIES,
            "listeners": _addresses(self._ports),
            "advertised.listeners": _addresses(told),
            "listener.security.protocol.map": ",".join(f"{name}:{is_}" for name, is_ in self._protocols.items()),
            "controller.quorum.voters": f"1@127.0.0.1:{self._ports['CONTROLLER']}",
            "log.dirs": str(self.folder / "data"),
            **self._extra,
        }

    def _serves(self) -> bool:
        """Whether it lists itself as a broker: a metadata request (version 4) without topics, by hand."""
        request = b"\0\3\0\4\0\0\0\1\xff\xff" + b"\0\0\0\0" + b"\0"
        try:
            with socket.create_connection(("127.0.0.1", self.port()), timeout=1) as connection:
                connection.sendall(len(request).to_bytes(4) + request)
                answer = b""
                while len(answer) < 16 and (more := connection.recv(16 - len(answer))):
                    answer += more
        except OSError:
            return False
        return len(answer) == 16 and int.from_bytes(answer[12:16]) > 0


def _addresses(ports: Mapping[str, int]) -> str:
    return ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())


@contextlib.contextmanager
def running(
    listeners: Mapping[str, str] = MappingProxyType({}), properties: Mapping[str, str] | None = None
) -> Iterator[KafkaServer]:
    """A broker in a folder of its own, which goes with it."""
    with tempfile.TemporaryDirectory(prefix="tongban-kafka-") as folder:
        server = KafkaServer(Path(folder), listeners, properties)
        try:
            server.start()
            yield server
        finally:
            server.stop()


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        raise SystemExit("usage: python -m tests.servers.kafka fetch")
    if reason := missing():
        raise SystemExit(f"tests.servers.kafka: {reason}")
    fetch()
