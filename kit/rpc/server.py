"""The gRPC server of a service: every call is authenticated, authorised, timed and answered with typed errors."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry.trace import SpanKind

from kit import telemetry
from kit.actor import PUBLIC, TokenVerifier
from kit.call import Call, Idempotency, enter_call, leave_call
from kit.clock import Clock
from kit.errors import Conflict, Forbidden, Stale, TongbanError, Unavailable
from kit.rpc import MAX_MESSAGE_BYTES
from kit.rpc.access import access_table, check_access, service_descriptor
from kit.rpc.status import to_status
from kit.rpc.tls import Tls

log = logging.getLogger(__name__)

#: How often a use case is run again when somebody else's write came between its read and its write.
OVERTAKEN_RETRIES = 5
#: Over a network: a connection ends after a while, so that clients look round for new replicas; calls at hand finish.
_NETWORK = [
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 120_000),
    # Clients ask every ten seconds whether it is still there. By its default a server takes that for an attack where a
    # call lasts, and ends the connection under it.
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
]
_OPEN = ("/grpc.health.v1.Health/", "/grpc.reflection.v1alpha.ServerReflection/")


@dataclass(frozen=True)
class Servicer:
    """One gRPC service to be served: full name, the generated ``add_…_to_server``, and the implementation."""

    full_name: str
    add: Callable[[Any, grpc.Server], None]
    implementation: Any


class _Guard(grpc.ServerInterceptor):
    """Stands before every call: token, role, deadline; and behind it: errors, duration, trace."""

    def __init__(self, table: dict[str, frozenset[str]], verifier: TokenVerifier, clock: Clock) -> None:
        self._table = table
        self._verifier = verifier
        self._clock = clock

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        handler = continuation(details)
        if handler is None or details.method.startswith(_OPEN):
            return handler
        metadata = {key: value for key, value in details.invocation_metadata if isinstance(value, str)}
        guarded = _Guarded(self, details.method, metadata)
        if handler.request_streaming and handler.response_streaming:
            raise NotImplementedError("no bidirectional streams yet")
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                guarded.streaming(handler.unary_stream), handler.request_deserializer, handler.response_serializer
            )
        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(
                guarded.unary(handler.stream_unary), handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            guarded.unary(handler.unary_unary), handler.request_deserializer, handler.response_serializer
        )

    def call(self, method: str, metadata: dict[str, str], request: Any) -> Call:
        """The call as a use case sees it. Raises ``Unauthenticated``, ``Forbidden``."""
        allowed = self._table.get(method)
        if allowed is None:
            raise Forbidden("role_not_allowed", "该接口未开放。")
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        actor = self._verifier.verify(token) if scheme.lower() == "bearer" else PUBLIC
        check_access(allowed, actor)
        idempotency = None
        key = metadata.get("idempotency-key")
        if key and isinstance(request, Message):
            joined = hashlib.sha256(f"{actor.id}\n{method}\n{key}".encode()).hexdigest()
            said = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
            idempotency = Idempotency(joined, said)
        return Call(actor, self._clock.now(), idempotency, token)


class _Guarded:
    def __init__(self, guard: _Guard, method: str, metadata: dict[str, str]) -> None:
        self._guard = guard
        self._method = method
        self._metadata = metadata

    def unary(self, behaviour: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def run(request: Any, context: grpc.ServicerContext) -> Any:
            return self._answer(context, lambda: self._run(behaviour, request, context))

        return run

    def streaming(self, behaviour: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def run(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            def begin() -> tuple[Iterator[Any], list[Any]]:
                token = enter_call(self._guard.call(self._method, self._metadata, request))
                try:
                    stream = iter(behaviour(request, context))
                    first = next(stream, None)  # so that a refusal comes before the first message
                finally:
                    leave_call(token)
                return stream, [] if first is None else [first]

            stream, first = self._answer(context, begin)
            yield from first
            while True:
                following = self._answer(context, lambda: next(stream, None))
                if following is None:
                    return
                yield following

        return run

    def _run(self, behaviour: Callable[[Any, Any], Any], request: Any, context: grpc.ServicerContext) -> Any:
        remaining: float | None = context.time_remaining()
        if remaining is not None and remaining <= 0:
            raise Unavailable("service_timeout", "服务响应超时，请稍后重试。")
        repeatable = isinstance(request, Message) and getattr(request, "expected_version", 0) == 0
        overtaken, asked_again = 0, False
        while True:
            call = self._guard.call(self._method, self._metadata, request)
            token = enter_call(call)
            try:
                return behaviour(request, context)
            except Stale as error:
                # One use case is one write, and that write was refused: nothing was done, so it may be run again.
                if not repeatable:
                    raise
                if overtaken == OVERTAKEN_RETRIES:
                    raise Conflict("overtaken", "多人同时操作，请刷新后重试。", **error.details) from error
                overtaken += 1
            except Conflict:
                # It may be its own first sending, still on its way when this one began, that stands in its way: what
                # that one made is found by the key the second time.
                if call.idempotency is None or asked_again:
                    raise
                asked_again = True
            finally:
                leave_call(token)

    def _answer(self, context: grpc.ServicerContext, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        code = "ok"
        with telemetry.span(self._method[1:], SpanKind.SERVER, self._metadata) as span:
            try:
                return work()
            except TongbanError as error:
                code = error.code
                telemetry.failed(span, code)
                status = to_status(error)
            except Exception:
                code = "internal"
                telemetry.failed(span, code)
                log.exception("%s failed", self._method)
                status = to_status(TongbanError("internal", "系统内部错误，请稍后重试；如仍不能解决，请联系管理员。"))
            finally:
                elapsed = time.perf_counter() - began
                telemetry.rpc_duration.record(elapsed, {"rpc.method": self._method, "rpc.code": code})
        context.abort_with_status(status)
        raise AssertionError("unreachable")


class RpcServer:
    """Serves gRPC services with health, and reflection where it is wanted."""

    def __init__(
        self,
        servicers: Sequence[Servicer],
        verifier: TokenVerifier,
        clock: Clock,
        *,
        listen: str,
        workers: int,
        tls: Tls | None = None,
        health_listen: str = "",
        describes_itself: bool = False,
    ) -> None:
        table: dict[str, frozenset[str]] = {}
        for servicer in servicers:
            table |= access_table(service_descriptor(servicer.full_name))
        self._server = grpc.server(
            ThreadPoolExecutor(workers, thread_name_prefix="rpc"),
            interceptors=[_Guard(table, verifier, clock)],
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.so_reuseport", 0),
                ("grpc.max_metadata_size", 64 * 1024),
                *([] if listen.startswith("unix:") else _NETWORK),
            ],
            maximum_concurrent_rpcs=workers * 32,
        )
        for servicer in servicers:
            servicer.add(servicer.implementation, self._server)
        self.health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        self._names = [servicer.full_name for servicer in servicers]
        if describes_itself:
            names = (*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, self._server)
        if tls is None or listen.startswith("unix:"):
            self.port: int = self._server.add_insecure_port(listen)
        else:
            self.port = self._server.add_secure_port(listen, tls.server_credentials())
        self._probed = self._probe_server(health_listen) if health_listen else None
        self._ready, self._whole = False, True
        self._say()

    def _probe_server(self, listen: str) -> grpc.Server:
        """Answers health checks only, and without TLS: the probes of a cluster speak none."""
        server = grpc.server(ThreadPoolExecutor(1, thread_name_prefix="health"), options=[("grpc.so_reuseport", 0)])
        health_pb2_grpc.add_HealthServicer_to_server(self.health, server)
        server.add_insecure_port(listen)
        return server

    def start(self) -> None:
        """Begins to listen; not yet ready."""
        self._server.start()
        if self._probed is not None:
            self._probed.start()

    def ready(self, is_ready: bool = True) -> None:
        """Tells health checks whether calls are welcome."""
        self._ready = is_ready
        self._say()

    def whole(self, is_whole: bool) -> None:
        """Tells health checks without a service's name whether all of the process works, its consumers too.

        Those with the name go on saying that calls are welcome: who takes replicas out of service asks by the name, as
        an event that no replica can handle must not take all of them away from the people at the windows.
        """
        self._whole = is_whole
        self._say()

    def stop(self, grace: float) -> None:
        """Refuses new calls, waits up to ``grace`` seconds for those at hand."""
        self.ready(False)
        self._server.stop(grace).wait(grace + 1)
        if self._probed is not None:
            self._probed.stop(None)

    def _say(self) -> None:
        self.health.set("", _serving(self._ready and self._whole))
        for name in self._names:
            self.health.set(name, _serving(self._ready))


def _serving(yes: bool) -> Any:
    answers = health_pb2.HealthCheckResponse
    return answers.SERVING if yes else answers.NOT_SERVING
