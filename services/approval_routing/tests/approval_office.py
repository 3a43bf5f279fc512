"""An office on the real embedded store, fed with events as intake and catalog send them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from kit.actor import Actor, service_actor
from kit.call import Call
from kit.clock import FixedClock
from kit.consumer import Delivery
from kit.events import Event, EventEncoder, event_type
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, actor, call, seeded_ids, store
from kit.workdays import Calendar
from reference import REFERENCE_KINDS
from reference.papers.testing import sample_shelf
from reference.testing import CENTER_ID, DEPARTMENT, ITEM_ID, filled, set_calendar
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.domain.hearing import HearingWatch
from services.approval_routing.domain.licences import Licence
from services.approval_routing.domain.pick_up import Taker
from services.approval_routing.domain.talk import Inquiry
from services.approval_routing.domain.tasks import Task
from services.approval_routing.events import TABLE, subscriptions
from services.approval_routing.handlers import deciding, delivery, extending, procedures, work
from services.approval_routing.handlers.case_file import case_file
from services.approval_routing.handlers.charges import SETTLED_BILLS, SettledBill
from services.approval_routing.handlers.hearings import HEARINGS, hearing_keys
from services.approval_routing.handlers.licences import LICENCES, licence_keys
from services.approval_routing.handlers.office import PAPERS_LETTER, Office
from services.approval_routing.handlers.talk import INQUIRIES, inquiry_keys
from services.approval_routing.handlers.tasks import KINDS, TASKS, task_keys
from services.approval_routing.tests.approval_doubles import FULL_NAME, CarriedPapers, Duties, NameTable, Reports
from tongban.catalog.v1 import events_pb2 as catalog
from tongban.catalog.v1 import messages_pb2 as catalog_messages
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import messages_pb2 as intake_messages

REVIEWER = actor("reviewer", id="reviewer-1", department=DEPARTMENT)
CHIEF = actor("chief", id="chief-1", department=DEPARTMENT)
APPROVER = actor("approver", id="approver-1", department=DEPARTMENT)
CLERK = actor("clerk", id="clerk-1")
MANAGER = actor("manager", id="manager-1")

#: Who comes with a document that is right and signs; the smallest picture there is.
SIGNATURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe"
    "0def46b80000000049454e44ae426082"
)
TAKER = Taker(id_type="resident_id", id_number="990101199001011230", check="seen", signature=SIGNATURE)


@dataclass
class Bench:
    """The office, its clock, and what it has told."""

    office: Office
    names: NameTable
    papers: CarriedPapers
    reports: Reports
    duties: Duties
    store: SqliteStore
    clock: FixedClock
    sent: int = 0

    def by(self, who: Actor, **more: Any) -> Call:
        return call(who, self.clock.now(), **more)

    def pass_time(self, **by: float) -> datetime:
        return self.clock.advance(timedelta(**by))

    def deliver(self, service: str, message: Message, id: str = "") -> None:
        """Hands an event to every group that listens to it."""
        name = type(message).__name__
        self.sent += 1
        event = Event(
            id=id or f"event-{self.sent}",
            type=event_type(service, name),
            source=f"local/{service}",
            subject="s",
            journey="j-1",
            at=self.clock.now(),
            data=message.SerializeToString(),
        )
        self.receive(event)

    def catch_up(self) -> None:
        """Hands the service its own events, as the bus does, so that work lists follow."""
        for event in self.events:
            self.receive(event)

    def receive(self, event: Event) -> None:
        self_call = Call(service_actor("approval_routing"), self.clock.now())
        for subscription in subscriptions(self.office):
            handler = subscription.any_event or subscription.handlers.get(event.type)
            if not event.type.startswith(tuple(topic.removesuffix(".v1") + "." for topic in subscription.topics)):
                continue
            if handler is not None:
                handler(Delivery(event, subscription.group, self_call))

    def opened(self, id: str = "a-1", *, event: str = "", **changes: Any) -> Case:
        """A case as it comes from an accepted application."""
        self.deliver("intake", accepted(id, self.clock.now(), **changes), event)
        return self.office.cases.get(id)

    def change_calendar(self, calendar: Calendar, center_id: str = CENTER_ID, event: str = "") -> None:
        """A calendar changes in the service's own copy, and then its event comes."""
        set_calendar(self.store, center_id, calendar, reference=self.office.reference)
        self.tell_calendar(self.office.reference.calendar(center_id), center_id, event)

    def tell_calendar(self, calendar: Calendar, center_id: str = CENTER_ID, event: str = "", **said: str) -> None:
        data = Struct()
        data.update(dict(calendar.to_data()))
        message = catalog_messages.Calendar(center_id=center_id, data=data, version=calendar.version)
        self.deliver("catalog", catalog.CalendarChanged(calendar=message, **said), event)

    def now_of(self, id: str) -> Case:
        return self.office.cases.get(id)

    def now(self, case: Case) -> Case:
        return self.office.cases.get(case.id)

    @property
    def events(self) -> list[Event]:
        return [pending.event for pending in self.store.pending(1000)]

    def told(self) -> list[str]:
        """The names of all events so far, in order."""
        return [event.type.split(".")[2] for event in self.events]

    # ── What officers do ─────────────────────────────────────────────────────────────────────────────────────

    def claim(self, case: Case, who: Actor = REVIEWER, version: int = 0, step_key: str = "") -> Case:
        return work.claim_step(
            office=self.office, call=self.by(who), case_id=case.id, expected_version=version, step_key=step_key
        )

    def release(self, case: Case, who: Actor = REVIEWER, version: int = 0) -> Case:
        return work.release_step(office=self.office, call=self.by(who), case_id=case.id, expected_version=version)

    def pass_step(
        self, case: Case, who: Actor = REVIEWER, version: int = 0, opinion: str = "", step_key: str = ""
    ) -> Case:
        return work.pass_step(
            office=self.office,
            call=self.by(who),
            case_id=case.id,
            opinion=opinion,
            expected_version=version,
            step_key=step_key,
        )

    def send_back(self, case: Case, who: Actor = REVIEWER, version: int = 0, reason: str = "请补充意见") -> Case:
        return work.return_step(
            office=self.office, call=self.by(who), case_id=case.id, reason=reason, expected_version=version
        )

    def reject(self, case: Case, who: Actor = REVIEWER, version: int = 0, reason: str = "不符合条件") -> Case:
        return work.reject_step(
            office=self.office, call=self.by(who), case_id=case.id, reason=reason, expected_version=version
        )

    def decide(
        self,
        case: Case,
        who: Actor = APPROVER,
        version: int = 0,
        *,
        outcome: Outcome | None = Outcome.APPROVED,
        reason: str = "",
        basis: str = "",
    ) -> Case:
        return deciding.decide_case(
            office=self.office,
            call=self.by(who),
            case_id=case.id,
            outcome=outcome,
            reason=reason,
            basis=basis,
            expected_version=version,
        )

    def pause(
        self,
        case: Case,
        who: Actor = REVIEWER,
        version: int = 0,
        *,
        kind: str = "expert_review",
        days: int = 5,
        reason: str = "组织专家评审",
    ) -> Case:
        return procedures.pause_case(
            office=self.office,
            call=self.by(who),
            case_id=case.id,
            kind=kind,
            expected_days=days,
            reason=reason,
            expected_version=version,
        )

    def extend(
        self,
        case: Case,
        who: Actor = REVIEWER,
        version: int = 0,
        *,
        amount: int = 10,
        reason: str = "需要向外地核实材料",
        approved_by: str = "李局长",
    ) -> Case:
        return extending.extend_case(
            office=self.office,
            call=self.by(who),
            case_id=case.id,
            amount=amount,
            reason=reason,
            approved_by=approved_by,
            expected_version=version,
        )

    def review(
        self, case: Case, who: Actor = MANAGER, version: int = 0, *, granted: bool = True, opinion: str = ""
    ) -> Case:
        return extending.review_extension(
            office=self.office,
            call=self.by(who),
            case_id=case.id,
            granted=granted,
            opinion=opinion,
            expected_version=version,
        )

    def resume(self, case: Case, who: Actor = REVIEWER, version: int = 0) -> Case:
        return procedures.resume_case(office=self.office, call=self.by(who), case_id=case.id, expected_version=version)

    def issue(self, case: Case, who: Actor = CLERK, version: int = 0) -> Case:
        return delivery.issue_result(office=self.office, call=self.by(who), case_id=case.id, expected_version=version)

    def hand_out(
        self,
        case: Case,
        who: Actor = CLERK,
        version: int = 0,
        *,
        method: str = "window",
        received_by: str = FULL_NAME,
        tracking_number: str = "",
        taker: Taker = TAKER,
    ) -> Case:
        return delivery.deliver_result(
            office=self.office,
            call=self.by(who),
            case_id=case.id,
            method=method,
            received_by=received_by,
            tracking_number=tracking_number,
            expected_version=version,
            taker=taker,
        )

    def give_back(self, case: Case, who: Actor = CLERK, version: int = 0, reason: str = "无人领取") -> Case:
        return delivery.return_result(
            office=self.office, call=self.by(who), case_id=case.id, reason=reason, expected_version=version
        )

    def at_last_step(self, id: str = "a-1") -> Case:
        """A case whose first two steps were passed and whose last is claimed."""
        case = self.opened(id)
        for who in (REVIEWER, CHIEF):
            self.claim(case, who)
            self.pass_step(case, who)
        return self.claim(case, APPROVER)

    def approved(self, id: str = "a-1") -> Case:
        return self.decide(self.at_last_step(id))

    def denied(self, id: str = "a-1") -> Case:
        case = self.at_last_step(id)
        return self.decide(case, outcome=Outcome.DENIED, reason="场地不足五十平方米", basis="样例条例第十八条")


