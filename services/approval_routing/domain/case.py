"""A case (办件): steps, clocks, decision and result of an accepted application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.workdays import Limit
from services.approval_routing.domain.changing import changed
from services.approval_routing.domain.decision import CaseResult, Decision
from services.approval_routing.domain.elsewhere import Elsewhere, ElsewhereAnswer, ElsewhereKind
from services.approval_routing.domain.extension import ClockExtension, ClockNotice, DateChange, ExtensionState
from services.approval_routing.domain.records import (
    HearingCourse,
    Note,
    Question,
    Recusal,
    RecusalState,
    Signature,
    StepRecord,
)
from services.approval_routing.domain.renewal import Renewal
from services.approval_routing.domain.worker import Worker


class CaseState(StrEnum):
    """Life of a case."""

    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    APPROVED = "approved"
    DENIED = "denied"
    ISSUED = "issued"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"

    @property
    def undecided(self) -> bool:
        """Whether the promised clock still matters."""
        return self in (CaseState.IN_PROGRESS, CaseState.PAUSED)

    @property
    def closed(self) -> bool:
        """Whether nothing more becomes of it."""
        return self in (CaseState.DELIVERED, CaseState.UNDELIVERED)


class StepState(StrEnum):
    """State of one step."""

    WAITING = "waiting"
    OPEN = "open"
    CLAIMED = "claimed"
    PASSED = "passed"
    #: Denial proposed.
    REJECTED = "rejected"
    #: At other sites, until they answer.
    ELSEWHERE = "elsewhere"
    #: Left out: the application's answers don't ask for it.
    SKIPPED = "skipped"
    #: The applicant's commitment stands for this part (facts 3).
    COMMITTED = "committed"
    #: The lead went on without this part (facts 3).
    WAIVED = "waived"

    @property
    def running(self) -> bool:
        """Whether somebody is to do it now."""
        return self in (StepState.OPEN, StepState.CLAIMED, StepState.ELSEWHERE)


class StepKind(StrEnum):
    """How a step is done (rules C20, E03; 许可法 34, 46–48)."""

    REVIEW = "review"
    COUNTERSIGN = "countersign"
    SITE_VISIT = "site_visit"
    EXPERT_REVIEW = "expert_review"
    HEARING = "hearing"
    PUBLIC_NOTICE = "public_notice"
    DISCUSSION = "discussion"
    #: What one department has of a joint case (rules C19).
    PART = "part"


class MergeRule(StrEnum):
    """When the lead of a joint case may merge its parts (facts 3)."""

    ALL = "all"
    COMMITMENTS = "commitments"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One step of a case; the last one decides. One with ``elsewhere`` is done by other sites, ``round`` times so far.

    ``after``: keys of the steps that it follows, or ``start``; none: the one before it. ``days``: working days that it
    has; 0: none of its own. ``stand_in_id``: who did it for the assignee, whom they stood in for.
    """

    key: str
    name: str
    role: str
    department_key: str
    state: StepState = StepState.WAITING
    assignee_id: str = ""
    assignee_name: str = ""
    stand_in_id: str = ""
    stand_in_name: str = ""
    opened_at: datetime | None = None
    claimed_at: datetime | None = None
    done_at: datetime | None = None
    opinion: str = ""
    return_reason: str = ""
    returns: int = 0
    elsewhere: Elsewhere | None = None
    round: int = 0
    answer: ElsewhereAnswer | None = None
    kind: StepKind = StepKind.REVIEW
    after: tuple[str, ...] = ()
    days: int = 0
    signers: int = 0
    sign_departments: tuple[str, ...] = ()
    notice_days: int = 0
    signatures: tuple[Signature, ...] = ()
    record: StepRecord | None = None
    hearing: HearingCourse | None = None

    @property
    def sent_up(self) -> bool:
        """Whether the site above decides it (许可法 43)."""
        return self.elsewhere is not None and self.elsewhere.kind is ElsewhereKind.SENT_UP

    @property
    def done(self) -> bool:
        """Whether somebody is done with it."""
        return self.state in (StepState.PASSED, StepState.REJECTED, StepState.COMMITTED, StepState.WAIVED)

    @property
    def settled(self) -> bool:
        """Whether what follows needn't wait for it."""
        return self.done or self.state is StepState.SKIPPED

    def held_by(self, worker: Worker) -> bool:
        """Whether they have taken it, or stand in for who has."""
        return self.state is StepState.CLAIMED and (self.assignee_id == worker.id or self.covered_by(worker))

    def covered_by(self, worker: Worker) -> bool:
        """Whether they stand in for who has taken it, and could have taken it themselves (rules V01)."""
        taken = self.state is StepState.CLAIMED and worker.stands_in_for(self.assignee_id)
        return taken and self.may_be_taken_by(worker)

    def by(self, worker: Worker) -> CaseStep:
        """The step as done by them; where they stand in, for who has taken it."""
        stood_in = self.covered_by(worker)
        return changed(self, stand_in_id=worker.id if stood_in else "", stand_in_name=worker.name if stood_in else "")

    def may_be_taken_by(self, worker: Worker) -> bool:
        """Whether role and department fit (convention 12)."""
        if worker.department != self.department_key or not self.department_key:
            return False
        return self.role in worker.roles or worker.heads(self.department_key)


