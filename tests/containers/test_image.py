"""The product's image, as the Dockerfile makes it: a whole site in one container, as its default command has it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from testcontainers.core.container import DockerContainer

from tests.containers.images import PRODUCT
from tests.integration.site import until

_START_SECONDS: Final = 180
_STOP_SECONDS: Final = 30

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def site() -> Iterator[DockerContainer]:
    """As strict as the chart: a read-only root, no capability, memory for what is written."""
    strict = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}
    container = DockerContainer(PRODUCT).with_kwargs(**strict)
    container.with_tmpfs_mount("/tmp", "size=256m")  # data stand in the image's own volume
    container.ports[8080] = ("127.0.0.1", None)  # type: ignore[index,assignment]  # this machine only
    with container as started:
        until(lambda: _health(started) == "healthy", "the health check to be content", _START_SECONDS)
        yield started


def test_the_health_check_is_that_of_the_image(site: DockerContainer) -> None:
    assert "cli.healthcheck" in json.dumps(_config(site)["Healthcheck"])
    place = f"http://127.0.0.1:{site.get_exposed_port(8080)}"
    assert httpx.get(f"{place}/readyz", timeout=20).status_code == 200


def test_nobody_in_it_is_root(site: DockerContainer) -> None:
    code, told = site.exec(["sh", "-c", "cat /proc/[0-9]*/status | sed -n 's/^Uid:\\s*\\([0-9]*\\).*/\\1/p' | sort -u"])
    assert (code, told.decode().split()) == (0, ["10001"])


def test_nothing_in_it_fetches_or_builds(site: DockerContainer) -> None:
    tools = ("pip", "pip3", "npm", "make", "gcc", "cc", "git", "curl", "wget")
    for tool in tools:
        code, _ = site.exec(["sh", "-c", f"command -v {tool}"])
        assert code != 0, tool
    code, _ = site.exec(["python", "-c", "import pip"])
    assert code != 0


def test_it_says_what_it_is(site: DockerContainer) -> None:
    labels = _config(site)["Labels"]
    assert labels["org.opencontainers.image.title"] == "tongban"
    assert labels["org.opencontainers.image.base.name"]


def test_it_leaves_in_good_order(site: DockerContainer) -> None:
    container = site.get_wrapped_container()
    begun = time.monotonic()
    container.kill("SIGTERM")
    until(lambda: _state(site)["Status"] == "exited", "its end", _STOP_SECONDS)
    assert _state(site)["ExitCode"] == 0, container.logs()[-2000:]
    assert time.monotonic() - begun < _STOP_SECONDS


def _attributes(site: DockerContainer) -> dict[str, Any]:
    container = site.get_wrapped_container()
    container.reload()
    found: dict[str, Any] = container.attrs
    return found


def _config(site: DockerContainer) -> dict[str, Any]:
    found: dict[str, Any] = _attributes(site)["Config"]
    return found


def _state(site: DockerContainer) -> dict[str, Any]:
    found: dict[str, Any] = _attributes(site)["State"]
    return found


def _health(site: DockerContainer) -> str:
    # podman's own name of it is another than Docker's.
    state = _state(site)
    return str((state.get("Health") or state.get("Healthcheck") or {}).get("Status"))
