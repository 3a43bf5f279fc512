"""The operator: whoever may read the site's key, and acts through the same RPCs as everybody.

A site on this machine is reached by its data folder. One whose processes run apart (``TONGBAN_EMBEDDED=false``) is
reached by the settings that its gateway takes: where services are, the private key, certificates.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from cli.preflight import is_running
from cli.refusal import Refusal
from cli.site import Site

if TYPE_CHECKING:
    import grpc

    from gateway.settings import GatewaySettings
    from kit.rpc.client import Method
    from tongban.approval_routing.v1.service_pb2_grpc import ApprovalRoutingServiceStub
    from tongban.catalog.v1.service_pb2_grpc import CatalogServiceStub
    from tongban.relay.v1.service_pb2_grpc import RelayServiceStub
    from tongban.workforce.v1.service_pb2_grpc import WorkforceServiceStub

Q = TypeVar("Q")
R = TypeVar("R")

#: How long a service that isn't there, or hasn't heard yet, is asked again, in seconds.
PATIENCE = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


def user_name() -> str:
    """Who operates: the login name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"


def runs_apart() -> bool:
    """Whether the site's processes run apart from each other, each with its own settings (compose, Kubernetes)."""
    return os.environ.get("TONGBAN_EMBEDDED", "true").lower() in ("0", "false", "no", "off")


def settings_apart() -> GatewaySettings:
    """How a site that runs apart is reached. Raises ``Refusal`` on wrong settings."""
    from gateway.settings import GatewaySettings
    from kit.settings import SettingsError, load

    try:
        return load(GatewaySettings)
    except SettingsError as error:
        raise Refusal(str(error), exit_code=2) from error


def require_running(site: Site) -> None:
    """Raises ``Refusal`` unless the site runs; whether one that runs apart does is for the first call to find out."""
    if not runs_apart() and not is_running(site):
        raise Refusal(f"no tongban runs on {site.data}; start it with `tongban up`, or name another folder: --data.")


@dataclass(frozen=True)
class Operator:
    """Calls services with a token of its own, signed with the site's key."""

    site: Site

    @cached_property
    def _apart(self) -> GatewaySettings | None:
        return settings_apart() if runs_apart() else None

    @cached_property
    def _key(self) -> str:
        file = self._apart.private_key_file if self._apart else self.site.private_key_file
        try:
            return file.read_text(encoding="utf-8")
        except OSError as error:
            advice = (
                "give its path as TONGBAN_PRIVATE_KEY_FILE"
                if self._apart
                else "run this as the user that runs the site"
            )
            raise Refusal(f"the site's key {file} can't be read ({error.strerror}); {advice}.") from error

    @cached_property
    def catalog(self) -> CatalogServiceStub:
        """The catalog's RPCs."""
        from tongban.catalog.v1.service_pb2_grpc import CatalogServiceStub

        return CatalogServiceStub(self._channel("catalog", "tongban.catalog.v1.CatalogService"))

    @cached_property
    def workforce(self) -> WorkforceServiceStub:
        """The workforce's RPCs."""
        from tongban.workforce.v1.service_pb2_grpc import WorkforceServiceStub

        return WorkforceServiceStub(self._channel("workforce", "tongban.workforce.v1.WorkforceService"))

    @cached_property
    def approval_routing(self) -> ApprovalRoutingServiceStub:
        """The RPCs of cases."""
        from tongban.approval_routing.v1.service_pb2_grpc import ApprovalRoutingServiceStub

        return ApprovalRoutingServiceStub(
            self._channel("approval_routing", "tongban.approval_routing.v1.ApprovalRoutingService")
        )

    @cached_property
    def relay(self) -> RelayServiceStub:
        """The relay's RPCs."""
        from tongban.relay.v1.service_pb2_grpc import RelayServiceStub

        return RelayServiceStub(self._channel("relay", "tongban.relay.v1.RelayService"))

    @cached_property
    def _tokens(self) -> dict[frozenset[str], tuple[str, float]]:
        return {}

    def _token(self, centers: frozenset[str]) -> str:
        """A token for these centers that has most of its life before it."""
        from kit.actor import TOKEN_SECONDS, Actor, TokenSigner

        token, fresh_until = self._tokens.get(centers, ("", 0.0))
        if time.monotonic() >= fresh_until:
            actor = Actor(f"operator:{user_name()}", "运维人员", frozenset({"admin", "manager"}), centers)
            token = TokenSigner(self._key, issuer="operator").sign(actor)
            self._tokens[centers] = (token, time.monotonic() + TOKEN_SECONDS / 2)
        return token

    def token(self, centers: Iterable[str]) -> str:
        """A token for calls that are streams, which ``ask`` doesn't send."""
        return self._token(frozenset(centers))

    def _channel(self, service: str, full_name: str) -> grpc.Channel:
        from kit.rpc.client import connect
        from kit.rpc.tls import Tls

        if self._apart is None:
            return connect(self.site.address_of(service), full_name)
        return connect(self._apart.address_of(service), full_name, Tls.of(self._apart))

    def ask(
        self,
        method: Method[Q, R],
        request: Q,
        *,
        centers: Iterable[str],
        key: str = "",
        wait_for: frozenset[str] = frozenset(),
        timeout: float = 60.0,
    ) -> R:
        """Sends one call for these centers, again while the service is unavailable or answers one of ``wait_for``.

        What is sent must do no harm when it is sent twice. Raises what the service raised.
        """
        from kit.errors import TongbanError, Unavailable
        from kit.rpc.client import invoke

        reach = frozenset(centers)
        end, pause = time.monotonic() + PATIENCE, _FIRST_PAUSE
        while True:
            try:
                return invoke(method, request, token=self._token(reach), timeout=timeout, idempotency_key=key)
            except TongbanError as error:
                passing = isinstance(error, Unavailable) or error.code in wait_for
                gone = self._apart is None and not is_running(self.site)
                if not passing or gone or time.monotonic() >= end:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def audit(site: Site, action: str, details: Mapping[str, Any]) -> None:
    """Adds a line to the operators' audit log, durably; where the site runs apart there is no such file, and the line
    goes to standard error, which the cluster keeps with the logs of everything else."""
    line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "who": user_name(), "action": action, **details}
    text = json.dumps(line, ensure_ascii=False) + "\n"
    if runs_apart():
        sys.stderr.write(f"audit: {text}")
        sys.stderr.flush()
        return
    with site.audit_file.open("a", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
