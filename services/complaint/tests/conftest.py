"""A complaint room on the real embedded store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kit.actor import PUBLIC, Actor
from kit.call import Call
from kit.clock import FixedClock
from kit.events import Event, EventEncoder
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, actor, call, seeded_ids, store
from reference import REFERENCE_KINDS
from reference.testing import DEPARTMENT, filled, set_policy
from services.complaint import handlers
from services.complaint.domain import Assignee, Complaint, Liability, Showing, Source, Topic
from services.complaint.events import TABLE
from services.complaint.handlers import COMPLAINTS, KINDS, SHOWINGS, ComplaintRoom, Filing

SUPERVISOR = actor("supervisor", id="supervisor-1")


@dataclass
class Bench:
    """The room, and the usual steps by the usual people."""

    room: ComplaintRoom
    store: SqliteStore
    clock: FixedClock

    def by(self, who: Actor, key: str = "", fingerprint: str = "") -> Call:
        return call(who, self.clock.now(), key, fingerprint)

    def file(
        self,
        who: Actor = PUBLIC,
        *,
        source: Source | None = None,
        text: str = "排队两小时无人叫号",
        anonymous: bool = False,
        name: str = "张三",
        phone: str = "13800005678",
        center_id: str = "610902",
        journey: str = "",
        key: str = "",
        fingerprint: str = "",
    ) -> Complaint:
        filing = Filing(
            center_id, source, Topic.EFFICIENCY, text, anonymous, name, phone, ticket_id="", case_id="", journey=journey
        )
        return handlers.file_complaint(room=self.room, call=self.by(who, key, fingerprint), filing=filing)

    def assign(
        self, it: Complaint, who: Actor = SUPERVISOR, department: str = DEPARTMENT, version: int = 0
    ) -> Complaint:
        return handlers.assign_complaint(
            room=self.room,
            call=self.by(who),
            complaint_id=it.id,
            assignee=Assignee(department, "staff-9", "王工"),
            expected_version=version,
        )

    def investigate(self, it: Complaint) -> Complaint:
        return handlers.investigate_complaint(
            room=self.room,
            call=self.by(SUPERVISOR),
            complaint_id=it.id,
            findings="叫号机故障未报修",
            liability=Liability.CENTER,
            expected_version=0,
        )

    def answer(self, it: Complaint) -> Complaint:
        return handlers.answer_complaint(
            room=self.room, call=self.by(SUPERVISOR), complaint_id=it.id, answer="已修复并致歉", expected_version=0
        )

    def call_back(self, it: Complaint, satisfied: bool = True) -> Complaint:
        return handlers.call_back_complaint(
            room=self.room,
            call=self.by(SUPERVISOR),
            complaint_id=it.id,
            satisfied=satisfied,
            note="已电话回访",
            expected_version=0,
        )

    def close(self, it: Complaint) -> Complaint:
        return handlers.close_complaint(
            room=self.room, call=self.by(SUPERVISOR), complaint_id=it.id, expected_version=0
        )

    def closed(self) -> Complaint:
        return self.close(self.call_back(self.answer(self.investigate(self.assign(self.file())))))

    def reopen(self, it: Complaint, who: Actor = PUBLIC, code: str = "") -> Complaint:
        return handlers.reopen_complaint(
            room=self.room, call=self.by(who), complaint_id=it.id, code=code, reason="问题再次出现"
        )

    def set_policy(self, **values: Any) -> None:
        set_policy(self.store, "610902", values, reference=self.room.reference)

    def told(self) -> list[Event]:
        """The events out, in order."""
        return [pending.event for pending in self.store.pending(1000)]

    def told_types(self) -> list[str]:
        return [event.type.split(".")[2] for event in self.told()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    kept = store(tmp_path, [*KINDS, *REFERENCE_KINDS])
    ids, encoder = seeded_ids(), EventEncoder("local", "complaint", TABLE)
    room = ComplaintRoom(
        complaints=Repository(kept, COMPLAINTS, Complaint, encoder, ids),
        showings=Repository(kept, SHOWINGS, Showing, encoder, ids),
        reference=filled(kept),
        ids=ids,
    )
    return Bench(room, kept, FixedClock(MONDAY))
