"""What is to be done now, step by step: the rows of work lists, each from the case that it belongs to (rules F12, G01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kit.workdays import Calendar, Deadline, Limit, Unit, due
from services.approval_routing.domain.case import Case, CaseState, CaseStep, StepKind, StepState
from services.approval_routing.domain.clock import pauses
from services.approval_routing.domain.route import running


@dataclass(frozen=True, slots=True)
class Task:
    """A running step as work lists show it. ``due_at``: its own end, or the case's where that comes first."""

    id: str
    case_id: str
    case_number: str
    case_version: int
    case_state: CaseState
    center_id: str
    item_id: str
    item_name: str
    applicant_masked: str
    step_key: str
    step_name: str
    kind: StepKind
    role: str
    department_key: str
    state: StepState
    assignee_id: str
    assignee_name: str
    opened_at: datetime | None
    due_at: datetime | None
    due_provisional: bool = False
    version: int = 0

    @property
    def search(self) -> str:
        """What words are looked for in."""
        parts = (self.case_number, self.item_name, self.applicant_masked, self.step_name, self.assignee_name)
        return " ".join(parts).casefold()


def task_id(case_id: str, step_key: str) -> str:
    """One row a step."""
    return f"{case_id}.{step_key}"


def tasks_of(case: Case, calendar: Calendar) -> list[Task]:
    """The rows that a case has on work lists."""
    return [_task(case, step, calendar) for _, step in running(case)]


def step_deadline(case: Case, step: CaseStep, calendar: Calendar) -> Deadline | None:
    """The days that the step has for itself, without what stops the case's clock; None: it has none."""
    if not step.days or step.opened_at is None:
        return None
    return due(step.opened_at, Limit(step.days, Unit.WORKING_DAY), calendar, pauses(case))


def _task(case: Case, step: CaseStep, calendar: Calendar) -> Task:
    own = step_deadline(case, step, calendar)
    # A renewal is decided before the end of what it renews, whatever was promised.
    renewal = case.renewal.decide_by if case.renewal and case.renewal.in_time else None
    told = (
        (own.due_at, own.provisional) if own else (None, False),
        (case.due_at, case.due_provisional),
        (renewal, False),
    )
    ends = [(at, provisional) for at, provisional in told if at is not None]
    due_at, due_provisional = min(ends, default=(None, False))
    return Task(
        id=task_id(case.id, step.key),
        case_id=case.id,
        case_number=case.number,
        case_version=case.version,
        case_state=case.state,
        center_id=case.center_id,
        item_id=case.item_id,
        item_name=case.item_name,
        applicant_masked=case.applicant_masked,
        step_key=step.key,
        step_name=step.name,
        kind=step.kind,
        role=step.role,
        department_key=step.department_key,
        state=step.state,
        assignee_id=step.assignee_id,
        assignee_name=step.assignee_name,
        opened_at=step.opened_at,
        due_at=due_at,
        due_provisional=due_provisional,
    )