def accepted(id: str, at: datetime, **changes: Any) -> intake.ApplicationAccepted:
    """What intake tells when it has accepted an application."""
    application = intake_messages.Application(
        id=id,
        number=f"61090220261123{id}",
        center_id=CENTER_ID,
        item_id=ITEM_ID,
        item_version=1,
        item_name="食品经营许可",
        department_key=DEPARTMENT,
        item_kind="promised",
        applicant=intake_messages.MaskedApplicant(name="张**", id_number="990101********1230"),
        journey="j-1",
        code=f"code-{id}",
        delivery=intake_messages.DELIVERY_METHOD_POST,
        responsible_staff_id="clerk-1",
        responsible_staff_name="王小窗",
        window_number="07",
    )
    application.accepted_at.FromDatetime(changes.pop("accepted_at", at))
    for name, value in changes.items():
        setattr(application, name, value)
    return intake.ApplicationAccepted(application=application)


class MakeBench(Protocol):
    """Builds an office whose center has these settings; ``items`` and so on as in ``reference.testing.filled``."""

    def __call__(self, policy: dict[str, Any] | None = None, **reference: Any) -> Bench: ...


def build_bench(folder: Path, policy: dict[str, Any] | None = None, **reference: Any) -> Bench:
    """An office on a fresh store, on a Monday at ten."""
    folder.mkdir()
    kept = store(folder, [*KINDS, *REFERENCE_KINDS])
    ids, names, papers, reports, duties = seeded_ids(), NameTable(), CarriedPapers(), Reports(), Duties()
    encoder = EventEncoder("local", "approval_routing", TABLE)
    office = Office(
        cases=case_file(kept, encoder, ids, sole=True),
        tasks=Repository(kept, TASKS, Task, encoder, ids, keys=task_keys),
        inquiries=Repository(kept, INQUIRIES, Inquiry, encoder, ids, keys=inquiry_keys),
        hearings=Repository(kept, HEARINGS, HearingWatch, encoder, ids, keys=hearing_keys),
        settled_bills=Repository(kept, SETTLED_BILLS, SettledBill, encoder, ids),
        licences=Repository(kept, LICENCES, Licence, encoder, ids, keys=licence_keys),
        reference=filled(kept, policy=policy, **reference),
        applicants=names,
        papers=papers,
        denial_reports=reports,
        colleagues=duties,
        shelf=sample_shelf(kept, folder / "blobs", encoder, ids, letter=PAPERS_LETTER),
        ids=ids,
        public_url="http://127.0.0.1:8080",
    )
    return Bench(office, names, papers, reports, duties, kept, FixedClock(MONDAY))


class Use(Protocol):
    """What somebody does with a case, seeing a version of it."""

    def __call__(self, bench: Bench, case: Case, who: Actor, version: int, /) -> Case: ...
