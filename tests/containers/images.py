"""The images that the tests run: pulled by their pinned names where a registry answers, else built here.

Built here: Debian's minimal system by mmdebstrap; Python and Java on it from Debian; Apache Kafka from the Maven
artifacts and the MongoDB-wire server from the crate that build/servers holds anyway. Each is kept by what it is made
of, so that a second run builds nothing. The product's own image is always the repository's Dockerfile.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.containers.engine import HOME, ROOT, Engine, Missing, say
from tests.servers import kafka, mongo

#: What everything that is built here is called by.
PREFIX: Final = "localhost/tongban-test"
_SUITE: Final = "bookworm"
_DEBIAN: Final = f"{PREFIX}/debian:{_SUITE}"
PYTHON: Final = f"{PREFIX}/python:{_SUITE}"
KAFKA: Final = f"{PREFIX}/kafka:{kafka.VERSION}"
MONGO: Final = f"{PREFIX}/mongo:{mongo.VERSION}"
_STAND_IN: Final = ROOT / "build" / "servers" / f"secantus-{mongo.VERSION}" / "bin" / "secantusd-rs"
NGINX: Final = f"{PREFIX}/nginx:{_SUITE}"
PRODUCT: Final = f"{PREFIX}/product:current"

#: Told to installers that believe only their own authorities otherwise. In the base, which is a test's alone.
_BELIEVE: Final = "\n".join(
    f"ENV {name}=/etc/ssl/certs/ca-certificates.crt" for name in ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
)
_PYTHON_FILE: Final = f"""
FROM {_DEBIAN}
{_BELIEVE}
RUN apt-get update -q \\
 && apt-get install -yq --no-install-recommends python3 python3-venv \\
 && rm -rf /var/lib/apt/lists/*
"""
_JAVA_FILE: Final = f"""
FROM {_DEBIAN}
RUN apt-get update -q \\
 && apt-get install -yq --no-install-recommends openjdk-17-jre-headless \\
 && rm -rf /var/lib/apt/lists/*
COPY libs /opt/kafka/libs
COPY run.sh /opt/kafka/run.sh
RUN chmod 0755 /opt/kafka/run.sh && install -d -m 0777 /var/lib/kafka
USER 10002:10002
EXPOSE 9092
CMD ["/opt/kafka/run.sh"]
"""
#: One node, and what it is told by the environment that the official image reads too.
_KAFKA_RUN: Final = """#!/bin/bash
set -euo pipefail
settings=/var/lib/kafka/server.properties
host=${KAFKA_HOST:-$(hostname)}
{
  env | sed -n 's/^KAFKA_\\([A-Z_]*\\)=/\\1=/p' | while IFS= read -r line; do
    name=${line%%=*}
    case $name in HOST|HEAP|HEAP_OPTS) continue;; esac
    echo "$(tr A-Z_ a-z. <<< "$name")=${line#*=}"
  done
} > "$settings"
[ -s "$settings" ] || cat > "$settings" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093
advertised.listeners=PLAINTEXT://$host:9092
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
grep -q '^log.dirs=' "$settings" || echo 'log.dirs=/var/lib/kafka/data' >> "$settings"
java=(java -Xmx${KAFKA_HEAP:-384m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*'
      -Dorg.slf4j.simpleLogger.defaultLogLevel=warn)
[ -e "$(sed -n 's/^log.dirs=//p' "$settings")/meta.properties" ] \\
  || "${java[@]}" kafka.tools.StorageTool format -t dG9uZ2Jhbi10ZXN0cy0wMQ -c "$settings"
exec "${java[@]}" kafka.Kafka "$settings"
"""
_MONGO_FILE: Final = f"""
FROM {_DEBIAN}
COPY server /usr/local/bin/server
RUN touch /etc/server.toml && install -d -m 0777 /data/db
USER 10003:10003
EXPOSE 27017
CMD ["server", "--config", "/etc/server.toml", "--host", "0.0.0.0", "--port", "27017", "--storage-path", "/data/db", \\
     "--cache-size", "128M", "--log-file-max", "16MB", "--log-level", "WARNING", "--sync-on-commit"]
"""
#: What ends TLS before the partners' door of compose.dev.yml.
_NGINX_FILE: Final = f"""
FROM {_DEBIAN}
RUN apt-get update -q \\
 && apt-get install -yq --no-install-recommends nginx-light \\
 && rm -rf /var/lib/apt/lists/*
"""


class Images:
    """Has an engine's images made, each once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make_servers(self) -> None:
        """Kafka, the MongoDB-wire server, and what ends TLS before the partners' door. Raises ``Missing``, ``RuntimeError``."""
        for reason in (kafka.missing(), mongo.missing()):
            if reason:
                raise Missing(reason)
        kafka.fetch()
        mongo.fetch()
        self._make_debian()
        if not self._is_made(KAFKA, _JAVA_FILE + _KAFKA_RUN):
            with _folder(_JAVA_FILE) as folder:
                shutil.copytree(kafka.LIBRARIES, folder / "libs")
                (folder / "run.sh").write_text(_KAFKA_RUN)
                self._build(KAFKA, folder, _JAVA_FILE + _KAFKA_RUN)
        if not self._is_made(MONGO, _MONGO_FILE):
            with _folder(_MONGO_FILE) as folder:
                shutil.copy(_STAND_IN, folder / "server")
                self._build(MONGO, folder, _MONGO_FILE)
        if not self._is_made(NGINX, _NGINX_FILE):
            with _folder(_NGINX_FILE) as folder:
                self._build(NGINX, folder, _NGINX_FILE)

    def make_product(self, image: str = PRODUCT, *options: str) -> None:
        """The repository's Dockerfile, on its own base where a registry has it. Raises ``RuntimeError``."""
        if not self._pulls(_base_of(ROOT / "Dockerfile")):
            self._make_debian()
            if not self._is_made(PYTHON, _PYTHON_FILE):
                with _folder(_PYTHON_FILE) as folder:
                    self._build(PYTHON, folder, _PYTHON_FILE)
            options = ("--build-arg", f"BASE={PYTHON}", *options)
        say("building the product's image")
        self._engine.build(image, ROOT, *options)

    def _make_debian(self) -> None:
        if self._engine.has(_DEBIAN):
            return
        say("building Debian's minimal system")
        if shutil.which("mmdebstrap") is None:
            raise Missing("no registry answers, and mmdebstrap, which makes a base image without one, isn't there")
        packed = HOME / "debian.tar"
        # The machine's own sources: a mirror that it was given holds here, too.
        sources = [
            each for each in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list") if Path(each).exists()
        ]
        command = ["mmdebstrap", "--variant=minbase", "--include=ca-certificates", _SUITE, str(packed), *sources[:1]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"mmdebstrap:\n{done.stderr[-2000:]}")
        self._engine.run("import", str(packed), _DEBIAN)
        packed.unlink()

    def _pulls(self, image: str) -> bool:
        """Whether a registry gives this image. Short: a machine without one is told so soon, or never."""
        if self._engine.has(image):
            return True
        try:
            self._engine.run("pull", image, timeout=float(os.environ.get("TONGBAN_TEST_PULL_SECONDS", "20")))
        except (RuntimeError, subprocess.TimeoutExpired):
            return False
        return True

    def _is_made(self, image: str, of: str) -> bool:
        told = self._engine.run("inspect", "--format", '{{index .Config.Labels "of"}}', image, check=False)
        return told.strip() == _digest(of)

    def _build(self, image: str, folder: Path, of: str) -> None:
        say(f"building {image}")
        self._engine.build(image, folder, "--label", f"of={_digest(of)}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _base_of(dockerfile: Path) -> str:
    lines = dockerfile.read_text().splitlines()
    return next(line.removeprefix("ARG BASE=") for line in lines if line.startswith("ARG BASE="))


class _folder(tempfile.TemporaryDirectory[str]):  # noqa: N801 — used as a verb
    """A folder to build in, with this Dockerfile."""

    def __init__(self, dockerfile: str) -> None:
        super().__init__(prefix="tongban-image-")
        Path(self.name, "Dockerfile").write_text(dockerfile.lstrip())

    def __enter__(self) -> Path:  # type: ignore[override]
        return Path(super().__enter__())
