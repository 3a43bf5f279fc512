"""A replica that leaves refuses nobody: its clients hear of it and go to the others first."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import grpc
import pytest

from kit import errors
from kit.actor import TokenVerifier
from kit.clock import FixedClock
from kit.rpc.client import connect, invoke
from kit.rpc.server import RpcServer, Servicer
from kit.signing import generate_key
from kit.testing import MONDAY
from tongban.complaint.v1 import service_pb2, service_pb2_grpc

NAME = "tongban.complaint.v1.ComplaintService"
_, PUBLIC_KEY = generate_key()


class Replica(service_pb2_grpc.ComplaintServiceServicer):
    """Counts who came."""

    def __init__(self, listen: str = "127.0.0.1:0") -> None:
        self.calls = 0
        self.server = RpcServer(
            [Servicer(NAME, service_pb2_grpc.add_ComplaintServiceServicer_to_server, self)],
            TokenVerifier(PUBLIC_KEY),
            FixedClock(MONDAY),
            listen=listen,
            workers=4,
        )
        self.server.start()

    def FileComplaint(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.calls += 1
        return service_pb2.FileComplaintResponse()


@pytest.fixture
def replicas() -> Iterator[list[Replica]]:
    with ExitStack() as stack:
        made = [Replica() for _ in range(2)]  # type: ignore[abstract]
        for each in made:
            stack.callback(each.server.stop, 0)
        yield made


@pytest.fixture
def ask(replicas: list[Replica]) -> Iterator[Callable[..., None]]:
    """One call with side effects, which nobody may send twice."""
    target = "ipv4:" + ",".join(f"127.0.0.1:{each.server.port}" for each in replicas)
    with connect(target, NAME) as channel:
        stub = service_pb2_grpc.ComplaintServiceStub(channel)

        def one(timeout: float = 5.0) -> None:
            invoke(stub.FileComplaint, service_pb2.FileComplaintRequest(), timeout=timeout)

        yield one


def comes_to(replica: Replica, ask: Callable[..., None]) -> bool:
    """Whether any of the next calls goes there."""
    before = replica.calls
    for _ in range(4):
        ask()
    return replica.calls > before


def until(state: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not state():
        assert time.monotonic() < end, "it never came to be"


def test_a_replica_gets_no_call_before_it_is_ready(replicas: list[Replica], ask: Callable[..., None]) -> None:
    first, second = replicas
    first.server.ready()
    for _ in range(20):
        ask()
    assert (first.calls, second.calls) == (20, 0)
    second.server.ready()
    until(lambda: comes_to(second, ask))


def test_a_replica_that_leaves_gets_no_more_calls_and_refuses_none(
    replicas: list[Replica], ask: Callable[..., None]
) -> None:
    for each in replicas:
        each.server.ready()
    leaving, staying = replicas
    until(lambda: comes_to(leaving, ask) and comes_to(staying, ask))
    told, over = Counter[str](), threading.Event()

    def go_on() -> None:
        while not over.is_set():
            try:
                ask()
                told["answered"] += 1
            except errors.TongbanError as error:
                told[error.code] += 1

    crowd = [threading.Thread(target=go_on, daemon=True) for _ in range(4)]
    for thread in crowd:
        thread.start()
    leaving.server.ready(False)
    until(lambda: not comes_to(leaving, ask))
    began = time.monotonic()
    leaving.server.stop(grace=5)
    took = time.monotonic() - began
    until(lambda: told["answered"] > 200)
    over.set()
    for thread in crowd:
        thread.join()
    assert set(told) == {"answered"}
    assert took < 4, "clients that watch its health must not keep it from ending"


def test_who_finds_every_replica_leaving_waits_for_another(replicas: list[Replica], ask: Callable[..., None]) -> None:
    first, second = replicas
    first.server.ready()
    until(lambda: comes_to(first, ask))
    first.server.ready(False)
    until(lambda: refused_within(0.2, ask))
    threading.Timer(0.3, second.server.ready).start()
    ask()
    assert second.calls == 1


def refused_within(seconds: float, ask: Callable[..., None]) -> bool:
    try:
        ask(timeout=seconds)
    except errors.Unavailable:
        return True
    return False


def test_a_client_goes_on_with_a_server_that_tells_nothing_of_its_health() -> None:
    """One of an earlier release, or anybody else's."""

    class Silent(service_pb2_grpc.ComplaintServiceServicer):
        def FileComplaint(self, request: Any, context: Any) -> Any:  # noqa: N802
            return service_pb2.FileComplaintResponse()

    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    service_pb2_grpc.add_ComplaintServiceServicer_to_server(Silent(), server)  # type: ignore[abstract]
    server.start()
    try:
        with connect(f"127.0.0.1:{port}", NAME) as channel:
            stub = service_pb2_grpc.ComplaintServiceStub(channel)
            answer = invoke(stub.FileComplaint, service_pb2.FileComplaintRequest())
    finally:
        server.stop(0)
    assert answer == service_pb2.FileComplaintResponse()
