"""Two sites' federation desks on real embedded stores, and a postman between them who can be told to be bad at it."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kit.actor import Actor, service_actor
from kit.alarms import Sweeper
from kit.blobs.files import FileBlobs
from kit.call import Call
from kit.clock import FixedClock
from kit.consumer import Delivery
from kit.errors import TongbanError, Unavailable
from kit.events import Event, EventEncoder, event_type
from kit.privacy import person_key
from kit.store.port import AlreadyApplied
from kit.store.repository import Repository
from kit.testing import MONDAY, actor, call, seeded_ids, store
from kit.timestamps import to_timestamp
from reference import REFERENCE_KINDS
from reference.testing import filled, sample_center, sample_item
from services.federation.domain.agreement import (
    AgreedMaterial,
    Agreement,
    Contact,
    Mode,
    SegmentDays,
    Terms,
)
from services.federation.domain.crossing import Applicant, Crossing
from services.federation.domain.letters import File, RefusedLetter
from services.federation.domain.showing import Showing
from services.federation.events.incoming import subscriptions
from services.federation.events.outgoing import TABLE
from services.federation.handlers import agreements, collecting, files
from services.federation.handlers.desk import (
    AGREEMENTS,
    CROSSINGS,
    KINDS,
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
from tongban.federation.v1 import events_pb2 as federation_events
from tongban.intake.v1 import events_pb2 as intake_events
from tongban.intake.v1 import messages_pb2 as intake
from tongban.relay.v1 import events_pb2 as relay_events
from tongban.relay.v1 import messages_pb2 as relay

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


@dataclass
class Town:
    """One site: its desk, its clock, what it told so far, and stand-ins for its intake and approval."""

    site: str
    center: str
    desk: Desk
    clock: FixedClock
    box: Box
    told: list[Event] = field(default_factory=list)
    _applications: dict[str, intake.Application] = field(default_factory=dict)
    _cases: dict[str, approval.Case] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path, site: str, center: str, name: str, seed: int, clock: FixedClock) -> Town:
        folder.mkdir(parents=True, exist_ok=True)
        kept = store(folder, [*KINDS, *REFERENCE_KINDS])
        reference = filled(
            kept,
            centers=[sample_center(center, name=name)],
            items=[sample_item("item-food", center)],
        )
        ids, encoder, box = seeded_ids(seed), EventEncoder(site, "federation", TABLE), Box()
        secret = f"secret of {site}".encode()

        def repository(kind: Any, entity: Any, **more: Any) -> Any:
            return Repository(kept, kind, entity, encoder, ids, **more)

        desk = Desk(
            site=site,
            agreements=repository(AGREEMENTS, Agreement, keys=agreement_keys, missing=agreement_missing),
            crossings=repository(CROSSINGS, Crossing, keys=crossing_keys, missing=crossing_missing),
            showings=repository(SHOWINGS, Showing),
            refused_letters=repository(REFUSED_LETTERS, RefusedLetter),
            reference=reference,
            carrier=box,
            blobs=FileBlobs(folder / "blobs"),
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
                try:
                    handler(Delivery(event, group.group, self.own()))
                except AlreadyApplied:
                    pass

    def sweep(self) -> int:
        return Sweeper(alarms(self.desk), self.clock, service_actor("federation")).sweep()

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
            state=state,
            version=0 if known is None else known.version + 1,  # type: ignore[arg-type]
        )
        for field_name, value in changes.items():
            getattr(case, field_name).CopyFrom(value)
        self._cases[crossing_id] = case
        self.hear(event_type("approval_routing", name), getattr(approval_events, name)(case=case))


@dataclass
class Postman:
    """Carries letters between towns in order; may lose the line, bring them twice, or find them expired."""

    towns: tuple[Town, Town]
    bags: dict[str, deque[relay.Letter]] = field(default_factory=dict)
    delivered: list[relay.Letter] = field(default_factory=list)
    cut: bool = False

    def collect(self) -> None:
        """Takes what the towns posted, and brings receipts of what they answered."""
        for town in self.towns:
            for event in town.publish():
                if event.type == event_type("federation", "LetterPosted"):
                    letter = federation_events.LetterPosted.FromString(event.data).letter
                    assert letter.id == event.id
                    letter.origin = town.site
                    self.bags.setdefault(letter.destination, deque()).append(letter)
                elif event.type == event_type("federation", "LetterAnswered"):
                    said = federation_events.LetterAnswered.FromString(event.data)
                    self.receipt(said.letter_id, said.settlement, said.code, said.note)

    def round(self, random_: random.Random | None = None) -> int:
        """Delivers what is there; with ``random_`` some twice. Returns how many."""
        self.collect()
        if self.cut:
            return 0
        count = 0
        for town in self.towns:
            bag = self.bags.get(town.site, deque())
            while bag:
                letter = bag.popleft()
                times = 2 if random_ is not None and random_.random() < 0.3 else 1
                for _ in range(times):
                    self.bring(town, letter)
                self.delivered.append(letter)
                count += 1
        return count

    def settle(self) -> None:
        """Until nobody has anything to say."""
        while self.round():
            pass

    def bring(self, town: Town, letter: relay.Letter) -> None:
        """One letter, as relay tells of it."""
        arrived = relay_events.LetterArrived(letter=letter, link="l", received_at=to_timestamp(town.clock.now()))
        town.hear(event_type("relay", "LetterArrived"), arrived, event_id=f"arrived-{letter.id}")
        self.receipt(letter.id, "delivered")

    def receipt(self, letter_id: str, settlement: str, code: str = "", message: str = "") -> None:
        """Tells the letter's writer what became of it."""
        letter = next((each for each in self.letters() if each.id == letter_id), None)
        if letter is None:
            return
        town = self.town(letter.origin)
        said = relay_events.LetterSettled(
            letter_id=letter.id,
            journey=letter.journey,
            settlement=relay.Settlement.Value(f"SETTLEMENT_{settlement.upper()}"),
            code=code,
            by=letter.destination,
            at=to_timestamp(town.clock.now()),
            message=message,
            type=letter.type,
            destination=letter.destination,
        )
        town.hear(event_type("relay", "LetterSettled"), said, event_id=f"{settlement}-{letter.id}")

    def letters(self) -> Iterator[relay.Letter]:
        """Every letter that was posted so far."""
        for town in self.towns:
            for event in town.told:
                if event.type == event_type("federation", "LetterPosted"):
                    letter = federation_events.LetterPosted.FromString(event.data).letter
                    letter.origin = town.site
                    yield letter

    def town(self, site: str) -> Town:
        return next(each for each in self.towns if each.site == site)


