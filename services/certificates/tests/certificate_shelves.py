"""A library on the real embedded store, with the events of other services put into it as their services tell them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from kit.actor import Actor, service_actor
from kit.alarms import Sweeper
from kit.call import Call
from kit.clock import FixedClock
from kit.consumer import Delivery
from kit.events import Event, EventEncoder, event_type
from kit.privacy import person_key
from kit.store.port import AlreadyApplied
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, actor, call, seeded_ids, store
from kit.timestamps import to_timestamp
from reference import REFERENCE_KINDS, Material
from reference.testing import CENTER_ID, DEPARTMENT, ITEM_ID, filled, sample_center, sample_item, set_policy
from services.certificates.domain.holding import Holding
from services.certificates.domain.looks import Look
from services.certificates.domain.trust import Trust
from services.certificates.events import TABLE, subscription
from services.certificates.handlers.finding import Asking, Offer, Wanted, find_holdings
from services.certificates.handlers.library import (
    HOLDINGS,
    KINDS,
    LOOKS,
    Library,
    alarms,
    holding_keys,
    holding_missing,
)
from services.certificates.handlers.using import Used, use_holding
from tongban.approval_routing.v1 import certificates_pb2 as endings
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import messages_pb2 as cases
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import messages_pb2 as applications

SECRET = b"certificates-secret"
HOLDER = person_key(SECRET, "990101199001011230")
STRANGER = person_key(SECRET, "990101199002022345")
CLERK = actor("clerk", id="clerk-1")
MANAGER = actor("manager", id="manager-1")
CITIZEN = Actor(f"citizen:{HOLDER}", "张**", frozenset({"citizen"}))
#: What the item lets come from the file, and what it doesn't.
MATERIALS = (
    Material("id-card", "身份证", obtained="reuse"),
    Material("licence", "营业执照", obtained="library", trust="A"),
    Material("form", "申请书"),
)


@dataclass
class Shelves:
    """The library, and the life of a case as its services tell it."""

    library: Library
    store: SqliteStore
    clock: FixedClock
    told_events: int = 0

    def by(self, who: Actor = CLERK) -> Call:
        return call(who, self.clock.now())

    def pass_days(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))

    # ── Events in ────────────────────────────────────────────────────────────────────────────────────────────

    def hear(self, service: str, message: Message, *, by: str = "李窗口") -> Event:
        """Delivers an event as the consumer would, and once more: the second time does nothing."""
        event = self.event(service, message, by=by)
        self.deliver(event)
        before = self.holdings()
        self.deliver(event)
        assert self.holdings() == before
        return event

    def event(self, service: str, message: Message, *, by: str = "李窗口") -> Event:
        self.told_events += 1
        return Event(
            id=f"event-{self.told_events}",
            type=event_type(service, type(message).__name__),
            source=f"local/{service}",
            subject="case-1",
            journey="j-1",
            at=self.clock.now(),
            data=message.SerializeToString(),
            actor_name=by,
        )

    def deliver(self, event: Event) -> None:
        listens = subscription(self.library)
        delivery = Delivery(event, listens.group, Call(service_actor("certificates"), self.clock.now()))
        with contextlib.suppress(AlreadyApplied):
            listens.handlers[event.type](delivery)

    def accepted(self, *materials: Any, **changes: Any) -> Event:
        message = accepted_application(*materials, **changes)
        return self.hear("intake", intake.ApplicationAccepted(application=message), by="李窗口")

    def issued(self, case_id: str = "case-1", **changes: Any) -> Event:
        return self.hear("approval_routing", approval.ResultIssued(case=issued_case(case_id, **changes)))

    # ── Use cases ────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, *wanted: Wanted, who: Actor = CLERK, holder: str = HOLDER, center: str = CENTER_ID) -> list[Offer]:
        asking = Asking(center, holder, "case-9", "j-9", "办理申请 61090220261123009")
        return find_holdings(library=self.library, call=self.by(who), asking=asking, wanted=wanted or (ID_CARD,))

    def use(
        self,
        holding_id: str,
        wanted: Wanted | None = None,
        *,
        who: Actor = CLERK,
        holder: str = HOLDER,
        center: str = CENTER_ID,
        application: str = "case-9",
    ) -> Used:
        return use_holding(
            library=self.library,
            call=self.by(who),
            holding_id=holding_id,
            asking=Asking(center, holder, application, "j-9", ""),
            application_number="61090220261123009",
            wanted=wanted or ID_CARD,
        )

    def sweep(self) -> None:
        Sweeper(alarms(self.library), self.clock, service_actor("certificates")).sweep()

    def set_policy(self, **values: Any) -> None:
        set_policy(self.store, CENTER_ID, values, reference=self.library.reference)

    # ── What is there ────────────────────────────────────────────────────────────────────────────────────────

    def holdings(self) -> list[Holding]:
        return list(self.library.holdings.each("by_holder", held_by=HOLDER))

    def levels(self) -> dict[str, Trust]:
        return {each.content.name: each.content.trust for each in self.holdings() if each.content}

    def looks(self) -> list[Look]:
        return list(self.library.looks.each("by_holder", holder_key=HOLDER))

    def told(self) -> list[str]:
        """The events out by their type, in order."""
        return [pending.event.type.split(".")[2] for pending in self.store.pending(1000)]


ID_CARD = Wanted("id-card", "身份证", None)
LICENCE = Wanted("licence", "食品经营许可证", None)


def material(key: str = "id-card", name: str = "身份证", *, seen: bool = True, **changes: Any) -> Any:
    """A material that was handed in, with one scan."""
    fields: dict[str, Any] = {
        "key": key,
        "name": name,
        "state": applications.MATERIAL_STATE_HANDED_IN,
        "original_seen": seen,
        "uploads": [
            applications.Upload(sha256=(key * 64)[:64], filename="a.pdf", media_type="application/pdf", size=9)
        ],
    }
    return applications.ApplicationMaterial(**(fields | changes))


def accepted_application(*materials: Any, **changes: Any) -> Any:
    """An accepted application."""
    fields: dict[str, Any] = {
        "id": "case-1",
        "number": "61090220261123001",
        "center_id": CENTER_ID,
        "item_id": ITEM_ID,
        "item_version": 1,
        "item_name": "食品经营许可",
        "journey": "j-1",
        "state": applications.APPLICATION_STATE_ACCEPTED,
        "applicant": applications.MaskedApplicant(name="张**", id_type="resident_id", id_number="990101********1230"),
        "applicant_key": HOLDER,
        "materials": materials,
        "version": 1,
    }
    return applications.Application(**(fields | changes))


def issued_case(case_id: str = "case-1", *, until: date | None = None, **changes: Any) -> Any:
    """A case with its result."""
    result = cases.CaseResult(name="食品经营许可证", number=f"JY-{case_id}", issued_at=to_timestamp(MONDAY))
    if until is not None:
        result.validity.valid_from, result.validity.valid_until = "2026-11-23", until.isoformat()
    fields: dict[str, Any] = {
        "id": case_id,
        "number": "61090220261123001",
        "center_id": CENTER_ID,
        "department_key": DEPARTMENT,
        "decision": cases.Decision(outcome=cases.OUTCOME_APPROVED),
        "result": result,
        "version": 7,
    }
    return cases.Case(**(fields | changes))


def ended_case(case_id: str = "case-1") -> Any:
    """A case whose result was revoked."""
    case = issued_case(case_id, version=9)
    case.result.ended.kind, case.result.ended.reason = endings.RESULT_END_KIND_REVOKED, "以欺骗手段取得"
    case.result.ended.at.CopyFrom(to_timestamp(MONDAY) or case.result.issued_at)
    return case


def build_shelves(folder: Path) -> Shelves:
    """A library in a folder of the test's."""
    kept = store(folder, [*KINDS, *REFERENCE_KINDS])
    ids, encoder = seeded_ids(), EventEncoder("local", "certificates", TABLE)
    library = Library(
        holdings=Repository(kept, HOLDINGS, Holding, encoder, ids, keys=holding_keys, missing=holding_missing),
        looks=Repository(kept, LOOKS, Look, encoder, ids),
        reference=filled(
            kept, centers=[sample_center(), sample_center("610900")], items=[sample_item(materials=MATERIALS)]
        ),
        ids=ids,
    )
    return Shelves(library, kept, FixedClock(MONDAY))
