"""The books: everything that was acknowledged is there, once, in exactly one final state; every event had its effect."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cli.demo.cast import World
from cli.demo.desk import Desk
from cli.demo.rest import Json
from cli.sample.people import Role

#: Where a ticket, an application and a case may end.
_TICKET_ENDS: Final = {"finished", "missed", "cancelled", "expired"}
_APPLICATION_ENDS: Final = {"accepted", "refused", "withdrawn"}
_CASE_ENDS: Final = {"delivered"}
#: Events, and which acknowledged requests must each have caused exactly one.
EXPECTED: Final[Mapping[str, tuple[str, ...]]] = {
    "tongban.queuing.ticket_taken.v1": ("tickets",),
    "tongban.queuing.ticket_called.v1": ("calls",),
    "tongban.queuing.ticket_recalled.v1": ("recalls",),
    "tongban.queuing.ticket_missed.v1": ("misses",),
    "tongban.queuing.ticket_returned.v1": ("returns",),
    "tongban.queuing.ticket_transferred.v1": ("transfers",),
    "tongban.queuing.ticket_held.v1": ("holds",),
    "tongban.queuing.ticket_resumed.v1": ("resumes",),
    "tongban.queuing.serving_started.v1": ("services",),
    "tongban.queuing.ticket_finished.v1": ("finished",),
    "tongban.queuing.ticket_cancelled.v1": ("cancelled",),
    "tongban.intake.application_received.v1": ("applications",),
    "tongban.intake.application_accepted.v1": ("accepted",),
    "tongban.intake.application_refused.v1": ("refused",),
    "tongban.intake.application_withdrawn.v1": ("withdrawn",),
    "tongban.intake.supplement_requested.v1": ("noticed",),
    "tongban.intake.supplement_handed_in.v1": ("supplemented",),
    "tongban.approval_routing.case_opened.v1": ("accepted",),
    "tongban.approval_routing.step_claimed.v1": ("claims",),
    "tongban.approval_routing.step_passed.v1": ("passes",),
    "tongban.approval_routing.step_returned.v1": ("step_returns",),
    "tongban.approval_routing.step_rejected.v1": ("rejections",),
    "tongban.approval_routing.case_paused.v1": ("pauses",),
    "tongban.approval_routing.case_resumed.v1": ("case_resumes",),
    "tongban.approval_routing.case_decided.v1": ("decisions",),
    "tongban.approval_routing.result_issued.v1": ("results",),
    "tongban.approval_routing.result_delivered.v1": ("deliveries",),
    "tongban.fees.bill_computed.v1": ("computed",),
    "tongban.fees.bill_paid.v1": ("paid",),
    "tongban.evaluation.evaluation_submitted.v1": ("evaluated",),
    "tongban.evaluation.rectification_answered.v1": ("rectification_answers",),
    "tongban.evaluation.rectification_closed.v1": ("rectifications_closed",),
    "tongban.complaint.complaint_filed.v1": ("complaints",),
    "tongban.complaint.complaint_closed.v1": ("complaints_closed",),
    "tongban.complaint.complaint_reopened.v1": ("reopened",),
}
#: How long the books may take to settle after the last request, in seconds of real time.
_SETTLING: Final = 60.0


@dataclass
class Books:
    """What the site says at the end, and what is wrong with it."""

    tickets: list[Json] = field(default_factory=list)
    applications: list[Json] = field(default_factory=list)
    cases: list[Json] = field(default_factory=list)
    evaluations: list[Json] = field(default_factory=list)
    rectifications: list[Json] = field(default_factory=list)
    complaints: list[Json] = field(default_factory=list)
    cards: list[Json] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.duplicated or self.unfinished)

    @property
    def on_time(self) -> tuple[int, int]:
        """Cases decided by their promised day, and cases decided."""
        decided = [one for one in self.cases if one["decision"] is not None]
        kept = [
            one for one in decided if one["due_at"] is None or _at(one["decision"]["decided_at"]) <= _at(one["due_at"])
        ]
        return len(kept), len(decided)


def draw_up(world: World, desk: Desk) -> Books:
    """Reads everything back through the API, waiting for the last events to arrive, and compares."""
    end = time.monotonic() + _SETTLING
    while True:
        books = _read(world)
        _compare(books, world, desk)
        if books.balanced or time.monotonic() > end:
            return books
        time.sleep(0.5)


def _read(world: World) -> Books:
    books = Books()
    day = world.opening.date().isoformat()
    for center in world.centers.values():
        manager, supervisor, path = center.one(Role.MANAGER), center.one(Role.SUPERVISOR), f"centers/{center.id}"
        books.tickets += manager.pages(f"{path}/tickets", day=day)
        books.applications += manager.pages(f"{path}/applications")
        books.cases += manager.pages(f"{path}/cases", scope="center")
        books.evaluations += supervisor.pages(f"{path}/evaluations")
        books.rectifications += supervisor.pages(f"{path}/rectifications")
        books.complaints += supervisor.pages(f"{path}/complaints")
        books.cards += supervisor.pages(f"{path}/cards")
        for one in supervisor.get(f"{path}/tally")["items"]:
            books.tally[one["type"]] += one["events"]
    return books


def _compare(books: Books, world: World, desk: Desk) -> None:
    answered = world.account.answered
    _same_number(books, "tickets", [one["id"] for one in books.tickets], answered.get("tickets", 0))
    _same_number(books, "applications", [one["id"] for one in books.applications], answered.get("applications", 0))
    _same_number(books, "cases", [one["id"] for one in books.cases], answered.get("accepted", 0))
    _same_number(books, "complaints", [one["id"] for one in books.complaints], answered.get("complaints", 0))
    numbers = Counter((one["center_id"], one["number"]) for one in books.tickets)
    books.duplicated += [
        f"ticket number {number} of {center}" for (center, number), times in numbers.items() if times > 1
    ]
    for visit, application in desk.applications.items():
        if application["id"] not in {one["id"] for one in books.applications}:
            books.lost.append(f"application of visit {visit}")
    finished = [one for one in books.tickets if one["state"] == "finished"]
    invited = Counter(one["subject_id"] for one in books.evaluations)
    books.lost += [f"invitation for ticket {one['number']}" for one in finished if not invited[one["id"]]]
    books.duplicated += [f"invitations for {subject}" for subject, times in invited.items() if times > 1]
    for what, documents, ends in (
        ("ticket", books.tickets, _TICKET_ENDS),
        ("application", books.applications, _APPLICATION_ENDS),
        ("case", books.cases, _CASE_ENDS),
        ("rectification", books.rectifications, {"closed"}),
        ("complaint", books.complaints, {"closed"}),
    ):
        books.unfinished += [
            f"{what} {one.get('number') or one['id']} is {one['state']}"
            for one in documents
            if one["state"] not in ends
        ]
    negative = [one for one in books.evaluations if one["level"] in ("dissatisfied", "very_dissatisfied")]
    _same_number(books, "rectifications", [one["id"] for one in books.rectifications], len(negative))
    for type, causes in EXPECTED.items():
        wanted, found = sum(answered.get(cause, 0) for cause in causes), books.tally[type]
        if found < wanted:
            books.lost.append(f"{wanted - found} × {type}")
        elif found > wanted:
            books.duplicated.append(f"{found - wanted} × {type}")


def _same_number(books: Books, what: str, ids: list[str], acknowledged: int) -> None:
    once = len(set(ids))
    if once < acknowledged:
        books.lost.append(f"{acknowledged - once} {what}")
    if len(ids) > once or once > acknowledged:
        books.duplicated.append(f"{max(len(ids) - once, once - acknowledged)} {what}")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
