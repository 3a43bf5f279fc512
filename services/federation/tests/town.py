"""One site's federation desk on a real embedded store, with stand-ins for its intake and approval."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit.actor import Actor, service_actor
from kit.alarms import Sweeper
from kit.blobs.files import FileBlobs
from kit.blobs.uses import KEPT_FILES, KeptFile, Uses
from kit.call import Call
from kit.clock import FixedClock
from kit.consumer import Delivery
from kit.errors import Unavailable
from kit.events import Event, EventEncoder, event_type
from kit.privacy import person_key
from kit.store.port import AlreadyApplied
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import actor, call, seeded_ids, store
from kit.timestamps import to_timestamp
from reference import REFERENCE_KINDS
from reference.testing import filled, sample_center, sample_item
from services.federation.domain.agreement import (
    Agreement,
)
from services.federation.domain.crossing import Applicant, Crossing
from services.federation.domain.letters import File, RefusedLetter
from services.federation.domain.showing import Showing
from services.federation.events.incoming import subscriptions
from services.federation.events.outgoing import TABLE
from services.federation.handlers.desk import (
    AGREEMENTS,
    CROSSINGS,
    DESK_KINDS,
    REFUSED_LETTERS,
    SHOWINGS,
    Desk,
    agreement_keys,
    agreement_missing,
    crossing_keys,
    crossing_missing,
)
from services.federation.handlers.following import alarms
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.intake.v1 import events_pb2 as intake_events
from tongban.intake.v1 import messages_pb2 as intake

#: Made up: a region code that is not in use, and a right check digit.
RESIDENT_ID = "990101199001011230"
APPLICANT = Applicant("张三丰", "resident_id", RESIDENT_ID, "13800005678", "样例路2号")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass
class Box:
    """A carrier that remembers what it was given."""

    kept: dict[str, bytes] = field(default_factory=dict)
    shut: bool = False

    def keep(self, file: File, chunks: Iterator[bytes], *, token: str) -> None:
        if self.shut:
            raise Unavailable("relay_unreachable", "转递服务暂不可用。")
        self.kept[file.sha256] = b"".join(chunks)

    def read(self, sha256: str, *, token: str) -> Iterator[bytes]:
        return iter([self.kept[sha256]])


@dataclass
class Town:
    """One site: its desk, its clock, what it told so far, and stand-ins for its intake and approval."""

    site: str
    center: str
    desk: Desk
    clock: FixedClock
    box: Box
    told: list[Event] = field(default_factory=list)
    #: Crossings that a complaint is open about.
    disputed: set[str] = field(default_factory=set)
    _applications: dict[str, intake.Application] = field(default_factory=dict)
    _cases: dict[str, approval.Case] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path, site: str, center: str, name: str, seed: int, clock: FixedClock) -> Town:
        folder.mkdir(parents=True, exist_ok=True)
        kept = store(folder, [*DESK_KINDS, *REFERENCE_KINDS])
        reference = filled(
            kept,
            centers=[sample_center(center, name=name)],
            items=[sample_item("item-food", center)],
        )
        ids, encoder, box = seeded_ids(seed), EventEncoder(site, "federation", TABLE), Box()
        secret = f"secret of {site}".encode()

        def repository(kind: Any, entity: Any, **more: Any) -> Any:
            return Repository(kept, kind, entity, encoder, ids, **more)

        blobs = FileBlobs(folder / "blobs")
        desk = Desk(
            site=site,
            agreements=repository(AGREEMENTS, Agreement, keys=agreement_keys, missing=agreement_missing),
            crossings=repository(CROSSINGS, Crossing, keys=crossing_keys, missing=crossing_missing),
            showings=repository(SHOWINGS, Showing),
            refused_letters=repository(REFUSED_LETTERS, RefusedLetter),
            reference=reference,
            carrier=box,
            blobs=blobs,
            uses=Uses("federation", repository(KEPT_FILES, KeptFile), blobs),
            ids=ids,
            secret=secret,
        )
        return cls(site, center, desk, clock, box)

    # ── People ───────────────────────────────────────────────────────────────────────────────────────────────

    def by(self, *roles: str, **more: Any) -> Call:
        """A call by staff of this center."""
        return call(actor(*(roles or ("clerk",)), center=self.center), self.clock.now(), **more)

    def citizen(self, id_number: str = RESIDENT_ID) -> Call:
        """A call by a citizen who signed in here."""
        who = Actor(f"citizen:{person_key(self.desk.secret, id_number)}", "张三丰", frozenset({"citizen"}))
        return call(who, self.clock.now())

    @property
    def store(self) -> SqliteStore:
        """What everything of the site is kept in."""
        kept = self.desk.crossings.store
        assert isinstance(kept, SqliteStore)
        return kept

    def own(self) -> Call:
        return Call(service_actor("federation"), self.clock.now())

    # ── Events ───────────────────────────────────────────────────────────────────────────────────────────────

    def publish(self) -> list[Event]:
        """What the outbox would publish now, once."""
        found = self.desk.crossings.store.pending(1000)
        self.desk.crossings.store.published(found)
        events = [each.event for each in found]
        self.told += events
        return events

    def hear(self, type: str, message: Any, event_id: str = "") -> None:
        """An event reaches whoever listens here; a repeated one has no second effect."""
        id = event_id or self.desk.ids.new_id(self.clock.now())
        event = Event(id, type, "x/y", "subject", "", self.clock.now(), message.SerializeToString())
        for group in subscriptions(self.desk):
            handler = group.handlers.get(type)
            if handler is not None:
                with contextlib.suppress(AlreadyApplied):
                    handler(Delivery(event, group.group, self.own()))

    def sweep(self) -> int:
        every = [*alarms(self.desk, lambda crossing: crossing.id in self.disputed), *self.desk.uses.alarms()]
        return Sweeper(every, self.clock, service_actor("federation")).sweep()

    # ── Stand-ins for intake and approval ────────────────────────────────────────────────────────────────────

    def intake_says(self, crossing_id: str, name: str, **changes: Any) -> None:
        """The own intake tells an event of a crossing's application, one version after the other."""
        known = self._applications.get(crossing_id)
        application = intake.Application(
            id=f"app-{crossing_id}",
            number="610902-2026-000007",
            crossing_id=crossing_id,
            state=intake.APPLICATION_STATE_RECEIVED,
            received_at=to_timestamp(self.clock.now()),
            version=0 if known is None else known.version + 1,
        )
        if known is not None:
            application.received_at.CopyFrom(known.received_at)
        for field_name, value in changes.items():
            if isinstance(value, list):
                getattr(application, field_name).extend(value)
            elif hasattr(value, "CopyFrom"):
                getattr(application, field_name).CopyFrom(value)
            else:
                setattr(application, field_name, value)
        self._applications[crossing_id] = application
        self.hear(event_type("intake", name), getattr(intake_events, name)(application=application))

    def approval_says(self, crossing_id: str, name: str, state: int, **changes: Any) -> None:
        """The own approval tells an event of a crossing's case."""
        known = self._cases.get(crossing_id)
        case = approval.Case(
            id=f"app-{crossing_id}",
            state=approval.CaseState.ValueType(state),
            version=0 if known is None else known.version + 1,
        )
        for field_name, value in changes.items():
            getattr(case, field_name).CopyFrom(value)
        self._cases[crossing_id] = case
        self.hear(event_type("approval_routing", name), getattr(approval_events, name)(case=case))
