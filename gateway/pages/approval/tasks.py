"""Work lists: steps to take, held, of the department or the center; searched, sorted, and worked on many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page
from tongban.approval_routing.v1 import tasks_pb2

blueprint = Blueprint("work_lists", __name__)

#: By the name that the address has.
SCOPES: Final = {
    "claimable": tasks_pb2.TASK_SCOPE_POOL,
    "mine": tasks_pb2.TASK_SCOPE_MINE,
    "covered": tasks_pb2.TASK_SCOPE_COVERED,
    "department": tasks_pb2.TASK_SCOPE_DEPARTMENT,
    "steps": tasks_pb2.TASK_SCOPE_CENTER,
}
_SORTS: Final = {"due": tasks_pb2.TASK_SORT_DUE, "since": tasks_pb2.TASK_SORT_SINCE}
_ACTIONS: Final = {
    "claim": tasks_pb2.BULK_ACTION_CLAIM,
    "release": tasks_pb2.BULK_ACTION_RELEASE,
    "pass": tasks_pb2.BULK_ACTION_PASS,
    "return": tasks_pb2.BULK_ACTION_RETURN,
}
_SHOWN: Final = 30


@blueprint.post("/approval/tasks")
@staff("reviewer", "approver", "chief")
def act() -> Response:
    """Does the same with each row that is ticked; each says what came of it."""

    def done(form: Form) -> Response:
        sent = tasks_pb2.ActOnStepsRequest(
            action=_ACTIONS.get(form.text("action"), tasks_pb2.BULK_ACTION_UNSPECIFIED),
            rows=[_row(each) for each in request.form.getlist("row")[:200]],
            words=form.text("words"),
        )
        results = ask(clients().approval_routing.ActOnSteps, sent).results
        return show_tasks(form, results)

    return carry_out(done, show_tasks)


def show_tasks(form: Form, results: Sequence[tasks_pb2.TaskResult] = ()) -> Response:
    """The list that the address names; after an act on many, with what came of each above it."""
    mine = principal()
    wanted = request.args
    scope = wanted.get("scope", "")
    if scope not in SCOPES:
        scope = "claimable"
    answer = ask(
        clients().approval_routing.ListTasks,
        tasks_pb2.ListTasksRequest(
            center_id=mine.center_id,
            scope=SCOPES[scope],
            query=wanted.get("query", "").strip()[:80],
            role=wanted.get("role", "")[:20],
            overdue=bool(wanted.get("overdue")),
            sort=_SORTS.get(wanted.get("sort", ""), tasks_pb2.TASK_SORT_DUE),
            limit=_SHOWN,
            cursor=wanted.get("cursor", ""),
        ),
    )
    at = center(mine.center_id)
    actor = identity().actor
    return page(
        "approval/tasks.html",
        status=form.status,
        tasks=answer.tasks,
        more=answer.next_cursor,
        scope=scope,
        wanted=wanted,
        results=results,
        names={(each.case_id, each.step_key): each.case_number for each in answer.tasks},
        may_work=actor.has("reviewer", "approver", "chief"),
        reviews=actor.has("manager", "supervisor"),
        center=at,
        departments=department_names(at),
        form=form,
    )


def _row(value: str) -> tasks_pb2.TaskRef:
    """A ticked row: case, step and version, as the page wrote them."""
    case_id, _, rest = value[:200].partition(" ")
    step_key, _, version = rest.rpartition(" ")
    return tasks_pb2.TaskRef(case_id=case_id, step_key=step_key, version=int(version) if version.isdigit() else 0)
