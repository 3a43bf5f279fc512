"""gRPC clients: a deadline on every call, the caller's token passed on, retries of safe calls only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

import grpc
from opentelemetry.trace import SpanKind

from kit import telemetry
from kit.rpc import MAX_MESSAGE_BYTES
from kit.rpc.access import is_safe, service_descriptor
from kit.rpc.status import from_rpc_error
from kit.rpc.tls import Tls

Q = TypeVar("Q", contravariant=True)
A = TypeVar("A", covariant=True)
R = TypeVar("R")

#: How long a call may take, in seconds, where the caller says nothing else.
DEADLINE = 5.0


class Method(Protocol[Q, A]):
    """A stub's method with one request and one response."""

    def __call__(
        self, request: Q, timeout: float | None = ..., metadata: Any = ..., *, wait_for_ready: bool | None = ...
    ) -> A:
        """Sends it."""
        ...


_EVERYWHERE = [
    ("grpc.enable_retries", 1),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.use_local_subchannel_pool", 1),
]
#: Over a network: replicas come and go behind one name, and a machine may vanish without a word.
_NETWORK = [
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
]


def connect(target: str, service: str, tls: Tls | None = None) -> grpc.Channel:
    """A channel to a service such as ``tongban.queuing.v1.QueuingService``; calls go round its replicas in turn.

    ``tls`` is for networks: a socket on the same machine goes without. Over a network each replica is asked whether
    calls are welcome, and told of it when that changes: one that leaves gets no more of them before it refuses any.

    Its methods without side effects are tried again (up to 5 times, 50 ms to 1 s) while the service is unavailable;
    a call with side effects is sent once: whether to send it again is for whoever can tell what it did.
    """
    descriptor = service_descriptor(service)
    safe = [{"service": service, "method": method.name} for method in descriptor.methods if is_safe(method)]
    policy = {
        "maxAttempts": 5,
        "initialBackoff": "0.05s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    config: dict[str, Any] = {"methodConfig": [{"name": safe, "retryPolicy": policy}]} if safe else {}
    local = target.startswith("unix:")
    if not local:
        config["loadBalancingConfig"] = [{"round_robin": {}}]
        config["healthCheckConfig"] = {"serviceName": service}
    options = [("grpc.service_config", json.dumps(config)), *_EVERYWHERE]
    if local:
        return grpc.insecure_channel(target, options=options)
    options += _NETWORK
    if tls is None:
        return grpc.insecure_channel(target, options=options)
    return grpc.secure_channel(target, tls.channel_credentials(), options=options)


_GRPC = {"rpc.system": "grpc"}


def _name(method: object) -> str:
    """``package.Service/Method``, which gRPC keeps to itself."""
    name = getattr(method, "_method", b"call")
    return name.decode().removeprefix("/") if isinstance(name, bytes) else str(name).removeprefix("/")


def invoke(
    method: Method[Q, R], request: Q, *, token: str = "", timeout: float = DEADLINE, idempotency_key: str = ""
) -> R:
    """Sends one call and returns its answer; waits for the service to come back within the deadline.

    Raises what the service raised, as the same class; ``Unavailable`` when it can't be reached.
    """
    with telemetry.span(_name(method), SpanKind.CLIENT, facts=_GRPC):
        try:
            return method(
                request,
                timeout=timeout,
                metadata=_metadata(token, idempotency_key),
                wait_for_ready=True,
            )
        except grpc.RpcError as error:
            raise from_rpc_error(error) from error


def invoke_stream_in(method: object, requests: Iterable[object], *, token: str = "", timeout: float = 60.0) -> object:
    """Sends a stream of requests, returns the one answer. Raises as ``invoke`` does."""
    with telemetry.span(_name(method), SpanKind.CLIENT, facts=_GRPC):
        try:
            return method(iter(requests), timeout=timeout, metadata=_metadata(token, ""), wait_for_ready=True)  # type: ignore[operator]
        except grpc.RpcError as error:
            raise from_rpc_error(error) from error


def invoke_stream_out(
    method: object, request: object, *, token: str = "", timeout: float = 60.0, idempotency_key: str = ""
) -> Iterator[object]:
    """Sends one request, yields the stream of answers. Raises as ``invoke`` does."""
    metadata = _metadata(token, idempotency_key)
    try:
        yield from method(request, timeout=timeout, metadata=metadata, wait_for_ready=True)  # type: ignore[operator]
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error


def _metadata(token: str, idempotency_key: str) -> tuple[tuple[str, str], ...]:
    headers: dict[str, str] = {}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if idempotency_key:
        headers["idempotency-key"] = idempotency_key
    telemetry.inject(headers)
    return tuple(headers.items())
