"""A collector in the test's own process: takes traces and metrics by OTLP over gRPC and keeps them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.integration.site import until

T = TypeVar("T")

#: Spans are sent every two seconds; a busy machine takes its time.
PATIENCE = 60.0


@dataclass(frozen=True)
class Span:
    """One span as it came."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    failed: bool
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """A place in a trace: which service, what kind of span, and how its name begins."""

    service: str
    kind: str
    name: str

    def fits(self, span: Span) -> bool:
        """Whether a span is meant."""
        return span.service == self.service and span.kind == self.kind and span.name.startswith(self.name)


@dataclass
class Receiver:
    """What was sent, and by whom it was asked for."""

    address: str = ""
    spans: list[Span] = field(default_factory=list)
    #: Names of metrics by the service that sent them, with all of their points' labels.
    metrics: dict[str, dict[str, set[frozenset[str]]]] = field(default_factory=dict)
    #: What came with each request besides.
    headers: list[dict[str, str]] = field(default_factory=list)
    #: Everything as it came over the wire.
    raw: list[bytes] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of one trace so far."""
        with self._lock:
            return [span for span in self.spans if span.trace_id == trace_id]

    def chain(self, trace_id: str, *steps: Step) -> list[Span]:
        """Waits for spans of a trace that follow from each other in these steps, each the parent of the next."""

        def found() -> list[Span] | None:
            spans = self.trace(trace_id)
            return next(_chains(spans, steps, [each for each in spans if steps[0].fits(each)]), None)

        try:
            return until(found, "a chain of spans", PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"no chain {steps} in:\n{self.drawn(trace_id)}") from error

    def metric(self, name: str) -> None:
        """Waits for a metric, whoever sends it."""
        until(lambda: any(name in told for told in list(self.metrics.values())), name, PATIENCE)

    def drawn(self, trace_id: str) -> str:
        """A trace as a tree, for whoever reads why a test failed."""
        spans = self.trace(trace_id)
        known = {span.span_id for span in spans}

        def draw(parent: Span | None, depth: int) -> Iterator[str]:
            for span in spans:
                if span.parent_id == parent.span_id if parent else span.parent_id not in known:
                    yield f"{'  ' * depth}{span.service} {span.kind} {span.name}"
                    yield from draw(span, depth + 1)

        return "\n".join(draw(None, 0)) or "(nothing came)"


def _chains(spans: list[Span], steps: tuple[Step, ...], begun: Iterable[Span]) -> Iterator[list[Span]]:
    for span in begun:
        if len(steps) == 1:
            yield [span]
            continue
        following = [each for each in spans if each.parent_id == span.span_id and steps[1].fits(each)]
        for rest in _chains(spans, steps[1:], following):
            yield [span, *rest]


class _Traces(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, receiver: Receiver, note: Callable[[grpc.ServicerContext, bytes], None]) -> None:
        self._receiver = receiver
        self._note = note

    def Export(  # noqa: N802
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        self._note(context, request.SerializeToString())
        for resource in request.resource_spans:
            service = _facts(resource.resource.attributes)["service.name"]
            self._receiver.spans += [_span(service, each) for scope in resource.scope_spans for each in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()


class _Metrics(metrics_service_pb2_grpc.MetricsServiceServicer):
    def __init__(self, receiver: Receiver, note: Callable[[grpc.ServicerContext, bytes], None]) -> None:
        self._receiver = receiver
        self._note = note

    def Export(  # noqa: N802
        self, request: metrics_service_pb2.ExportMetricsServiceRequest, context: grpc.ServicerContext
    ) -> metrics_service_pb2.ExportMetricsServiceResponse:
        self._note(context, request.SerializeToString())
        for resource in request.resource_metrics:
            service = _facts(resource.resource.attributes)["service.name"]
            known = self._receiver.metrics.setdefault(service, {})
            for metric in (each for scope in resource.scope_metrics for each in scope.metrics):
                points = getattr(metric, metric.WhichOneof("data")).data_points
                labels = known.setdefault(metric.name, set())
                labels |= {frozenset(_facts(point.attributes)) for point in points}
        return metrics_service_pb2.ExportMetricsServiceResponse()


def _span(service: str, span: WireSpan) -> Span:
    return Span(
        service=service,
        name=span.name,
        kind=WireSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        failed=span.status.code == Status.STATUS_CODE_ERROR,
        facts=_facts(span.attributes),
    )


def _facts(attributes: Iterable[KeyValue]) -> dict[str, str]:
    return {each.key: str(getattr(each.value, each.value.WhichOneof("value") or "string_value")) for each in attributes}


@contextmanager
def receiving(credentials: grpc.ServerCredentials | None = None) -> Iterator[Receiver]:
    """A receiver that listens on this machine; with credentials by TLS."""
    receiver = Receiver()
    lock = receiver._lock

    def note(context: grpc.ServicerContext, raw: bytes) -> None:
        with lock:
            receiver.raw.append(raw)
            receiver.headers.append({key: str(value) for key, value in context.invocation_metadata()})

    server = grpc.server(ThreadPoolExecutor(4))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(_Traces(receiver, note), server)
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(_Metrics(receiver, note), server)
    if credentials is None:
        receiver.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    else:
        receiver.address = f"https://localhost:{server.add_secure_port('localhost:0', credentials)}"
    server.start()
    try:
        yield receiver
    finally:
        server.stop(None)