@dataclass
class World:
    """A collecting town, a handling town, and the post between them."""

    here: Town
    there: Town
    post: Postman
    clock: FixedClock

    @classmethod
    def at(cls, folder: Path) -> World:
        clock = FixedClock(MONDAY)
        here = Town.at(folder / "here", "610902.hanbin", "610902", "汉滨区政务服务中心", 1, clock)
        there = Town.at(folder / "there", "511602.guangan", "511602", "广安区政务服务中心", 2, clock)
        return cls(here, there, Postman((here, there)), clock)

    def terms(self, **changes: Any) -> Terms:
        terms = Terms(
            handling_site=self.there.site,
            handling_center_id=self.there.center,
            handling_center_name="广安区政务服务中心",
            collecting_site=self.here.site,
            collecting_center_id=self.here.center,
            collecting_center_name="汉滨区政务服务中心",
            item_id="item-food",
            item_code="SP-001",
            item_name="食品经营许可",
            modes=(Mode.COLLECT_FOR, Mode.FULLY_ONLINE),
            handling_unit="广安区市场监管局",
            materials=(
                AgreedMaterial("application-form", "申请书", True, "original", "A4 纸打印，本人签字"),
                AgreedMaterial("layout-plan", "平面图", False, "copy"),
            ),
            deliveries=("post", "window", "electronic"),
            days=SegmentDays(1, 1, 3),
            handling_contact=Contact("李办理", "0826-0000001", "综合窗口"),
            collecting_contact=Contact("王代收", "0915-0000001", "综合窗口"),
            effective_from=date(2026, 11, 1),
        )
        return replace(terms, **changes)

    def agree(self, **changes: Any) -> Agreement:
        """An agreement in force at both."""
        proposed = agreements.propose_agreement(
            desk=self.here.desk, call=self.here.by("manager"), agreement_id="", terms=self.terms(**changes)
        )
        self.post.settle()
        agreements.answer_agreement(
            desk=self.there.desk,
            call=self.there.by("manager"),
            agreement_id=proposed.id,
            edition_id=proposed.editions[0].id,
            confirmed=True,
            note="",
            expected_version=0,
        )
        self.post.settle()
        return self.here.desk.agreements.get(proposed.id)

    def open(self, agreement: Agreement, call: Call | None = None, **changes: Any) -> Crossing:
        """A crossing at the collecting desk."""
        asked: dict[str, Any] = {
            "center_id": self.here.center,
            "agreement_id": agreement.id,
            "mode": Mode.COLLECT_FOR,
            "applicant": APPLICANT,
            "identity_note": "居民身份证原件",
            "delivery": "window",
            "form_json": "",
            "ticket_id": "",
            "journey": "",
        }
        return collecting.open_crossing(desk=self.here.desk, call=call or self.here.by(), **(asked | changes))

    def scan(
        self, crossing: Crossing, key: str = "application-form", content: bytes = PDF, check: bool = True
    ) -> Crossing:
        """A scan, compared with its original."""
        desk, by = self.here.desk, self.here.by()
        files.upload_scan(
            desk=desk,
            call=by,
            crossing_id=crossing.id,
            code="",
            material_key=key,
            filename=f"{key}.pdf",
            media_type="application/pdf",
            chunks=[content],
        )
        if check:
            files.check_material(
                desk=desk,
                call=by,
                crossing_id=crossing.id,
                material_key=key,
                checked=True,
                originals=1,
                copies=0,
                expected_version=0,
            )
        return desk.crossings.get(crossing.id)

    def send(self, crossing: Crossing) -> Crossing:
        return collecting.send_crossing(
            desk=self.here.desk, call=self.here.by(), crossing_id=crossing.id, code="", expected_version=0
        )

    def sent(self, **changes: Any) -> Crossing:
        """A crossing that the handling place's intake has."""
        crossing = self.send(self.scan(self.open(self.agree(), **changes)))
        self.post.settle()
        self.there.intake_says(crossing.id, "ApplicationReceived")
        self.post.settle()
        return self.mirror(crossing.id)

    def mirror(self, id: str) -> Crossing:
        return self.here.desk.crossings.get(id)

    def owned(self, id: str) -> Crossing:
        return self.there.desk.crossings.get(id)

    def pass_time(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))
        self.here.sweep()
        self.there.sweep()


def refusal(code: str, do: Any) -> TongbanError:
    """The refusal that an act meets."""
    try:
        do()
    except TongbanError as error:
        assert error.code == code, f"{error.code}: {error.message}"
        return error
    raise AssertionError(f"{code} was expected, and nothing was refused")
