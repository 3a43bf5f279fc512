"""An archive room on the real embedded store, with the events of other services put into it as their services tell them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from kit.actor import Actor, service_actor
from kit.alarms import Sweeper
from kit.blobs.files import FileBlobs
from kit.blobs.uses import KEPT_FILES, KeptFile, Uses
from kit.call import Call
from kit.clock import FixedClock
from kit.consumer import Delivery
from kit.errors import NotFound
from kit.events import Event, EventEncoder, event_type
from kit.privacy import person_key
from kit.store.port import AlreadyApplied
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, actor, call, seeded_ids, store
from kit.timestamps import to_timestamp
from reference import REFERENCE_KINDS
from reference.testing import CENTER_ID, DEPARTMENT, ITEM_ID, filled, set_policy
from services.archive import handlers
from services.archive.domain.case_file import CaseFile, CaseHead
from services.archive.domain.destruction import Destruction
from services.archive.domain.entries import Entry, Origin
from services.archive.domain.hand_over import HandOver
from services.archive.domain.looks import Look
from services.archive.events import TABLE, subscription
from services.archive.handlers import (
    CASE_FILES,
    DESTRUCTIONS,
    HAND_OVERS,
    KINDS,
    LOOKS,
    UPGRADES,
    ArchiveRoom,
    case_file_keys,
    settling_keys,
)
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import messages_pb2 as cases
from tongban.complaint.v1 import events_pb2 as complaint
from tongban.complaint.v1 import messages_pb2 as complaints
from tongban.evaluation.v1 import events_pb2 as evaluation
from tongban.evaluation.v1 import messages_pb2 as evaluations
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import messages_pb2 as applications

SECRET = b"archive-secret"
RESIDENT_ID = "990101199001011230"
CLERK = actor("clerk", id="clerk-1")
RECEIVER = actor("reviewer", id="archivist-1")
SCAN = b"%PDF-1.4 scan of the form\n<< /Type /Pages /Count 3 >>\n%%EOF\n"
#: What the metadata of a PDF/A say.
PDF_A = b"<pdfaid:part>2</pdfaid:part>"
SCAN_SHA256 = hashlib.sha256(SCAN).hexdigest()


class Shelf:
    """Where contents are before they are kept: what intake and approval_routing would answer."""

    def __init__(self) -> None:
        self.reads: list[str] = []
        self.gone: set[str] = set()
        self.instead: dict[str, bytes] = {}

    def read(self, case_id: str, entry: Entry, *, token: str, once: str) -> Iterator[bytes]:
        self.reads.append(entry.ref)
        if entry.ref in self.gone:
            raise NotFound("upload_discarded", "该件未办成，材料扫描件已按保存期限清除。")
        if entry.origin is Origin.UPLOAD:
            yield self.instead.get(entry.ref, SCAN)
        else:
            yield b"%PDF-1.7 " + entry.title.encode() + PDF_A + b"\n%%EOF\n"


def printed(file: CaseFile, at: datetime) -> bytes:
    """A contents list as a paper, quickly."""
    return b"%PDF-1.7 list of " + file.id.encode() + str(len(file.entries)).encode() + PDF_A + b"\n%%EOF\n"


@dataclass
class Rooms:
    """The room, and the life of a case as its services tell it."""

    room: ArchiveRoom
    store: SqliteStore
    clock: FixedClock
    shelf: Shelf
    told_events: int = 0
    deliveries: list[tuple[str, Event]] = field(default_factory=list)

    def by(self, who: Actor = CLERK, key: str = "") -> Call:
        return call(who, self.clock.now(), key, key)

    def pass_days(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))

    # ── Events in ────────────────────────────────────────────────────────────────────────────────────────────

    def hear(self, service: str, message: Message, *, by: str = "王工", journey: str = "j-1") -> Event:
        """Delivers an event as the consumer would, and once more: the second time does nothing."""
        self.told_events += 1
        event = Event(
            id=f"event-{self.told_events}",
            type=event_type(service, type(message).__name__),
            source=f"local/{service}",
            subject="case-1",
            journey=journey,
            at=self.clock.now(),
            data=message.SerializeToString(),
            actor_name=by,
        )
        self.deliver(event)
        before = self.files()
        self.deliver(event)
        assert self.files() == before
        return event

    def deliver(self, event: Event) -> None:
        listens = subscription(self.room)
        delivery = Delivery(event, listens.group, Call(service_actor("archive"), self.clock.now()))
        with contextlib.suppress(AlreadyApplied):
            listens.handlers[event.type](delivery)

    def received(self, case_id: str = "case-1", *, id_number: str = RESIDENT_ID, **changes: Any) -> None:
        self.hear("intake", intake.ApplicationReceived(application=self.application(case_id, id_number, **changes)))

    def application(self, case_id: str = "case-1", id_number: str = RESIDENT_ID, **changes: Any) -> Any:
        fields: dict[str, Any] = {
            "id": case_id,
            "number": f"6109022026112300{case_id.rpartition('-')[2]}",
            "center_id": CENTER_ID,
            "item_id": ITEM_ID,
            "item_version": 1,
            "item_name": "食品经营许可",
            "department_key": DEPARTMENT,
            "item_kind": "promised",
            "journey": "j-1",
            "state": applications.APPLICATION_STATE_RECEIVED,
            "applicant": applications.MaskedApplicant(
                name="张**", id_type="resident_id", id_number="990101********1230"
            ),
            "applicant_key": person_key(SECRET, id_number),
            "received_at": to_timestamp(self.clock.now()),
            "responsible_staff_id": "clerk-1",
            "responsible_staff_name": "李窗口",
            "materials": [material()],
            "papers": [paper("p-1", applications.PAPER_KIND_RECEIPT, "收件凭证")],
        }
        return applications.Application(**(fields | changes))

    def accepted(self, case_id: str = "case-1", **changes: Any) -> None:
        papers = [
            paper("p-1", applications.PAPER_KIND_RECEIPT, "收件凭证"),
            paper("p-2", applications.PAPER_KIND_ACCEPTANCE, "受理通知书"),
        ]
        fields: dict[str, Any] = {"state": applications.APPLICATION_STATE_ACCEPTED, "papers": papers}
        application = self.application(case_id, **(fields | changes))
        self.hear("intake", intake.ApplicationAccepted(application=application))

    def case(self, case_id: str = "case-1", *, passed: bool = True, **changes: Any) -> Any:
        step = cases.CaseStep(
            key="review",
            name="审查",
            state=cases.STEP_STATE_PASSED if passed else cases.STEP_STATE_OPEN,
            opinion="符合条件，建议准予",
        )
        fields: dict[str, Any] = {
            "id": case_id,
            "number": f"6109022026112300{case_id.rpartition('-')[2]}",
            "center_id": CENTER_ID,
            "item_id": ITEM_ID,
            "item_version": 1,
            "item_name": "食品经营许可",
            "department_key": DEPARTMENT,
            "item_kind": "promised",
            "journey": "j-1",
            "accepted_at": to_timestamp(self.clock.now()),
            "steps": [step],
            "responsible_staff_id": "clerk-1",
            "responsible_staff_name": "李窗口",
        }
        return cases.Case(**(fields | changes))

    def decided(self, case_id: str = "case-1", **changes: Any) -> Any:
        decision = cases.Decision(
            outcome=cases.OUTCOME_APPROVED,
            number="610902准〔2026〕000001号",
            decided_by_name="王工",
            decided_at=to_timestamp(self.clock.now()),
        )
        return self.case(case_id, **({"decision": decision} | changes))

    def ended(self, case_id: str = "case-1") -> CaseFile:
        """A whole life: received, accepted, reviewed, decided, issued, delivered."""
        self.received(case_id)
        self.accepted(case_id)
        self.handled(case_id)
        return self.file(case_id)

    def handled(self, case_id: str = "case-1") -> None:
        """From the opened case to the delivered result."""
        self.hear("approval_routing", approval.CaseOpened(case=self.case(case_id, passed=False)))
        self.hear("approval_routing", approval.StepPassed(case=self.case(case_id), step_key="review"))
        self.hear("approval_routing", approval.CaseDecided(case=self.decided(case_id)))
        result = cases.CaseResult(
            name="食品经营许可证", number="JY16109020000001", issued_at=to_timestamp(self.clock.now())
        )
        self.hear("approval_routing", approval.ResultIssued(case=self.decided(case_id, result=result)))
        result.method, result.received_by = "window", "张**"
        result.delivered_at.FromDatetime(self.clock.now())
        self.hear("approval_routing", approval.ResultDelivered(case=self.decided(case_id, result=result)))

    def evaluated(self, case_id: str = "case-1") -> None:
        said = evaluations.Evaluation(
            subject_kind=evaluations.SUBJECT_KIND_CASE,
            subject_id=case_id,
            level=evaluations.LEVEL_VERY_SATISFIED,
            journey="j-1",
        )
        self.hear("evaluation", evaluation.EvaluationSubmitted(evaluation=said))

    def complained(self, **about: Any) -> None:
        said = complaints.Complaint(number="TS610902-2026-00001", topic=complaints.TOPIC_EFFICIENCY, **about)
        self.hear("complaint", complaint.ComplaintFiled(complaint=said))

    # ── Use cases ────────────────────────────────────────────────────────────────────────────────────────────

    def file_away(self, case_id: str = "case-1", despite: str = "", who: Actor = CLERK) -> CaseFile:
        return handlers.file_case(
            room=self.room, call=self.by(who), file_id=case_id, despite=despite, expected_version=0
        )

    def propose(self, *case_ids: str, who: Actor = CLERK, key: str = "", receiver: str = RECEIVER.id) -> HandOver:
        return handlers.propose_hand_over(
            room=self.room,
            call=self.by(who, key),
            center_id=CENTER_ID,
            file_ids=case_ids or ("case-1",),
            receiver_id=receiver,
            receiver_name="赵档案",
        )

    def confirm(self, hand_over: HandOver, who: Actor = RECEIVER) -> HandOver:
        return handlers.confirm_hand_over(
            room=self.room,
            call=self.by(who),
            hand_over_id=hand_over.id,
            list_sha256=hand_over.list_sha256,
            expected_version=0,
        )

    def package(self, hand_over: HandOver, who: Actor = RECEIVER) -> bytes:
        now = self.room.hand_overs.get(hand_over.id)
        return b"".join(handlers.package(room=self.room, call=self.by(who), hand_over=now))

    def sweep(self) -> None:
        alarms = [*handlers.alarms(self.room), handlers.carrying_out(self.room), *self.room.uses.alarms()]
        Sweeper(alarms, self.clock, service_actor("archive")).sweep()

    def set_policy(self, **values: Any) -> None:
        set_policy(self.store, CENTER_ID, values, reference=self.room.reference)

    # ── What is there ────────────────────────────────────────────────────────────────────────────────────────

    def file(self, case_id: str = "case-1") -> CaseFile:
        return self.room.files.get(case_id)

    def files(self) -> list[CaseFile]:
        return list(self.room.files.each("by_center", center_id=CENTER_ID))

    def titles(self, case_id: str = "case-1") -> list[str]:
        return [entry.title for entry in self.file(case_id).entries]

    def told(self) -> list[str]:
        """The events out by their type, in order."""
        return [pending.event.type.split(".")[2] for pending in self.store.pending(1000)]


def material(**changes: Any) -> Any:
    """The form, handed in as a scan."""
    fields: dict[str, Any] = {
        "key": "application-form",
        "name": "申请书",
        "main": True,
        "state": applications.MATERIAL_STATE_HANDED_IN,
        "originals": 1,
        "uploads": [
            applications.Upload(sha256=SCAN_SHA256, filename="申请书.pdf", media_type="application/pdf", size=len(SCAN))
        ],
    }
    return applications.ApplicationMaterial(**(fields | changes))


def paper(id: str, kind: Any, title: str) -> Any:
    """An issued paper."""
    return applications.Paper(
        id=id, kind=kind, number=f"610902〔2026〕{id}", title=title, issued_at=to_timestamp(MONDAY), issued_by="李窗口"
    )


def build_rooms(folder: Path) -> Rooms:
    """A room in a folder of the test's."""
    kept = store(folder, [*KINDS, *REFERENCE_KINDS])
    ids, encoder, shelf = seeded_ids(), EventEncoder("local", "archive", TABLE), Shelf()
    blobs = FileBlobs(folder / "blobs")
    files = Repository(kept, CASE_FILES, CaseFile, encoder, ids, keys=case_file_keys, upgrades=UPGRADES)
    room = ArchiveRoom(
        files=files,
        heads=files.heads(CaseHead),
        hand_overs=Repository(kept, HAND_OVERS, HandOver, encoder, ids, keys=settling_keys),
        destructions=Repository(kept, DESTRUCTIONS, Destruction, encoder, ids, keys=settling_keys),
        looks=Repository(kept, LOOKS, Look, encoder, ids),
        reference=filled(kept),
        originals=shelf,
        print_catalogue=printed,
        print_receipt=lambda hand_over: b"%PDF-1.7 receipt of " + hand_over.number.encode() + b"\n%%EOF\n",
        blobs=blobs,
        uses=Uses("archive", Repository(kept, KEPT_FILES, KeptFile, encoder, ids), blobs),
        ids=ids,
        secret=SECRET,
    )
    return Rooms(room, kept, FixedClock(MONDAY), shelf)
