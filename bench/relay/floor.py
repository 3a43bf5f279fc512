"""The floor: sign and verify, two durable writes and one stream hop, alone and in batches as the line has them."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from kit.signing import RawSigner, generate_key, verify_raw
from kit.store.port import Index, Kind
from kit.store.sqlite import SqliteStore

BATCH = 100
_KIND = Kind("envelope", (Index("by_lane", ("lane", "sequence")),))


class _Hop:
    """A gRPC stream that answers each message with an empty one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._port = 0
        self._server: grpc.aio.Server | None = None
        threading.Thread(target=self._run, daemon=True).start()
        self._ready.wait()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self._port}")
        self._out: list[bytes] = []
        self._wake = threading.Semaphore(0)
        self._answers: Any = self._channel.stream_stream("/t.T/E")(self._messages())

    def __call__(self, data: bytes) -> None:
        self._out.append(data)
        self._wake.release()
        next(self._answers)

    def close(self) -> None:
        self._answers.cancel()
        self._channel.close()
        if self._server is not None:
            asyncio.run_coroutine_threadsafe(self._server.stop(0), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _messages(self) -> Any:
        while True:
            self._wake.acquire()
            yield self._out.pop(0)

    def _run(self) -> None:
        async def echo(requests: Any, context: Any) -> Any:
            async for _ in requests:
                yield b""

        async def serve() -> None:
            self._server = grpc.aio.server()
            handlers: dict[str, Any] = {"E": grpc.stream_stream_rpc_method_handler(echo)}
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t.T", handlers),))
            self._port = self._server.add_insecure_port("127.0.0.1:0")
            await self._server.start()
            self._ready.set()

        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(serve())
        self._loop.run_forever()


def floor(seconds: float, size: int) -> dict[str, float]:
    """Rates a second: each part alone, and all of them one after the other (``envelopes``)."""
    signer = RawSigner(generate_key()[0])
    data = os.urandom(size)
    signature = signer.sign(data)
    hop = _Hop()
    with tempfile.TemporaryDirectory() as folder:
        stores = [SqliteStore(Path(folder) / f"{name}.db", [_KIND]) for name in ("one", "other")]
        numbers = iter(range(0, 1 << 60, BATCH))

        def write(store: SqliteStore, first: int) -> None:
            body = {"lane": "l", "envelope": data.hex()}
            store.append("envelope", [(f"l/{first + at}", body | {"sequence": first + at}) for at in range(BATCH)])

        def envelopes() -> None:
            first = next(numbers)
            for _ in range(BATCH):
                signer.sign(data)
            write(stores[0], first)
            hop(data * BATCH)
            for _ in range(BATCH):
                verify_raw(signer.public, data, signature)
            write(stores[1], first)

        try:
            return {
                "sign": _rate(lambda: signer.sign(data), seconds),
                "verify": _rate(lambda: verify_raw(signer.public, data, signature), seconds),
                "write": BATCH * _rate(lambda: write(stores[0], next(numbers)), seconds),
                "hop": BATCH * _rate(lambda: hop(data * BATCH), seconds),
                "envelopes": BATCH * _rate(envelopes, seconds * 2),
            }
        finally:
            hop.close()
            for store in stores:
                store.close()


def _rate(work: Callable[[], object], seconds: float) -> float:
    work()
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        work()
        count += 1
    return count / (time.perf_counter() - began)
