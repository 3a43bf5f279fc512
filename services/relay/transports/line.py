"""One line: frames of a gRPC stream to a conversation and back. What is said is the conversation's matter."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import grpc

from kit.store.steps import Steps
from services.relay.transports.workers import Workers
from tongban.relay.v1 import link_pb2

log = logging.getLogger(__name__)

#: Frames, and bytes of them, that came and weren't looked at yet; past it nothing is read, so that the other end has to
#: wait.
_INBOX: Final = 64
_INBOX_BYTES: Final = 4 * 1024 * 1024
#: Frames that came, and bytes of them, that are heard together with those of other lines.
_LIGHT: Final = 16
_LIGHT_BYTES: Final = 64 * 1024
#: Bytes of bulk that wait to be written; past it none is made.
_OUTBOX: Final = 1024 * 1024
#: Small frames that wait to be written; one that makes us say more without listening has its line closed.
_CONTROL: Final = 4096
#: How long the last words may take, in seconds.
_GOODBYE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What a conversation says: small things first, then bulk, each in its order."""

    control: Sequence[link_pb2.Frame] = ()
    bulk: Sequence[link_pb2.Frame] = ()
    #: There is more to say as soon as there is room.
    more: bool = False
    #: After how many seconds it wants to be asked again, whatever comes.
    again_in: float = 1.0
    #: These were its last words.
    ended: bool = False
    #: Why; empty: nothing is wrong.
    reason: str = ""


class Conversation(Protocol):
    """What is said on a line. Called by one thread at a time, never by the event loop's."""

    def turn(self, frames: Sequence[link_pb2.Frame], *, room: bool) -> Steps[Turn]:
        """Hears these frames and speaks, in steps; ``room``: bulk may be said."""
        ...

    def closed(self, reason: str) -> None:
        """The line is gone: nothing is said any more."""
        ...


class Stream(Protocol):
    """Either end of a gRPC stream of frames."""

    async def read(self) -> Any:
        """The next frame, or ``grpc.aio.EOF``."""
        ...

    async def write(self, frame: link_pb2.Frame) -> None:
        """Sends one; returns when the transport has room."""
        ...


@dataclass
class Line:
    """Carries one conversation over one stream until either end hangs up."""

    stream: Stream
    conversation: Conversation
    #: Where conversations work: they write to the store.
    workers: Workers
    _inbox: deque[link_pb2.Frame] = field(default_factory=deque)
    _inbox_bytes: int = 0
    _control: deque[link_pb2.Frame] = field(default_factory=deque)
    _bulk: deque[link_pb2.Frame] = field(default_factory=deque)
    _bulk_bytes: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _read_on: asyncio.Event = field(default_factory=asyncio.Event)
    _to_write: asyncio.Event = field(default_factory=asyncio.Event)
    _written: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: bool = False
    _reason: str = ""

    def wake(self) -> None:
        """Lets the conversation speak now. From the event loop only."""
        self._wake.set()

    def hang_up(self, reason: str) -> None:
        """Ends it without another word. From the event loop only."""
        self._reason = self._reason or reason
        self._wake.set()

    async def run(self) -> str:
        """Speaks to the end; why it ended. Never raises but ``CancelledError``."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        try:
            await self._speak()
            if self._ended:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_GOODBYE):
                        await self._flushed()
        except asyncio.CancelledError:
            self._reason = self._reason or "cancelled"
            raise
        except Exception:
            log.exception("a conversation failed")
            self._reason = self._reason or "internal"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # Last words and what lies behind them may write, so this too is the workers'.
            await self.workers.run(self.conversation.closed, self._reason)
        return self._reason

    async def _speak(self) -> None:
        more = False
        while not self._reason:
            self._wake.clear()
            frames = list(self._inbox)
            is_light = len(frames) <= _LIGHT and self._inbox_bytes <= _LIGHT_BYTES and not more
            self._inbox.clear()
            self._inbox_bytes = 0
            self._read_on.set()
            room = self._bulk_bytes < _OUTBOX
            # Who says much has a thread to itself meanwhile, and holds up nobody who says little.
            turn = await self.workers.carry(self.conversation.turn(frames, room=room), together=is_light)
            self._say(turn)
            more = turn.more and room
            if turn.ended:
                self._ended, self._reason = True, turn.reason
                return
            if self._inbox or (turn.more and self._bulk_bytes < _OUTBOX):
                continue
            # Not ``wait_for``: it loses a cancellation that comes together with what it waits for.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, turn.again_in)):
                    await self._wake.wait()

    def _say(self, turn: Turn) -> None:
        self._control.extend(turn.control)
        for frame in turn.bulk:
            self._bulk.append(frame)
            self._bulk_bytes += frame.ByteSize()
        if len(self._control) > _CONTROL:
            self._reason = "not_listening"
        if turn.control or turn.bulk:
            self._to_write.set()

    async def _flushed(self) -> None:
        while self._control or self._bulk:
            self._written.clear()
            await self._written.wait()

    async def _read(self) -> None:
        try:
            while True:
                while len(self._inbox) >= _INBOX or self._inbox_bytes >= _INBOX_BYTES:
                    self._read_on.clear()
                    await self._read_on.wait()
                frame = await self.stream.read()
                if frame is grpc.aio.EOF:
                    self.hang_up("hung_up")
                    return
                self._inbox.append(frame)
                self._inbox_bytes += frame.ByteSize()
                self._wake.set()
        except (grpc.RpcError, asyncio.InvalidStateError) as error:
            self.hang_up(broken(error))

    async def _write(self) -> None:
        try:
            while True:
                while not self._control and not self._bulk:
                    self._to_write.clear()
                    await self._to_write.wait()
                if self._control:
                    await self.stream.write(self._control[0])
                    self._control.popleft()
                else:
                    frame = self._bulk[0]
                    await self.stream.write(frame)
                    self._bulk.popleft()
                    before, self._bulk_bytes = self._bulk_bytes, self._bulk_bytes - frame.ByteSize()
                    if before >= _OUTBOX > self._bulk_bytes:
                        self._wake.set()
                self._written.set()
        except (grpc.RpcError, asyncio.InvalidStateError) as error:
            self.hang_up(broken(error))


def broken(error: BaseException) -> str:
    """What broke a stream, in a word for the log."""
    code = error.code() if isinstance(error, grpc.aio.AioRpcError) else None
    return f"broken ({code.name.lower() if isinstance(code, grpc.StatusCode) else type(error).__name__})"
