"""Relays as real processes on their embedded files, linked as operators would link them, killed and watched from outside."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from cli import site_identity
from kit.actor import Actor
from kit.blobs.files import FileBlobs
from kit.bus.sqlite import SqliteBus
from kit.call import Call
from kit.clock import SystemClock
from kit.events import Event, EventEncoder
from kit.ids import Ids
from kit.signing import generate_key
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.timestamps import to_timestamp
from services.relay.domain.limits import Limits
from services.relay.domain.link import Direction
from services.relay.events import TABLE
from services.relay.handlers.identity import IdentityFolder
from services.relay.handlers.links import accept_proposal, confirm_acceptance, propose_link
from services.relay.handlers.registry import Registry
from services.relay.wiring import ALL_KINDS, registry_of
from tests.relay.polling import until
from tongban.federation.v1 import events_pb2 as federation_events
from tongban.relay.v1 import events_pb2, messages_pb2

ROOT = Path(__file__).parents[2]
POSTED = "tongban.federation.letter_posted.v1"
ARRIVED = "tongban.relay.letter_arrived.v1"
SETTLED = "tongban.relay.letter_settled.v1"
#: What makes tests quick: a broken line is noticed and dialled again at once.
QUICK = {
    "TONGBAN_RELAY_PING_SECONDS": "1",
    "TONGBAN_RELAY_SILENCE_SECONDS": "4",
    "TONGBAN_RELAY_REDIAL_FIRST_SECONDS": "0.05",
    "TONGBAN_RELAY_REDIAL_LONGEST_SECONDS": "0.5",
}


def free_port() -> int:
    """A port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Arrived:
    """A letter that a relay has told its site of."""

    id: str
    payload: bytes
    link: str
    origin: str


