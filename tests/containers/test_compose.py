"""compose.dev.yml: everything comes up in its order and gets healthy, somebody's whole visit goes through, and it goes.

Where no registry answers, Kafka and the store are images that were built here, and the collector with its trace viewer
is left out: nothing here is made for them.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.containers.engine import ROOT
from tests.containers.images import KAFKA, MONGO, PRODUCT
from tests.integration.people import Town
from tests.integration.test_whole_visit import test_a_whole_visit_leaves_one_journey_in_order
from tests.servers.server import free_ports
from tests.stack.hours import await_a_long_day, open_round_the_clock

__all__ = ["test_a_whole_visit_leaves_one_journey_in_order"]

pytestmark = pytest.mark.timeout(900)

_COMPOSE: Final = ROOT / "build" / "tools" / "docker-compose"
_UP_SECONDS: Final = 420
#: A folder in memory that belongs to the process's user.
_OWNED: Final = re.compile("(.+):uid=[0-9]+,gid=[0-9]+,mode=0700")
_LEFT_OUT: Final = ("collector", "jaeger")


class Compose:
    """One project of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self._file = folder / "compose.yml"
        self._file.write_text(yaml.safe_dump(_here(port), allow_unicode=True, sort_keys=False))
        self._project = f"tongban-test-{os.getpid()}"

    def run(self, *arguments: str, check: bool = True) -> str:
        """One command. Raises ``AssertionError`` with its complaint."""
        command = [str(_COMPOSE), "--file", str(self._file), "--project-name", self._project, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_UP_SECONDS + 60, check=False, env=os.environ
        )
        assert done.returncode == 0 or not check, f"compose {arguments[0]}:\n{(done.stdout + done.stderr)[-3000:]}"
        return str(done.stdout)


def _here(port: int) -> Mapping[str, Any]:
    """The repository's file, with what must differ here."""
    file: dict[str, Any] = yaml.safe_load((ROOT / "compose.dev.yml").read_text(encoding="utf-8"))
    services: dict[str, dict[str, Any]] = file["services"]
    for name in _LEFT_OUT:
        del services[name]
    for service in services.values():
        service["pull_policy"] = "never"
        service.pop("build", None)
        # podman's socket knows no owner of a folder in memory, Docker's does; a volume has the owner of the image's folder.
        owned = [found[1] for each in service.get("tmpfs", []) if (found := _OWNED.match(each))]
        service["tmpfs"] = [each for each in service.get("tmpfs", []) if not _OWNED.match(each)]
        service["volumes"] = [*service.get("volumes", []), *owned]
        if "tongban" in service["image"]:
            service["image"] = PRODUCT
        environment = service.get("environment", {})
        if "TONGBAN_MONGO_URI" in environment:
            # The stand-in is no replica set.
            environment |= {
                "TONGBAN_MONGO_URI": "mongodb://mongodb:27017/?directConnection=true",
                "TONGBAN_TELEMETRY": "off",
            }
    services["kafka"]["image"] = KAFKA
    mongodb = services["mongodb"]
    mongodb["image"] = MONGO
    del mongodb["command"]
    mongodb["healthcheck"]["test"] = ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/27017"]
    gateway = services["gateway"]
    gateway["ports"] = [f"127.0.0.1:{port}:8080"]  # 8080 may be somebody's
    gateway["environment"]["TONGBAN_BASE_URL"] = f"http://127.0.0.1:{port}"
    return file


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def compose(port: int) -> Iterator[Compose]:
    """Up and healthy, in the order that the file asks for."""
    if not _COMPOSE.exists():
        pytest.skip("Compose isn't in build/tools (tests/cluster/gotools.sh docker-compose builds it, with Go)")
    with tempfile.TemporaryDirectory(prefix="tongban-compose-") as folder:
        project = Compose(Path(folder), port)
        try:
            project.run("up", "--detach", "--wait", "--wait-timeout", str(_UP_SECONDS))
            yield project
        except AssertionError as error:
            told = project.run("logs", "--tail", "8", check=False) + project.run("ps", "--all", check=False)
            raise AssertionError(f"{error}\n{told[-6000:]}") from error
        finally:
            project.run("down", "--volumes", "--timeout", "20", check=False)


@pytest.fixture(scope="module")
def town(compose: Compose, port: int) -> Iterator[Town]:
    """The sample's people, in centers that are open at any hour."""
    compose.run("run", "--rm", "sample")
    address = f"http://127.0.0.1:{port}"
    await_a_long_day()
    open_round_the_clock(address)
    with closing(Town(address)) as people:
        yield people


@pytest.fixture
def monday() -> datetime:
    """Real time: whatever day it is, the centers are open."""
    return datetime.now(UTC)


def test_every_process_says_that_it_is_well(compose: Compose) -> None:
    told = compose.run("ps", "--format", "{{.Service}} {{.State}} {{.Health}}").splitlines()
    processes = {line.split()[0]: line for line in told}
    assert {"gateway", "queuing", "kafka", "mongodb"} <= set(processes)
    assert not [line for line in told if not line.endswith("running healthy")]
