"""The real processes over TCP with certificates, as the chart's `mutualTls` has them: heard with one, not without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.healthcheck import is_well
from cli.site import Site
from kit import errors
from kit.rpc.client import connect, invoke
from kit.rpc.tls import Tls
from kit.tests.test_tls import Authority
from tests.integration.site import ROOT, until
from tests.servers.server import free_ports
from tongban.catalog.v1.service_pb2 import ListCentersRequest
from tongban.catalog.v1.service_pb2_grpc import CatalogServiceStub

pytestmark = pytest.mark.slow

CATALOG = "tongban.catalog.v1.CatalogService"


@contextmanager
def _running(module: str, told: Mapping[str, str], log: Path) -> Iterator[None]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, env={**inherited, **told}, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(20) == 0, log.read_text()


def _told(tls: Tls) -> dict[str, str]:
    return {
        "TONGBAN_TLS_CERT_FILE": str(tls.cert_file),
        "TONGBAN_TLS_KEY_FILE": str(tls.key_file),
        "TONGBAN_TLS_CA_FILE": str(tls.ca_file),
    }


def _get(address: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def _answers(address: str) -> bool:
    try:
        return _get(f"{address}/healthz")[0] == 200
    except OSError:
        return False


def test_the_gateway_asks_a_service_with_its_certificate_and_nobody_does_without(tmp_path: Path) -> None:
    site = Site.at(tmp_path / "data")
    site.create_folders()
    site.create_keys()
    authority = Authority.called("tongban")
    port, health, web, foreign_web = free_ports(4)
    target = f"localhost:{port}"
    common = {**site.environment(), "TONGBAN_SERVICES": f"catalog={target}"}
    serving = {
        **common,
        **_told(authority.issue(tmp_path / "catalog", "localhost")),
        "TONGBAN_LISTEN": f"127.0.0.1:{port}",
        "TONGBAN_HEALTH_LISTEN": f"127.0.0.1:{health}",
    }
    gateway = {**common, **_told(authority.issue(tmp_path / "gateway", "gateway")), "TONGBAN_PORT": str(web)}
    foreign = Authority.called("foreign").issue(tmp_path / "foreign", "gateway")
    stranger = {**common, **_told(foreign), "TONGBAN_PORT": str(foreign_web)}
    with (
        _running("services.catalog.main", serving, tmp_path / "catalog.log"),
        _running("gateway", gateway, tmp_path / "gateway.log"),
        _running("gateway", stranger, tmp_path / "stranger.log"),
    ):
        until(lambda: is_well(serving), "the service's health without a certificate")
        for each in (web, foreign_web):
            until(lambda each=each: _answers(f"http://127.0.0.1:{each}"), "the gateway")  # type: ignore[misc]
        ready = until(
            lambda: _get(f"http://127.0.0.1:{web}/readyz")[1]["services"]["catalog"], "the gateway to be heard"
        )
        assert ready is True
        assert _get(f"http://127.0.0.1:{web}/api/v1/centers") == (200, {"items": [], "next_cursor": None})
        assert _get(f"http://127.0.0.1:{foreign_web}/readyz")[1]["services"]["catalog"] is False
        with connect(target, CATALOG) as channel, pytest.raises(errors.Unavailable):
            invoke(CatalogServiceStub(channel).ListCenters, ListCentersRequest(), timeout=0.5)
