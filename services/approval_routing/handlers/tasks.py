"""Work lists: one row a running step, made from the case as it stands, after each of its events.

A case is one document and may have several steps running, so lists have documents of their own. They follow within
moments; whoever acts on a row acts on the case, which decides.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Final

from kit.call import Call
from kit.clock import to_ms
from kit.store.port import Body, Duplicate, Index, Kind
from reference.papers.shelf import SHELF_KINDS
from services.approval_routing.domain.case import CaseState, StepState
from services.approval_routing.domain.tasks import Task, tasks_of
from services.approval_routing.handlers.charges import SETTLED_BILLS
from services.approval_routing.handlers.hearings import HEARINGS, keep_hearings
from services.approval_routing.handlers.licences import LICENCES
from services.approval_routing.handlers.office import CASES, Office
from services.approval_routing.handlers.talk import INQUIRIES, keep_inquiries

TASKS: Final = Kind(
    "task",
    (
        Index("by_case", ("case_id", "step_key")),
        # What anybody entitled may take; what somebody holds; a department's; a center's. By its end, or by its age.
        Index("pool_due", ("center_id", "department_key", "pool_role", "due")),
        Index("pool_since", ("center_id", "department_key", "pool_role", "since")),
        Index("held_due", ("center_id", "held_by", "due")),
        Index("held_since", ("center_id", "held_by", "since")),
        Index("department_due", ("center_id", "department_key", "due")),
        Index("department_since", ("center_id", "department_key", "since")),
        Index("center_due", ("center_id", "due")),
        Index("center_since", ("center_id", "since")),
    ),
)
KINDS: Final = (CASES, TASKS, INQUIRIES, HEARINGS, LICENCES, SETTLED_BILLS, *SHELF_KINDS)
#: Where the clock stands there is no end: such rows come last.
_NEVER: Final = 2**53 - 1


def task_keys(task: Task) -> Body:
    """What the lists are read by; null fields leave a row out of a pool."""
    free = task.state is StepState.OPEN and task.case_state is CaseState.IN_PROGRESS
    return {
        "pool_role": task.role if free else None,
        "held_by": task.assignee_id if task.state is StepState.CLAIMED else None,
        "due": _NEVER if task.due_at is None else to_ms(task.due_at),
        "since": 0 if task.opened_at is None else to_ms(task.opened_at),
    }


def keep_tasks(*, office: Office, call: Call, case_id: str) -> None:
    """Makes the rows of a case, and what of it waits for a colleague, say what it says now; again changes nothing.

    Raises ``Stale``, to be tried again.
    """
    case = office.cases.find_by_id(case_id)
    if case is None:
        return
    wanted = {task.id: task for task in tasks_of(case, office.reference.calendar(case.center_id))}
    for there in list(office.tasks.each("by_case", case_id=case_id)):
        task = wanted.pop(there.id, None)
        if task is None:
            office.tasks.store.remove(TASKS.name, [(there.id, there.version)])
        elif replace(task, version=there.version) != there:
            office.tasks.save(replace(task, version=there.version), [], call)
    for task in wanted.values():
        with contextlib.suppress(Duplicate):
            office.tasks.create(task, [], call)
    keep_inquiries(office=office, call=call, case=case)
    keep_hearings(office=office, call=call, case=case)


def fill(*, office: Office, call: Call) -> None:
    """Makes the rows of all running cases where there are none yet, as after an upgrade: old events may be gone by then."""
    for center in office.reference.centers():
        if office.tasks.count("center_due", limit=1, center_id=center.id):
            continue
        for case in office.cases.each("clocked", clocked_center=center.id):
            if case.state.undecided:
                keep_tasks(office=office, call=call, case_id=case.id)
