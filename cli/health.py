"""Asks processes whether they are ready: services by gRPC, the gateway by HTTP."""

from __future__ import annotations

import http.client
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Final

from cli.components import COMPONENTS, Component
from cli.site import Site

#: How long one question may take, in seconds.
PATIENCE: Final = 1.0

Probe = Callable[[], bool]


def probes(site: Site, address: str, path: str = "/healthz") -> Mapping[str, Probe]:
    """A question for each component; ``address`` is the gateway's, e.g. ``http://127.0.0.1:8080``."""
    return {component.name: _probe(site, component, address, path) for component in COMPONENTS}


def _probe(site: Site, component: Component, address: str, path: str) -> Probe:
    if component.edge:
        return lambda: http_ready(address, path)
    return grpc_probe(site.address_of(component.name))


def grpc_probe(target: str) -> Probe:
    """Asks the standard health service; holds one channel."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    channel = grpc.insecure_channel(
        target,
        options=[
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.min_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 200),
            ("grpc.use_local_subchannel_pool", 1),
        ],
    )
    stub = health_pb2_grpc.HealthStub(channel)

    def ask() -> bool:
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)  # type: ignore[attr-defined]
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    return ask


def http_ready(address: str, path: str) -> bool:
    """Whether the gateway answers 200."""
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status == http.client.OK
    except OSError:
        return False
    except http.client.HTTPException:
        return False
    finally:
        connection.close()
