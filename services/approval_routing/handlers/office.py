"""What every use case of approval works with, and how cases are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.actor import Actor
from kit.clock import to_ms
from kit.errors import NotFound
from kit.ids import Ids
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from kit.workdays import local_date
from reference import Reference
from reference.papers.numbering import series_number, series_period
from reference.papers.sealing import seal_for
from reference.papers.shelf import Shelf
from services.approval_routing.domain.case import Case, CaseState, StepState
from services.approval_routing.domain.decision import PaperFields
from services.approval_routing.domain.hearing import HearingWatch
from services.approval_routing.domain.licences import Licence
from services.approval_routing.domain.talk import Inquiry
from services.approval_routing.domain.tasks import Task
from services.approval_routing.handlers.applicants import Applicants, Papers
from services.approval_routing.handlers.charges import SettledBill
from services.approval_routing.handlers.colleagues import Colleagues
from services.approval_routing.handlers.denials import DenialReports

CASES: Final = Kind(
    "case",
    (
        Index("by_code", ("code",), unique=True),
        Index("by_center", ("center_id", "accepted_at")),
        Index("by_center_state", ("center_id", "state", "accepted_at")),
        Index("by_department", ("center_id", "department_key", "accepted_at")),
        Index("by_department_state", ("center_id", "department_key", "state", "accepted_at")),
        # The current step, while anybody entitled may take it; and while somebody holds it.
        Index("claimable", ("center_id", "claim_department", "claim_role", "claim_since")),
        Index("held", ("center_id", "held_by", "held_since")),
        # Extensions that wait for the center's review.
        Index("extension", ("extension_center", "extension_asked_at")),
        # Cases whose clocks a calendar may still move.
        Index("clocked", ("clocked_center", "opened_at")),
    ),
)

#: What the verification codes of a case's papers end in.
PAPERS_LETTER: Final = "r"


def case_keys(case: Case) -> Body:
    """Who may take or holds the current step, and whether a clock runs; null fields leave a case out."""
    step = case.current
    claimable = step is not None and step.state is StepState.OPEN and case.state is CaseState.IN_PROGRESS
    held = step is not None and step.state is StepState.CLAIMED
    extension = case.pending_extension
    return {
        "extension_center": case.center_id if extension and case.state.undecided else None,
        "extension_asked_at": _ms(extension.asked_at) if extension and case.state.undecided else None,
        "claim_department": step.department_key if step and claimable else None,
        "claim_role": step.role if step and claimable else None,
        "claim_since": _ms(step.opened_at) if step and claimable else None,
        "held_by": step.assignee_id if step and held else None,
        "held_since": _ms(step.claimed_at) if step and held else None,
        "clocked_center": None if case.state.closed else case.center_id,
    }


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def case_missing(id: str) -> NotFound:
    """What is raised for an id that isn't there."""
    return NotFound("case_not_found", "没有找到该办件，请核对编号或查询码；刚受理的申请请稍后再试。", id=id[:80])


@dataclass(frozen=True)
class Office:
    """The office behind the window: plain wiring, built in main.py. ``public_url`` is where citizens open the site."""

    cases: Repository[Case]
    tasks: Repository[Task]
    inquiries: Repository[Inquiry]
    hearings: Repository[HearingWatch]
    licences: Repository[Licence]
    settled_bills: Repository[SettledBill]
    reference: Reference
    applicants: Applicants
    papers: Papers
    denial_reports: DenialReports
    colleagues: Colleagues
    shelf: Shelf
    ids: Ids
    public_url: str

    def progress_url(self, case: Case) -> str:
        """The page that a paper's code opens."""
        return f"{self.public_url}/c/{case.code}"

    def paper(self, case: Case, kind: str, title: str, actor: Actor | None) -> PaperFields:
        """What a paper of a kind says beside the case itself, as it stands now, and the seal of whoever issues it.

        Raises ``Conflict`` (``seal_missing``).
        """
        center = self.reference.center(case.center_id)
        department = center.department(case.department_key)
        policy = self.reference.policy(center.id)
        return PaperFields(
            title=title,
            center_name=center.name,
            department_name=department.name if department else "",
            contact_phone=(department.phone if department else "") or center.phone,
            complaint_phone=policy.text("complaint_phone"),
            progress_url=self.progress_url(case),
            wording=dict(policy.data(f"{kind}_wording")),
            seal_id="" if actor is None else self._seal(case, kind, actor),
            issued_by="" if actor is None else actor.name,
        )

    def _seal(self, case: Case, kind: str, actor: Actor) -> str:
        return seal_for(self.reference, actor, center_id=case.center_id, department_key=case.department_key, kind=kind)

    def next_number(self, series: str, center_id: str, now: datetime) -> str:
        """The next number of a center's series; a crash may leave a gap (convention 15)."""
        pattern = self.reference.policy(center_id).text(f"{series}_number_format")
        today = local_date(now)
        sequence = self.cases.store.next_number(f"{series}:{center_id}:{series_period(pattern, today)}")
        return series_number(pattern, center_id=center_id, on=today, sequence=sequence)
