"""Two networks of lines in one process, whose conversations only count and repeat: what the transport itself does."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cli import certificates
from kit.store.steps import Steps
from services.relay.transports.line import Turn
from services.relay.transports.network import Dialled, LineSettings, Network
from services.relay.transports.tls import LineTls, OwnCertificate
from tests.contract.memory_store import MemoryStore
from tongban.relay.v1 import link_pb2

HUB, CHILD, STRANGER = "610900.ankang", "610902.hanbin", "511681.huaying"
QUICK = LineSettings(redial_first=0.05, redial_longest=0.2, look_round=0.1)


#: Frames after which a conversation has said what it had to say.
ENOUGH = 200


class Site:
    """A certificate and what this site believes of the others'."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        made = certificates.make(name, [], datetime.now(UTC))
        self.certificate = made.own
        self.files = OwnCertificate(folder / f"{name}.crt", folder / f"{name}.key")
        self.files.cert_file.write_text(made.own)
        self.files.key_file.write_text(made.key)
        self.pins: dict[str, list[str]] = {}
        self.tls = LineTls(self.files, lambda: self.pins)

    def knows(self, *others: Site) -> None:
        self.pins = {each.name: [each.certificate] for each in others}


class Repeating:
    """Says what it hears; begins where it is told to."""

    def __init__(self, begins: bool = False) -> None:
        self.heard: list[int] = []
        self.ended = threading.Event()
        self.reason = ""
        self._begins = begins

    def turn(self, frames: Sequence[link_pb2.Frame], *, room: bool) -> Steps[Turn]:
        yield from ()
        if len(self.heard) >= ENOUGH:
            return Turn(again_in=60)
        said = [link_pb2.Frame(ping=link_pb2.Ping(number=each.ping.number + 1)) for each in frames]
        self.heard += [each.ping.number for each in frames]
        if self._begins:
            self._begins, said = False, [link_pb2.Frame(ping=link_pb2.Ping(number=1))]
        return Turn(said, again_in=60)

    def closed(self, reason: str) -> None:
        self.reason = reason
        self.ended.set()


class Board:
    """Makes conversations, and remembers them."""

    def __init__(self, tls: LineTls, dials: Sequence[Dialled] = ()) -> None:
        self.answered: list[Repeating] = []
        self.called: list[Repeating] = []
        self.shown: list[str] = []
        self.dials = tuple(dials)
        self._tls = tls

    def answer(self, shown: dict[str, list[bytes]]) -> Repeating:
        self.shown.append(self._tls.site_of(shown))
        self.answered.append(Repeating())
        return self.answered[-1]

    def call(self, dialled: Dialled) -> Repeating:
        self.called.append(Repeating(begins=True))
        return self.called[-1]

    def to_dial(self) -> tuple[Dialled, ...]:
        return self.dials


@contextmanager
def listening(hub: Site, settings: LineSettings | None = None) -> Iterator[tuple[Network, Board]]:
    """A site that lines come to."""
    settings = settings or LineSettings(listen="127.0.0.1:0", dials=False)
    board = Board(hub.tls)
    network = Network(board, hub.tls, settings, MemoryStore(()))
    network.start()
    try:
        yield network, board
    finally:
        network.stop()


@contextmanager
def dialling(child: Site, port: int, peer: str = HUB) -> Iterator[tuple[Network, Board]]:
    """A site that dials."""
    board = Board(child.tls, dials=[Dialled("link-1", peer, (f"127.0.0.1:{port}",))])
    network = Network(board, child.tls, QUICK, MemoryStore(()))
    network.start()
    try:
        yield network, board
    finally:
        network.stop()
