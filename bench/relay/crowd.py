"""Many links on one hub: neighbours that are only keys, a certificate and a chain, all in one process beside it."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc

from bench.callers import MeasurementError
from bench.figures import Figure, at_least, at_most, percentile
from bench.relay.sides import HUB, LETTER, cpu_seconds
from cli import certificates
from kit.actor import service_actor
from kit.call import Call
from kit.clock import SystemClock
from kit.ids import Ids
from kit.signing import RawSigner, generate_key
from kit.timestamps import from_timestamp, to_timestamp
from services.relay.domain.card import SiteCard
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.hello import Hello, proof
from services.relay.domain.keys import SiteKey, key_id
from services.relay.domain.letter import Letter
from services.relay.domain.limits import Limits
from services.relay.domain.link import Direction, Link, LinkState
from services.relay.domain.proposal import Approval
from services.relay.protos import envelope_message, envelope_of, head_message
from tests.relay.relay_site import RelaySite, registry, remove, short_folder
from tongban.relay.v1 import link_pb2

_MB = 1024 * 1024
_OPENED = 120.0
#: How long a hub that has greeted them all has for what that left behind, in seconds: how it does from then on is measured.
_SETTLED = 5.0


@dataclass
class Neighbour:
    """One site of the crowd."""

    site: str
    signer: RawSigner
    card: SiteCard
    line: certificates.LineCertificate
    link: str
    head: Head = field(default_factory=Head)
    #: Letters that are signed already, by their numbers: only what the hub does is to be measured.
    letters: deque[tuple[int, bytes]] = field(default_factory=deque)
    #: Sequences that aren't acknowledged yet, with when they were sent.
    sent: deque[tuple[int, float]] = field(default_factory=deque)
    lags: list[float] = field(default_factory=list)
    #: How far it has what the hub sent, as far as that isn't said yet: it goes along with the next letter, as a relay's.
    received: Head | None = None
    #: When it was acknowledged something last; monotonic seconds.
    heard_at: float = 0.0
    #: A stream takes one message at a time.
    _says: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def made(cls, number: int, ids: Ids) -> Neighbour:
        """A site that nobody knows yet."""
        site, now = f"610902.c{number}", datetime.now(UTC)
        signer = RawSigner(generate_key()[0])
        key = SiteKey(key_id("ed25519", signer.public), signer.public, now - timedelta(hours=1))
        line = certificates.make(site, [], now)
        card = SiteCard(site, site, 1, now, (key,), certificates=(line.own,))
        return cls(site, signer, card.signed_with(lambda _, data: signer.sign(data)), line, ids.new_id(now))

    @property
    def key(self) -> str:
        """Its key's id."""
        return self.card.keys[0].id

    def as_link(self) -> Link:
        """As the hub has it after both have approved."""
        by = Approval(self.site, "张三", "op-1", self.card.issued_at)
        at = self.card.issued_at
        # It has got the hub's card with the proposal, as every neighbour has.
        return Link(
            self.link, self.site, self.card, Direction.CHILD, LinkState.ACTIVE, Limits(), by, at, at, own_serial=1
        )

    def write_letters(self, ids: Ids, count: int) -> None:
        """Signs so many letters beforehand."""
        for _ in range(count):
            frame = self._frame(ids)
            self.letters.append((self.head.sequence, frame.SerializeToString()))

    def _frame(self, ids: Ids) -> link_pb2.Frame:
        now = SystemClock().now()
        letter = Letter(
            ids.new_id(now), self.site, HUB, "crossing.submitted", 1, ids.new_id(now), now, os.urandom(LETTER),
            key_id=self.key,
        )  # fmt: skip
        letter = replace(letter, signature=self.signer.sign(letter.canonical()))
        envelope = Envelope(letter, self.link, self.site, HUB, self.head.sequence + 1, self.head.digest, self.key)
        envelope = replace(envelope, signature=self.signer.sign(envelope.canonical()))
        self.head = envelope.head()
        return link_pb2.Frame(envelopes=link_pb2.Envelopes(envelopes=[envelope_message(envelope)]))

    async def speak(self, target: str, root: bytes, begin: asyncio.Event, offset: float) -> None:
        """Greets, waits for the others, and sends a letter a second."""
        key, chain = self.line.key.encode(), self.line.own.encode()
        credentials = grpc.ssl_channel_credentials(root, key, chain)
        options = [("grpc.ssl_target_name_override", HUB), ("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.secure_channel(target, credentials, options=options) as channel:
            call = channel.stream_stream("/tongban.relay.v1.LinkService/Exchange", _bytes, link_pb2.Frame.FromString)()
            await self._greet(call)
            hearing = asyncio.create_task(self._hear(call))
            OPEN.append(self)
            await begin.wait()
            await asyncio.sleep(offset)
            due = time.monotonic()
            while self.letters:
                sequence, frame = self.letters.popleft()
                self.sent.append((sequence, time.monotonic()))
                async with self._says:
                    await call.write(self._along(frame))
                due += 1.0
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            patience = time.monotonic() + 30
            while self.sent and time.monotonic() < patience:
                await asyncio.sleep(0.05)
            hearing.cancel()
            call.cancel()

    async def _greet(self, call: Any) -> None:
        mine = Hello(self.site, self.link, Head(), SystemClock().now(), os.urandom(32))
        now, head = to_timestamp(mine.now), head_message(mine.received)
        hello = link_pb2.Hello(
            protocol=1, site=mine.site, link=mine.link, received=head, now=now, nonce=mine.nonce, reads_frames=True
        )
        await call.write(link_pb2.Frame(hello=hello))
        answer = await call.read()
        if answer is grpc.aio.EOF or answer.WhichOneof("body") != "hello":
            raise MeasurementError(f"{self.site} got no line: {answer}")
        said = answer.hello
        heard = Head(said.received.sequence, said.received.hash)
        theirs = Hello(said.site, said.link, heard, from_timestamp(said.now), said.nonce)
        signature = self.signer.sign(proof(mine, theirs, self.site, self.key))
        await call.write(link_pb2.Frame(proof=link_pb2.Proof(key_id=self.key, signature=signature)))
        await call.write(link_pb2.Frame(credit=link_pb2.Credit(envelopes=1000, bytes=4 * _MB)))

    async def _hear(self, call: Any) -> None:
        while (message := await call.read()) is not grpc.aio.EOF:
            for frame in message.frames.frames or (message,):
                which = frame.WhichOneof("body")
                if which == "acknowledged":
                    now = self.heard_at = time.monotonic()
                    while self.sent and self.sent[0][0] <= frame.acknowledged.head.sequence:
                        self.lags.append(now - self.sent.popleft()[1])
                elif which == "envelopes":
                    self.received = envelope_of(frame.envelopes.envelopes[-1]).head()
                elif which == "ping":
                    async with self._says:
                        await call.write(link_pb2.Frame(pong=link_pb2.Pong(number=frame.ping.number)))

    def _along(self, letter: bytes) -> bytes:
        """The frame of a letter, with the acknowledgement of what came before it in the same message."""
        if self.received is None:
            return letter
        head, self.received = self.received, None
        said = link_pb2.Frame(acknowledged=link_pb2.Acknowledged(head=head_message(head)))
        frames = link_pb2.Frames(frames=[link_pb2.Frame.FromString(letter), said])
        return link_pb2.Frame(frames=frames).SerializeToString()


def _bytes(frame: link_pb2.Frame | bytes) -> bytes:
    return frame if isinstance(frame, bytes) else frame.SerializeToString()


#: Those that have a line.
OPEN: list[Neighbour] = []


def crowd(links: int, seconds: float) -> tuple[Figure, ...]:
    """So many links with a letter a second each."""
    ids = Ids()
    with _hub() as hub:
        neighbours = [Neighbour.made(number, ids) for number in range(links)]
        call = Call(service_actor("relay"), SystemClock().now())
        kept = registry(hub)
        for each in neighbours:
            kept.links.create(each.as_link(), (), call)
        kept.links.store.close()
        hub.start()
        hub.ready()
        before = hub.memory()
        for each in neighbours:
            each.write_letters(ids, round(seconds))
        rate, cpu, own, after = asyncio.run(_speak(hub, neighbours, seconds))
        lags = [lag for each in neighbours for lag in each.lags]
        unanswered = sum(len(each.sent) for each in neighbours)
        details = {
            "hub_cpu_ms_per_letter": round(cpu * 1000 / max(1, len(lags)), 2),
            # On a machine that has no core for them, they hold the hub up.
            "neighbours_cpu_ms_per_letter": round(own * 1000 / max(1, len(lags)), 2),
            "unanswered": unanswered,
            "hub_mb_without_lines": before // _MB,
            **{f"p{each}_ms": round(percentile(lags, each) * 1000, 1) for each in (50, 95)},
        }
        title = f"{links} links on one hub, a letter a second each"
        return (
            Figure("relay.crowd", f"{title}: acknowledged", rate, "/s", at_least(links * 0.99), details=details),
            Figure("relay.crowd_lag", f"{title}: acknowledged durably, p99", percentile(lags, 99), "s", at_most(1)),
            Figure("relay.crowd_memory", f"{title}: memory of the hub's relay", after / _MB, "MB"),
        )


async def _speak(hub: RelaySite, neighbours: list[Neighbour], seconds: float) -> tuple[float, float, float, int]:
    """The rate, the hub's processor time and the neighbours' from the first letter on, and the hub's memory."""
    OPEN.clear()
    root = (hub.data / "secrets/relay/tls.crt").read_bytes()
    begin = asyncio.Event()
    target = f"127.0.0.1:{hub.port}"
    tasks = []
    for number, each in enumerate(neighbours):
        offset = number / len(neighbours)
        tasks.append(asyncio.create_task(each.speak(target, root, begin, offset)))
        if number % 20 == 19:
            await asyncio.sleep(0.05)  # they don't all come in one instant
    end = time.monotonic() + _OPENED
    while len(OPEN) < len(neighbours):
        for task in tasks:
            if task.done():
                task.result()  # raises why it got no line
        if time.monotonic() > end:
            raise MeasurementError(f"{len(OPEN)} of {len(neighbours)} lines opened in {_OPENED:g} s")
        await asyncio.sleep(0.05)
    await asyncio.sleep(_SETTLED)
    before, own, began = cpu_seconds(hub), time.process_time(), time.monotonic()
    begin.set()
    await asyncio.sleep(seconds)
    memory = hub.memory()
    await asyncio.gather(*tasks)
    answered = sum(len(each.lags) for each in neighbours)
    # Until the last acknowledgement, but that the last neighbours begin a second after the first ones.
    lasted = max(seconds, max(each.heard_at for each in neighbours) - began - 1)
    return answered / lasted, cpu_seconds(hub) - before, time.process_time() - own, memory


@contextmanager
def _hub() -> Iterator[RelaySite]:
    folder = short_folder()
    hub = RelaySite.made(folder / "hub", HUB)
    # As by default: a thousand handshakes at once take their time.
    hub.environment = {"TONGBAN_RELAY_PING_SECONDS": "15", "TONGBAN_RELAY_SILENCE_SECONDS": "45"}
    try:
        yield hub
    finally:
        hub.close()
        remove(folder)