@dataclass
class RelaySite:
    """One site with nothing but a relay."""

    folder: Path
    site: str
    port: int
    #: As others reach it; a proxy's port, where one is between.
    reached_at: int
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    _bus: SqliteBus | None = None
    _read: int = 0
    _log: IO[bytes] | None = None
    _log_begins: int = 0
    #: Letters and settlements that it has told of, in order.
    arrived: list[Arrived] = field(default_factory=list)
    settled: list[events_pb2.LetterSettled] = field(default_factory=list)

    @classmethod
    def made(cls, folder: Path, site: str, *, port: int = 0, reached_at: int = 0, listens: bool = True) -> RelaySite:
        """A site with an identity and no links."""
        port = port or free_port()
        made = cls(folder, site, port if listens else 0, reached_at or port)
        for sub in ("run", "data/secrets"):
            (folder / sub).mkdir(parents=True, exist_ok=True)
        private, public = generate_key()
        (made.data / "secrets/actor.pem").write_text(private)
        (made.data / "secrets/actor.pub.pem").write_text(public)
        (made.data / "secrets/site.secret").write_text("x" * 40)
        endpoints = [f"grpcs://127.0.0.1:{made.reached_at}"] if listens else []
        site_identity.init(site=site, name=site, host=["127.0.0.1"], endpoint=endpoints, data=made.data)
        return made

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "relay.log"

    # ── Its process ──────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Starts its relay; ``ready`` waits for it."""
        run = self.folder / "run"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")},
            "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
            "TONGBAN_SITE": self.site,
            "TONGBAN_DATA": str(self.data),
            "TONGBAN_RUN_DIR": str(run),
            "TONGBAN_PUBLIC_KEY_FILE": str(self.data / "secrets/actor.pub.pem"),
            "TONGBAN_SITE_SECRET_FILE": str(self.data / "secrets/site.secret"),
            "TONGBAN_RELAY_LISTEN": f"127.0.0.1:{self.port}" if self.port else "",
            **QUICK,
            **self.environment,
        }
        self._log = self.log.open("ab")
        self._log_begins = self._log.tell()
        command = [sys.executable, "-m", "services.relay.main"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=self._log, stderr=self._log)

    def ready(self) -> None:
        """Waits until it serves."""
        until(lambda: "relay is ready" in self.said() or self._died(), 60, f"{self.site} starts")

    def said(self) -> str:
        """What its process has logged since it was started last."""
        return self.log.read_bytes()[self._log_begins :].decode(errors="replace")

    def _died(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"{self.site} ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
        return False

    def kill(self) -> None:
        """Ends it without a word (``kill -9``)."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it as an operator does."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None
        if self._log is not None:
            self._log.close()

    def close(self) -> None:
        """Ends it, and lets go of its files."""
        self.kill()
        if self._bus is not None:
            self._bus.close()

    def memory(self) -> int:
        """Resident bytes of its process."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    # ── What its site does ───────────────────────────────────────────────────────────────────────────────────

    @property
    def bus(self) -> SqliteBus:
        """The site's bus, as its other services see it."""
        if self._bus is None:
            self._bus = SqliteBus(self.data / "bus.db", self.folder / "run")
        return self._bus

    def keep(self, content: bytes) -> messages_pb2.Attachment:
        """Keeps a file that a letter will name."""
        sha256 = hashlib.sha256(content).hexdigest()
        folder = self.data / "blobs/relay"
        (folder / "incoming").mkdir(parents=True, exist_ok=True)
        FileBlobs(folder, beside_its_service=True).put_back(sha256, [content])
        return messages_pb2.Attachment(
            sha256=sha256, size=len(content), media_type="application/pdf", filename="材料.pdf"
        )

    def post(
        self,
        destination: str,
        payloads: Sequence[bytes],
        *,
        journey: str = "",
        type: str = "crossing.submitted",
        attachments: Sequence[messages_pb2.Attachment] = (),
    ) -> list[str]:
        """Posts letters as federation does; their ids."""
        ids, now = Ids(), SystemClock().now()
        events = []
        for payload in payloads:
            letter = messages_pb2.Letter(
                destination=destination,
                type=type,
                type_version=1,
                journey=journey or ids.new_id(now),
                created_at=to_timestamp(now),
                payload=payload,
                attachments=attachments,
            )
            data = federation_events.LetterPosted(letter=letter).SerializeToString()
            source = f"{self.site}/federation"
            events.append(Event(ids.new_id(now), POSTED, source, "one", letter.journey, now, data))
        self.bus.publish("tongban.federation.v1", events)
        return [event.id for event in events]

    def look(self) -> RelaySite:
        """Reads what its relay has told since the last look."""
        while found := self.bus.read("tongban.relay.v1", self._read, 500):
            for received in found:
                self._read = received.offset
                if received.event is not None:
                    self._hear(received.event)
        return self

    def _hear(self, event: Event) -> None:
        if event.type == ARRIVED:
            told = events_pb2.LetterArrived.FromString(event.data)
            self.arrived.append(Arrived(told.letter.id, told.letter.payload, told.link, told.letter.origin))
        elif event.type == SETTLED:
            self.settled.append(events_pb2.LetterSettled.FromString(event.data))


# ── Links ────────────────────────────────────────────────────────────────────────────────────────────────────────


def link(one: RelaySite, other: RelaySite, direction: Direction, limits: Limits | None = None) -> str:
    """Links two sites that don't run, as their operators would; ``direction``: what the other is to the one."""
    mine, theirs = registry(one), registry(other)
    limits = limits or Limits()
    try:
        call = Call(Actor("operator:wang", "王五", frozenset({"admin"})), datetime.now(UTC))
        told: dict[str, Any] = {"approved_by": "王五", "reason": "test"}
        card, own = theirs.own().card, mine.own().card
        _, proposal = propose_link(
            registry=mine,
            call=call,
            card=card,
            fingerprint=card.fingerprint(),
            direction=direction,
            limits=limits,
            **told,
        )
        _, acceptance = accept_proposal(
            registry=theirs, call=call, proposal=proposal, fingerprint=own.fingerprint(), limits=limits, **told
        )
        made = confirm_acceptance(registry=mine, call=call, acceptance=acceptance, **told)
        return made.id
    finally:
        mine.links.store.close()
        theirs.links.store.close()


def registry(site: RelaySite) -> Registry:
    """The registry of a site that doesn't run; its store is to be closed before that does."""
    store, ids = SqliteStore(site.data / "relay.db", ALL_KINDS), Ids()
    encoder = EventEncoder(site.site, "relay", TABLE)
    return registry_of(
        lambda kind, entity, **given: Repository(store, kind, entity, encoder, ids, **given),
        IdentityFolder(site.data / "secrets/relay").current,
        ids.new_id,
    )


def short_folder() -> Path:
    """A folder whose sockets have short names."""
    return Path(tempfile.mkdtemp(prefix="tbr"))


def remove(folder: Path) -> None:
    """Removes it."""
    shutil.rmtree(folder, ignore_errors=True)
