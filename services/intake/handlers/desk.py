"""What every use case of intake works with, and how its documents are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kit.alarms import ALARMS
from kit.blobs.port import Blobs
from kit.clock import to_ms
from kit.errors import NotFound
from kit.ids import Ids
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from reference import Reference
from reference.papers.shelf import SHELF_KINDS, Shelf
from services.intake.domain.application import Application
from services.intake.domain.bundle import Bundle
from services.intake.domain.denial import DenialReport
from services.intake.domain.draft import Draft
from services.intake.domain.hand_over import PaperList
from services.intake.domain.showing import Showing
from services.intake.handlers.library import CertificateLibrary
from services.intake.handlers.scans import Scans
from services.intake.handlers.tickets import Tickets

APPLICATIONS: Final = Kind(
    "application",
    (
        Index("by_code", ("code",), unique=True),
        Index("by_number", ("number",), unique=True),
        Index("by_crossing", ("crossing_id",), unique=True),
        Index("by_center", ("center_id", "received_at")),
        Index("by_center_state", ("center_id", "state", "received_at")),
        Index("by_ticket", ("center_id", "ticket_id", "received_at")),
        Index("by_holder", ("holder_key", "received_at")),
        Index("by_owing", ("center_id", "owing_until")),
        Index("by_barring", ("center_id", "barred_since")),
        Index("by_barred", ("barred_key",)),
        Index("by_undertaking", ("center_id", "undertaking_state", "undertaking_at")),
        Index("by_breached", ("breached_key",)),
        Index("by_holder_state", ("holder_key", "state", "received_at")),
        ALARMS,
    ),
)
SHOWINGS: Final = Kind("showing", (Index("by_application", ("application_id", "shown_at")),))
DENIALS: Final = Kind(
    "denial_report",
    (
        Index("by_center", ("center_id", "filed_at")),
        Index("by_center_state", ("center_id", "state", "filed_at")),
        Index("by_application", ("application_id", "state", "filed_at")),
    ),
)
DRAFTS: Final = Kind(
    "draft",
    (
        Index("by_draft_code", ("code",), unique=True),
        Index("by_holder", ("holder_key", "saved_at")),
        ALARMS,
    ),
)

BUNDLES: Final = Kind(
    "paper_bundle",
    (
        Index("by_waiting", ("center_id", "waiting_at")),
        Index("by_department_waiting", ("center_id", "waiting_department", "waiting_since")),
        Index("by_left", ("center_id", "left_since")),
        ALARMS,
    ),
)
LISTS: Final = Kind(
    "paper_list",
    (
        Index("by_center", ("center_id", "drafted_at")),
        Index("by_center_state", ("center_id", "state", "drafted_at")),
        Index("by_department", ("center_id", "department_key", "drafted_at")),
        Index("by_department_state", ("center_id", "department_key", "state", "drafted_at")),
        ALARMS,
    ),
)

KINDS: Final = (APPLICATIONS, SHOWINGS, DENIALS, DRAFTS, BUNDLES, LISTS, *SHELF_KINDS)

#: What the verification codes of intake's papers end in.
PAPERS_LETTER: Final = "n"


def application_keys(application: Application) -> Body:
    """The clock that an application wakes up by (``kit.alarms``), and what it is found by where something was promised."""
    at, promise = application.wakes_at, application.promise
    owing = promise is not None and promise.open
    barred = promise is not None and promise.bars
    made = application.undertaking
    breach = made.breach if made is not None and made.breach is not None and made.breach.stands else None
    listed_at = (breach.recorded_at if breach is not None else made.due_by) if made is not None else None
    return {
        "due_at": None if at is None else to_ms(at),
        "owing_until": to_ms(promise.due_at) if promise is not None and owing else None,
        "barred_since": to_ms(promise.lapsed_at) if promise is not None and promise.lapsed_at and barred else None,
        "barred_key": application.holder_key if barred else None,
        "undertaking_state": made.state.value if made is not None and listed_at is not None else None,
        "undertaking_at": to_ms(listed_at) if listed_at is not None else None,
        "breached_key": made.person if made is not None and breach is not None else None,
    }


def draft_keys(draft: Draft) -> Body:
    """When a draft goes."""
    return {"due_at": to_ms(draft.expires_at)}


def bundle_keys(bundle: Bundle) -> Body:
    """What wakes a bundle, and what it is found by while something waits for its department or for its applicant."""
    at, left = bundle.wakes_at, bundle.left
    listed = bundle.list_id is not None
    return {
        "due_at": None if at is None else to_ms(at),
        "waiting_at": to_ms(bundle.waiting_since) if bundle.waiting_since is not None else None,
        "waiting_department": bundle.department_key if bundle.waiting_since is not None and not listed else None,
        "left_since": to_ms(left.since) if left is not None and left.open else None,
    }


def list_keys(made: PaperList) -> Body:
    """When the alarm does what whoever began it didn't."""
    return {"due_at": None if made.settles_at is None else to_ms(made.settles_at)}


def list_missing(id: str) -> NotFound:
    """What is raised for a list that isn't there."""
    return NotFound("paper_list_not_found", "没有找到该交接清单，请核对编号。", id=id[:80])


def application_missing(id: str) -> NotFound:
    """What is raised for an id that isn't there."""
    return NotFound("application_not_found", "没有找到该申请，请核对编号或查询码。", id=id[:80])


@dataclass(frozen=True)
class Desk:
    """The receiving desk (收件台): plain wiring, built in main.py.

    ``public_url`` is where citizens open the site; ``secret`` keys persons (``kit.privacy.person_key``).
    """

    applications: Repository[Application]
    showings: Repository[Showing]
    denials: Repository[DenialReport]
    drafts: Repository[Draft]
    bundles: Repository[Bundle]
    lists: Repository[PaperList]
    reference: Reference
    tickets: Tickets
    scans: Scans
    library: CertificateLibrary
    blobs: Blobs
    shelf: Shelf
    ids: Ids
    secret: bytes
    public_url: str

    def progress_url(self, application: Application) -> str:
        """The page that a paper's code opens."""
        return f"{self.public_url}/c/{application.code}"
