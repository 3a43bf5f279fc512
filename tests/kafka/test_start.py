"""A real service on Kafka: it doesn't start on what nobody declared, and tries on where brokers aren't there yet."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.health import grpc_probe
from cli.site import Site
from kit.bus.kafka.bus import KafkaBus
from tests.contract.bus_contract import until
from tests.kafka.broker import settings_for
from tests.servers.kafka import KafkaServer
from tests.servers.server import free_ports


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
        made = Site(Path(folder))
        made.create_folders()
        made.create_keys()
        yield made


def command(site: Site, address: str, prefix: str, **more: str) -> dict[str, object]:
    settings = {
        "TONGBAN_EMBEDDED": "false",
        "TONGBAN_BUS": "kafka",
        "TONGBAN_KAFKA_BOOTSTRAP_SERVERS": address,
        "TONGBAN_KAFKA_REPLICATION": "1",
        "TONGBAN_KAFKA_PREFIX": prefix,
        "TONGBAN_KAFKA_CONNECT_SECONDS": "1",
    }
    environment = {**os.environ, **site.environment(), **settings, **more}
    return {"args": [sys.executable, "-m", "services.complaint.main"], "env": environment, "text": True}


def test_a_service_ends_at_once_where_its_topics_are_missing_and_says_what_makes_them(
    site: Site, kafka_server: KafkaServer
) -> None:
    ended = subprocess.run(
        **command(site, kafka_server.address(), "nowhere."),  # type: ignore[call-overload]
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "tongban.complaint.v1: there is no such topic" in ended.stderr
    assert "complaint.reference.dlq: there is no such topic" in ended.stderr
    assert ended.stderr.rstrip().endswith("`tongban init` makes missing topics.")
    assert "Traceback" not in ended.stderr


def test_a_service_serves_without_a_broker_says_so_and_tries_on(site: Site, tmp_path: Path) -> None:
    (nobody,) = free_ports(1)
    log = tmp_path / "log"
    with (
        log.open("w") as file,
        subprocess.Popen(
            **command(site, f"127.0.0.1:{nobody}", f"site-{uuid.uuid4().hex[:6]}."),  # type: ignore[call-overload]
            stderr=file,
        ) as process,
    ):
        try:
            until(grpc_probe(site.address_of("complaint")))
            until(lambda: "is held up and joins anew" in log.read_text())
            assert process.poll() is None
        finally:
            process.terminate()
    assert (
        f"complaint starts without a bus: bus_unavailable: 消息暂时无法传递，请稍后重试。（127.0.0.1:{nobody}"
        in log.read_text()
    )
    assert process.returncode == 0


def test_a_service_joins_its_groups_on_a_site_that_was_set_up(site: Site, kafka_server: KafkaServer) -> None:
    prefix = f"site-{uuid.uuid4().hex[:6]}."
    bus = KafkaBus(settings_for(kafka_server.address(), kafka_prefix=prefix))
    list(bus.set_up(alter=False))
    process = subprocess.Popen(**command(site, kafka_server.address(), prefix))  # type: ignore[call-overload]
    try:
        until(grpc_probe(site.address_of("complaint")))

        def joined() -> bool:
            found = bus._ask(lambda admin: admin.describe_groups([f"{prefix}complaint.reference"]))
            return found[f"{prefix}complaint.reference"]["group_state"] == "Stable"

        until(joined)
    finally:
        process.terminate()
        process.wait(20)
    assert process.returncode == 0
    found = bus._ask(lambda admin: admin.describe_groups([f"{prefix}complaint.reference"]))
    assert found[f"{prefix}complaint.reference"]["group_state"] == "Empty", "it didn't leave its group"
    bus.close()
