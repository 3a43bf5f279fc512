"""The floor: the parts that everything is made of, each alone, with one caller and with many.

What a figure is compared with is so many of these parts one after the other and nothing else:
``1 / sum(number of a part / its rate)``.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.callers import MeasurementError, Request, Script, run
from bench.floor_process import SERVICE, TICKET
from bench.site import cpu_seconds, environment, stop
from kit.bus.sqlite import SqliteBus
from kit.clock import SystemClock
from kit.events import Event
from kit.ids import Ids
from kit.rpc.client import connect, invoke
from kit.signing import generate_key
from kit.store.port import Kind
from kit.store.sqlite import SqliteStore
from tongban.queuing.v1.service_pb2 import TakeTicketRequest
from tongban.queuing.v1.service_pb2_grpc import QueuingServiceStub

#: What can be measured alone, in the order of the table.
PARTS = ("http", "grpc", "write", "produce")


@dataclass(frozen=True, slots=True)
class Alone:
    """A part by itself: how many a second, and milliseconds of processor time each (the caller's only where the
    caller is a process of ours in the site too)."""

    rate: float
    cpu_ms: float


@dataclass(frozen=True)
class Floor:
    """The bare parts, ready to be measured."""

    address: str
    _server: int
    _take: Callable[[], object]
    _write: Callable[[], object]
    _produce: Callable[[], object]

    def alone(self, part: str, callers: int, seconds: float) -> Alone:
        """A part, by so many callers at once."""
        works = {"grpc": self._take, "write": self._write, "produce": self._produce}
        served, called = cpu_seconds(self._server), time.process_time()
        rate = self._http(callers, seconds) if part == "http" else repeated(works[part], callers, seconds)
        used = cpu_seconds(self._server) - served
        if part != "http":
            used += time.process_time() - called
        return Alone(rate, used * 1000 / (rate * seconds))

    def _http(self, callers: int, seconds: float) -> float:
        end = time.perf_counter() + seconds
        body = {"item_id": TICKET.item_id, "id_number": "990101199001011234", "holder_name": "例云帆"}

        def script() -> Script:
            while time.perf_counter() < end:
                yield Request("http", "POST", "centers/610902/tickets", body)

        return run(self.address, [script() for _ in range(callers)]).rate()


def repeated(work: Callable[[], object], callers: int, seconds: float) -> float:
    """How often a second some threads do something."""
    counts = [0] * callers
    failures: list[BaseException] = []
    end = time.perf_counter() + seconds

    def repeat(place: int) -> None:
        try:
            while time.perf_counter() < end:
                work()
                counts[place] += 1
        except BaseException as error:
            failures.append(error)

    began = time.perf_counter()
    threads = [threading.Thread(target=repeat, args=(place,)) for place in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise MeasurementError(f"the floor failed: {failures[0]}") from failures[0]
    return sum(counts) / (time.perf_counter() - began)


@contextmanager
def floor(folder: Path, sockets: Path) -> Iterator[Floor]:
    """Starts the bare servers, opens a bare store and bus in ``folder``; ``sockets`` is a folder of a short name."""
    folder.mkdir(parents=True, exist_ok=True)
    (sockets / "actor.pub.pem").write_text(generate_key()[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.floor_process", str(sockets), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    store = SqliteStore(folder / "floor.db", [Kind("bare")])
    bus = SqliteBus(folder / "floor-bus.db", sockets)
    channel = connect(f"unix:{sockets / 'rpc.sock'}", SERVICE)
    try:
        if process.stdout is None or process.stdout.readline() != b"ready\n":
            raise MeasurementError("the bare servers don't start")
        yield _floor(f"http://127.0.0.1:{port}", process.pid, QueuingServiceStub(channel), store, bus)
    finally:
        channel.close()
        bus.close()
        store.close()
        stop(process)


def _floor(address: str, server: int, stub: QueuingServiceStub, store: SqliteStore, bus: SqliteBus) -> Floor:
    ids, clock = Ids(), SystemClock()
    request = TakeTicketRequest(center_id="610902", item_id=TICKET.item_id)
    body = {field.name: value for field, value in TICKET.ListFields()}
    data = TICKET.SerializeToString()

    def write() -> None:
        store.insert("bare", ids.new_id(clock.now()), body)

    def produce() -> None:
        now = clock.now()
        id = ids.new_id(now)
        bus.publish("bench.floor.v1", [Event(id, "tongban.bench.bare.v1", "bench", id, id, now, data)])

    return Floor(address, server, lambda: invoke(stub.TakeTicket, request), write, produce)