@dataclass(frozen=True, slots=True)
class ClockPause:
    """A stop of the clock by a special procedure, with the time that it is expected to take (许可法 45).

    ``notice`` is what the applicant was told of it in writing; there is none of a stop that began before notices were.
    """

    kind: str
    expected_days: int
    reason: str
    started_at: datetime
    ended_at: datetime | None = None
    notice: ClockNotice | None = None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change: who, when, what, and the seals over the line and over what the case said then (``domain.history``)."""

    number: int
    at: datetime
    actor_id: str
    actor_name: str
    what: str
    step_key: str
    state_hash: str
    hash: str
    form: int
    #: Whom the actor stood in for, by name; empty: nobody.
    behalf: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A case; its id is the application's. Times are UTC.

    ``accepted_at`` starts the clocks; ``promised`` and ``statutory`` are those of the item version that it began
    with. ``due_at`` and ``statutory_due_at`` are absent while a pause is open. ``delivery_due_at`` is the second
    clock, from decision to delivery (许可法 44), over ``delivery_days`` working days.
    """

    id: str
    number: str
    center_id: str
    item_id: str
    item_version: int
    item_name: str
    department_key: str
    #: immediate or promised (rules F01).
    item_kind: str
    licence: bool
    state: CaseState
    steps: tuple[CaseStep, ...]
    current_step: str
    accepted_at: datetime
    opened_at: datetime
    promised: Limit
    statutory: Limit | None
    special_procedures: tuple[str, ...]
    result_name: str
    applicant_masked: str
    journey: str
    code: str
    delivery: str
    responsible_staff_id: str = ""
    responsible_staff_name: str = ""
    ticket_id: str = ""
    #: The window that took it in; empty when none did.
    window_number: str = ""
    pauses: tuple[ClockPause, ...] = ()
    #: In order; one at the most is granted (许可法 42).
    extensions: tuple[ClockExtension, ...] = ()
    #: What changed calendars did to its ends, in order.
    date_changes: tuple[DateChange, ...] = ()
    due_at: datetime | None = None
    due_provisional: bool = False
    statutory_due_at: datetime | None = None
    delivery_days: int = 0
    delivery_due_at: datetime | None = None
    delivery_due_provisional: bool = False
    calendar_version: int = 0
    decision: Decision | None = None
    result: CaseResult | None = None
    return_reason: str = ""
    merge_rule: MergeRule = MergeRule.ALL
    recusals: tuple[Recusal, ...] = ()
    #: What staff wrote for themselves: in no message about the case.
    notes: tuple[Note, ...] = ()
    questions: tuple[Question, ...] = ()
    #: What happened to it, each line sealed with the one before.
    history: tuple[HistoryLine, ...] = ()
    #: What it renews (许可法 50).
    renewal: Renewal | None = None
    version: int = 0

    @property
    def position(self) -> int | None:
        """Where the current step stands; None when it is decided."""
        return next((at for at, step in enumerate(self.steps) if step.key == self.current_step), None)

    @property
    def current(self) -> CaseStep | None:
        """The step that is open or claimed; of several side by side the first."""
        position = self.position
        return None if position is None else self.steps[position]

    @property
    def departments(self) -> frozenset[str]:
        """Every department that has to do with it."""
        each = (key for step in self.steps for key in (step.department_key, *step.sign_departments))
        return frozenset({self.department_key, *each})

    @property
    def decided_above(self) -> ElsewhereAnswer | None:
        """The decision of the site above, which this one carries out; None: it decides itself, or waits."""
        return next((step.answer for step in self.steps if step.sent_up and step.done), None)

    def bars(self, worker: Worker) -> bool:
        """Whether they stay away from it."""
        return any(each.staff_id == worker.id and each.state is not RecusalState.REFUSED for each in self.recusals)

    @property
    def open_pause(self) -> ClockPause | None:
        """The pause that hasn't ended."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].ended_at is None else None

    @property
    def pending_extension(self) -> ClockExtension | None:
        """The extension that waits for the center's review (rules ZZ15)."""
        last = self.extensions[-1] if self.extensions else None
        return last if last is not None and last.state is ExtensionState.REQUESTED else None


def with_step(case: Case, position: int, step: CaseStep) -> Case:
    """The case with one step changed."""
    return changed(case, steps=(*case.steps[:position], step, *case.steps[position + 1 :]))
