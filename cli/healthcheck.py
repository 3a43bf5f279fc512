"""The image's health check: asks the process of this container, whatever it is, and exits with 0 when it is well."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from cli.components import GATEWAY_PORT
from cli.health import grpc_probe, http_ready


def is_well(environment: Mapping[str, str]) -> bool:
    """Asks a service by gRPC where it listens (without certificates, where it has an address for that), else the
    gateway by HTTP: it is what a container without ``TONGBAN_LISTEN`` runs."""
    listen = environment.get("TONGBAN_HEALTH_LISTEN") or environment.get("TONGBAN_LISTEN")
    if listen:
        return grpc_probe(_here(listen))()
    return http_ready(f"http://127.0.0.1:{environment.get('TONGBAN_PORT') or GATEWAY_PORT}", "/healthz")


def _here(listen: str) -> str:
    """Where to ask somebody who listens everywhere."""
    host, colon, port = listen.rpartition(":")
    return f"127.0.0.1:{port}" if colon and host in ("0.0.0.0", "[::]") else listen  # noqa: S104 — compared, not bound


if __name__ == "__main__":
    sys.exit(0 if is_well(os.environ) else 1)
