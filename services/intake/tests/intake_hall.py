"""A receiving desk on the real embedded store, with a ticket desk that answers from a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from kit.actor import Actor, service_actor
from kit.alarms import Sweeper
from kit.blobs.files import FileBlobs
from kit.call import Call
from kit.clock import FixedClock
from kit.errors import NotFound
from kit.events import Event, EventEncoder
from kit.privacy import person_key
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, actor, call, seeded_ids, store
from reference import REFERENCE_KINDS
from reference.papers.testing import sample_shelf
from reference.testing import CENTER_ID, ITEM_ID, filled
from services.intake.domain.application import Applicant, Application, DeliveryMethod
from services.intake.domain.bundle import Bundle
from services.intake.domain.denial import DenialReport
from services.intake.domain.draft import Draft
from services.intake.domain.hand_over import PaperList
from services.intake.domain.material import Declared, MaterialState
from services.intake.domain.showing import Showing
from services.intake.events import TABLE
from services.intake.handlers.alarms import alarms
from services.intake.handlers.desk import (
    APPLICATIONS,
    BUNDLES,
    DENIALS,
    DRAFTS,
    KINDS,
    LISTS,
    PAPERS_LETTER,
    SHOWINGS,
    Desk,
    application_keys,
    application_missing,
    bundle_keys,
    draft_keys,
    list_keys,
    list_missing,
)
from services.intake.handlers.library import OnFile, WantedPaper
from services.intake.handlers.receive import receive_application
from services.intake.handlers.tickets import ServedTicket

#: Made up: a region code that is not in use, and a right check digit.
RESIDENT_ID = "990101199001011230"
SECRET = b"a secret of the tests"

APPLICANT = Applicant("张三丰", "resident_id", RESIDENT_ID, "13800005678", "样例路2号")
CLERK = actor("clerk", id="staff-1")
CITIZEN = Actor(f"citizen:{person_key(SECRET, RESIDENT_ID)}", "张三丰", frozenset({"citizen"}))
COMPLETE = (Declared("application-form", MaterialState.HANDED_IN, originals=1),)


@dataclass
class TicketTable:
    """Tickets as queuing would answer them."""

    tickets: dict[str, ServedTicket] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def get(self, ticket_id: str, *, token: str) -> ServedTicket:
        self.asked.append((ticket_id, token))
        if ticket_id not in self.tickets:
            raise NotFound("ticket_not_found", "没有找到该号票。")
        return self.tickets[ticket_id]

    def change(self, ticket_id: str, **changes: Any) -> None:
        self.tickets[ticket_id] = replace(self.tickets[ticket_id], **changes)


@dataclass
class ScanTable:
    """Files from other places as relay would give them."""

    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, sha256: str, *, token: str) -> Iterator[bytes]:
        if sha256 not in self.files:
            raise NotFound("blob_not_found", "没有找到该文件。")
        return iter([self.files[sha256]])

    def keep(self, sha256: str, chunks: Iterator[bytes], *, token: str) -> None:
        self.files[sha256] = b"".join(chunks)


@dataclass
class LibraryTable:
    """What is on file, as certificates would answer it; ``trouble`` is what it raises instead."""

    papers: dict[str, OnFile] = field(default_factory=dict)
    trouble: Exception | None = None
    used: list[tuple[str, str, str]] = field(default_factory=list)

    def find(self, application: Application, wanted: Sequence[WantedPaper], *, token: str) -> list[OnFile]:
        if self.trouble is not None:
            raise self.trouble
        return [self.papers[each.material.key] for each in wanted if each.material.key in self.papers]

    def use(self, application: Application, wanted: WantedPaper, holding_id: str, *, token: str) -> OnFile:
        if self.trouble is not None:
            raise self.trouble
        found = self.papers.get(wanted.material.key)
        if found is None or found.holding_id != holding_id:
            raise NotFound("holding_not_found", "库中没有这份证照或材料，请刷新后重新选择。")
        self.used.append((application.id, wanted.material.key, holding_id))
        return found


@dataclass
class Hall:
    """The desk, its clock, and what it has told."""

    desk: Desk
    tickets: TicketTable
    store: SqliteStore
    clock: FixedClock

    def by(self, who: Actor = CLERK, **more: Any) -> Call:
        return call(who, self.clock.now(), **more)

    def pass_time(self, **by: float) -> None:
        """Moves the clock and lets every alarm that is due fire."""
        self.clock.advance(timedelta(**by))
        self.sweep()

    def sweep(self) -> int:
        return Sweeper(alarms(self.desk), self.clock, service_actor("intake")).sweep()

    def received(self, who: Actor = CLERK, **changes: Any) -> Application:
        arguments: dict[str, Any] = {
            "desk": self.desk,
            "call": self.by(who),
            "center_id": CENTER_ID,
            "item_id": ITEM_ID,
            "ticket_id": "ticket-1" if who.has("clerk", "chief") else "",
            "applicant": APPLICANT,
            "declared": COMPLETE,
            "delivery": DeliveryMethod.WINDOW,
            "form_json": "",
        }
        return receive_application(**(arguments | changes))

    def now(self, application: Application) -> Application:
        return self.desk.applications.get(application.id)

    @property
    def events(self) -> list[Event]:
        return [pending.event for pending in self.store.pending(1000)]

    def told(self) -> list[str]:
        """The names of all events so far, in order."""
        return [event.type.split(".")[2] for event in self.events]


class MakeHall(Protocol):
    """Builds a hall whose center has these settings; ``items`` and so on as in ``reference.testing.filled``."""

    def __call__(self, policy: dict[str, Any] | None = None, **reference: Any) -> Hall: ...


def build_hall(folder: Path, policy: dict[str, Any] | None = None, **reference: Any) -> Hall:
    """A hall on a fresh store, on a Monday at ten."""
    folder.mkdir()
    kept = store(folder, [*KINDS, *REFERENCE_KINDS])
    ids = seeded_ids()
    encoder = EventEncoder("local", "intake", TABLE)
    tickets = TicketTable({"ticket-1": ServedTicket("ticket-1", CENTER_ID, ITEM_ID, True, "staff-1", "03", "j-1")})
    desk = Desk(
        applications=Repository(
            kept, APPLICATIONS, Application, encoder, ids, keys=application_keys, missing=application_missing
        ),
        showings=Repository(kept, SHOWINGS, Showing, encoder, ids),
        denials=Repository(kept, DENIALS, DenialReport, encoder, ids),
        drafts=Repository(kept, DRAFTS, Draft, encoder, ids, keys=draft_keys),
        bundles=Repository(kept, BUNDLES, Bundle, encoder, ids, keys=bundle_keys),
        lists=Repository(kept, LISTS, PaperList, encoder, ids, keys=list_keys, missing=list_missing),
        reference=filled(kept, policy=policy, **reference),
        tickets=tickets,
        scans=ScanTable(),
        library=LibraryTable(),
        blobs=FileBlobs(folder / "blobs"),
        shelf=sample_shelf(kept, folder / "blobs", encoder, ids, letter=PAPERS_LETTER),
        ids=ids,
        secret=SECRET,
        public_url="http://127.0.0.1:8080",
    )
    return Hall(desk, tickets, kept, FixedClock(MONDAY))
