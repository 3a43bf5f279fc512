"""The relay's lines to other sites: one event loop for all of them, listening and dialling, and a few threads that work.

A hub has a thousand lines that are quiet most of the time, so a line is no thread. The child dials, which works behind
an address translation; the listening end never does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import grpc

from kit.errors import TongbanError
from kit.store.port import Store
from services.relay.transports.backoff import Backoff
from services.relay.transports.line import Conversation, Line, broken
from services.relay.transports.tls import LineTls, auth_of
from services.relay.transports.workers import Workers
from tongban.relay.v1 import link_pb2_grpc

log = logging.getLogger(__name__)

#: A frame holds at most this: envelopes up to the window, or a piece of a file.
MAX_FRAME_BYTES: Final = 8 * 1024 * 1024
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_FRAME_BYTES),
    ("grpc.max_send_message_length", MAX_FRAME_BYTES),
    # A frame that is small packed and huge unpacked is refused before it is unpacked: nothing on a line is compressed.
    ("grpc.compression_enabled_algorithms_bitset", 1),
    ("grpc.max_metadata_size", 8 * 1024),
)
#: A line that has held so long makes the next pause short again, in seconds.
_HELD: Final = 30.0
#: How long a neighbour may take to answer the call, in seconds.
_ANSWERED: Final = 10.0


@dataclass(frozen=True, slots=True)
class Dialled:
    """A link that this site dials."""

    link: str
    peer: str
    #: gRPC targets, tried in turn.
    targets: tuple[str, ...]


class Switchboard(Protocol):
    """What speaks on lines; its methods are called by the workers."""

    def answer(self, shown: dict[str, list[bytes]]) -> Conversation:
        """A line came in whose other end showed these certificates."""
        ...

    def call(self, dialled: Dialled) -> Conversation:
        """A line to this neighbour was opened."""
        ...

    def to_dial(self) -> tuple[Dialled, ...]:
        """The links that this process has to dial now."""
        ...


@dataclass(frozen=True, slots=True)
class LineSettings:
    """See ``RelaySettings``."""

    listen: str = ""
    dials: bool = True
    threads: int = 8
    #: Threads of these that may be at work on what many lines say together.
    rounds: int = 1
    max_lines: int = 2000
    redial_first: float = 0.5
    redial_longest: float = 60.0
    #: How often the links to dial are looked up, in seconds.
    look_round: float = 2.0


@dataclass
class Network:
    """Runs every line of this process in a thread of its own, from ``start`` to ``stop``."""

    switchboard: Switchboard
    tls: LineTls
    settings: LineSettings
    #: Where conversations write.
    store: Store
    #: Where it listens, once started; 0: it doesn't.
    port: int = 0
    _workers: Workers = field(init=False)
    _lines: dict[Conversation, Line] = field(default_factory=dict)
    _dialling: dict[str, tuple[Dialled, asyncio.Task[None]]] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _started: threading.Event = field(default_factory=threading.Event)
    _failed: BaseException | None = None
    _thread: threading.Thread | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _look: asyncio.Event = field(default_factory=asyncio.Event)
    _woken: set[Conversation] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._workers = Workers(self._loop, self.settings.threads, self.store, "lines", self.settings.rounds)

    # ── From any thread ──────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Listens and dials from now on. Raises what the listening raises."""
        self._thread = threading.Thread(target=self._run, name="lines", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """Hangs up everywhere and returns when all is quiet."""
        if self._thread is None:
            return
        self._post(self._stopping.set)
        self._thread.join()
        self._workers.stop()

    def wake(self, conversation: Conversation) -> None:
        """Lets a conversation speak now; many calls before it does are one."""
        with self._lock:
            is_called = bool(self._woken)
            self._woken.add(conversation)
        if not is_called:
            self._post(self._wake)

    def hang_up(self, conversation: Conversation, reason: str) -> None:
        """Ends a line without another word."""
        self._post(lambda: self._lines[conversation].hang_up(reason) if conversation in self._lines else None)

    def look_round(self) -> None:
        """Looks up at once which links are to be dialled."""
        self._post(self._look.set)

    def _post(self, work: Callable[[], object]) -> None:
        if not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(work)
            except RuntimeError:
                return  # closed in between

    def _wake(self) -> None:
        with self._lock:
            woken, self._woken = self._woken, set()
        for conversation in woken:
            if line := self._lines.get(conversation):
                line.wake()

    # ── In the loop's thread ─────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        except BaseException as error:
            self._failed = error
            log.critical("the lines ended by an accident", exc_info=True)
        finally:
            self._started.set()
            self._loop.close()

    async def _main(self) -> None:
        server = await self._listen() if self.settings.listen else None
        self._started.set()
        looking = asyncio.create_task(self._look_round()) if self.settings.dials else None
        await self._stopping.wait()
        if looking is not None:
            looking.cancel()
        for _, task in self._dialling.values():
            task.cancel()
        for line in list(self._lines.values()):
            line.hang_up("stopped")
        tasks = [task for _, task in self._dialling.values()] + ([looking] if looking else [])
        await asyncio.gather(*tasks, return_exceptions=True)
        if server is not None:
            await server.stop(0.5)

    async def _carry(self, stream: Any, conversation: Conversation) -> str:
        line = Line(stream, conversation, self._workers)
        self._lines[conversation] = line
        try:
            return await line.run()
        finally:
            del self._lines[conversation]

    # ── Listening ────────────────────────────────────────────────────────────────────────────────────────────

    async def _listen(self) -> grpc.aio.Server:
        server = grpc.aio.server(options=[*_OPTIONS, ("grpc.so_reuseport", 0)], compression=None)
        link_pb2_grpc.add_LinkServiceServicer_to_server(_Door(self), server)
        self.port = server.add_secure_port(self.settings.listen, self.tls.server_credentials())
        await server.start()
        return server

    async def answer(self, context: Any) -> None:
        """Speaks on a line that came in."""
        if len(self._lines) >= self.settings.max_lines or self._stopping.is_set():
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many lines")
        try:
            conversation = await self._workers.run(self.switchboard.answer, auth_of(context))
        except TongbanError as error:
            log.warning("a line was refused: %s", error.code)
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, error.code)
        # By itself: together with a first message that is cut short it would be sent twice, and the line stay open.
        await context.send_initial_metadata(())
        reason = await self._carry(context, conversation)
        log.info("a line that came in ended: %s", reason or "said goodbye")

    # ── Dialling ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _look_round(self) -> None:
        while True:
            self._look.clear()
            try:
                found = {each.link: each for each in await self._workers.run(self.switchboard.to_dial)}
            except Exception:
                log.exception("can't tell which links to dial")
            else:
                self._follow(found)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.settings.look_round):
                    await self._look.wait()

    def _follow(self, found: dict[str, Dialled]) -> None:
        for link, (dialled, task) in list(self._dialling.items()):
            if found.get(link) != dialled:
                task.cancel()
                del self._dialling[link]
        for link, dialled in found.items():
            if link not in self._dialling:
                self._dialling[link] = (dialled, asyncio.create_task(self._keep_line(dialled)))

    async def _keep_line(self, dialled: Dialled) -> None:
        """Dials a neighbour again and again, until it is told not to."""
        backoff = Backoff(self.settings.redial_first, self.settings.redial_longest)
        turn = 0
        while True:
            began = self._loop.time()
            reason = await self._dial(dialled, dialled.targets[turn % len(dialled.targets)])
            turn += 1
            if self._loop.time() - began > _HELD:
                backoff.succeeded()
            pause = backoff.pause()
            log.info("the line to %s ended: %s; dials again in %.1f s", dialled.peer, reason or "said goodbye", pause)
            await asyncio.sleep(pause)

    async def _dial(self, dialled: Dialled, target: str) -> str:
        options = [
            *_OPTIONS,
            ("grpc.ssl_target_name_override", self.tls.server_name(dialled.peer)),
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.enable_retries", 0),
        ]
        try:
            credentials = await self._workers.run(self.tls.channel_credentials, dialled.peer)
        except Exception as error:
            return f"no certificate ({error})"
        async with grpc.aio.secure_channel(target, credentials, options=options) as channel:
            try:
                async with asyncio.timeout(_ANSWERED):
                    await channel.channel_ready()
            except TimeoutError:
                return "no answer"
            stub: Any = link_pb2_grpc.LinkServiceStub(channel)
            call = stub.Exchange()
            try:
                conversation = await self._workers.run(self.switchboard.call, dialled)
                return await self._carry(call, conversation)
            except grpc.RpcError as error:
                return broken(error)
            finally:
                call.cancel()


class _Door(link_pb2_grpc.LinkServiceServicer):
    """Lets lines in."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def Exchange(self, request_iterator: Any, context: Any) -> None:  # type: ignore[override]  # noqa: N802
        await self._network.answer(context)
