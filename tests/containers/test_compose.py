"""compose.dev.yml: everything comes up in its order and gets healthy, somebody's whole visit goes through, a second site
is joined to it, and it goes.

Where no registry answers, Kafka and the store are images that were built here, and the collector with its trace viewer
is left out: nothing here is made for them.
"""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from tests.containers.engine import ROOT
from tests.containers.images import KAFKA, MONGO, NGINX, PRODUCT
from tests.integration.people import Town
from tests.integration.site import until
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
_HERE, _THERE = "610902.compose", "610902107.hengkou"


class Compose:
    """One project of its own."""

    def __init__(self, folder: Path, port: int, partners: int) -> None:
        self._file = folder / "compose.yml"
        self._file.write_text(yaml.safe_dump(_here(port, partners), allow_unicode=True, sort_keys=False))
        self._project = f"tongban-test-{os.getpid()}"

    def run(self, *arguments: str, check: bool = True) -> str:
        """One command. Raises ``AssertionError`` with its complaint."""
        command = [str(_COMPOSE), "--file", str(self._file), "--project-name", self._project, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_UP_SECONDS + 60, check=False, env=os.environ
        )
        assert done.returncode == 0 or not check, f"compose {arguments[0]}:\n{(done.stdout + done.stderr)[-3000:]}"
        return str(done.stdout)


def _here(port: int, partners: int) -> Mapping[str, Any]:
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
        # Of the repository, not of the folder that this file stands in.
        service["volumes"] = [re.sub(r"^\./", f"{ROOT}/", each) for each in service["volumes"]]
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
    services["partners"] |= {"image": NGINX, "ports": [f"127.0.0.1:{partners}:8443"]}
    relay = services["relay"]
    del relay["ports"]  # who comes to the lines here comes within
    relay["environment"]["TONGBAN_RELAY_PARTNER_URL"] = f"https://127.0.0.1:{partners}"
    return file


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def partners() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def compose(port: int, partners: int) -> Iterator[Compose]:
    """Up and healthy, in the order that the file asks for."""
    if not _COMPOSE.exists():
        pytest.skip("Compose isn't in build/tools (tests/cluster/gotools.sh docker-compose builds it, with Go)")
    with tempfile.TemporaryDirectory(prefix="tongban-compose-") as folder:
        project = Compose(Path(folder), port, partners)
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
    assert {"gateway", "queuing", "relay", "partners", "kafka", "mongodb"} <= set(processes)
    assert not [line for line in told if not line.endswith("running healthy")]


def test_partners_come_by_tls_to_the_api_of_the_site(compose: Compose, partners: int, tmp_path: Path) -> None:
    certificate = tmp_path / "tls.crt"
    certificate.write_text(compose.run("exec", "-T", "partners", "cat", "/etc/partners/tls.crt"))
    believing = ssl.create_default_context(cafile=str(certificate))
    with httpx.Client(base_url=f"https://127.0.0.1:{partners}", verify=believing, timeout=30) as partner:

        def document() -> httpx.Response | None:
            answer = partner.get("/partner/v1/openapi.json")
            return answer if answer.status_code == 200 else None

        assert until(document, "the API's document", 30).json()["openapi"].startswith("3.1")
        nobodys = partner.get("/partner/v1/links/0197a000-0000-7000-8000-000000000000")
        assert (nobodys.status_code, nobodys.headers["content-type"]) == (404, "application/problem+json")


def test_only_relay_and_operators_see_the_keys_of_the_site(compose: Compose) -> None:
    assert "site.json" in compose.run("exec", "-T", "relay", "ls", "/etc/relay")
    assert ".pem" not in compose.run("exec", "-T", "partners", "ls", "/etc/partners")
    assert compose.run("exec", "-T", "gateway", "sh", "-c", "ls /etc/relay || true") == ""


def test_a_second_site_is_joined_by_cards_that_operators_carry(compose: Compose) -> None:
    compose.run("--profile", "neighbour", "up", "--detach", "--wait", "--wait-timeout", str(_UP_SECONDS), "township")

    def here(*command: str) -> str:
        return compose.run("run", "--rm", "-T", "operator", "tongban", *command)

    def there(*command: str) -> str:
        return compose.run("exec", "-T", "township", "tongban", *command)

    ours = _fingerprint(here("site", "card", "--out", "/handover/county.card"))
    theirs = _fingerprint(there("site", "card"))
    by = ("--by", "王主任", "--reason", "县镇联网")
    there("link", "propose", "/handover/county.card", "--direction", "parent", "--fingerprint", ours, *by,
          "--out", "/handover/proposal")  # fmt: skip
    here("link", "accept", "/handover/proposal", "--fingerprint", theirs, *by, "--out", "/handover/acceptance")
    there("link", "accept", "/handover/acceptance", *by)
    assert "active" in here("link", "show", _THERE)
    until(lambda: "heard: 2" in there("relay", "status"), "the township's line", 60)
    until(lambda: "heard: 2" in here("relay", "status"), "the line to the township", 60)


def _fingerprint(said: str) -> str:
    found = re.search(r"fingerprint +([0-9a-f ]+)", said)
    assert found is not None, said
    return found[1].strip()
