"""Work lists by person, role, department and center, searched, sorted and filtered (issue section 3; rules F12)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from kit.actor import Actor
from kit.call import Call
from kit.clock import to_ms
from kit.errors import Forbidden
from kit.store.port import Range
from kit.store.repository import Found
from services.approval_routing.domain.tasks import Task
from services.approval_routing.handlers.access import CENTER_ROLES, DEPARTMENT_ROLES
from services.approval_routing.handlers.office import Office
from services.approval_routing.queries.cases import MOST, roles_to_claim

#: Rows looked at for one page of a search; it goes on from there.
MOST_SCANNED: Final = 2000
_USUAL: Final = 50


class TaskScope(StrEnum):
    """Whose work."""

    POOL = "pool"
    MINE = "mine"
    DEPARTMENT = "department"
    CENTER = "center"
    COVERED = "covered"


class TaskSort(StrEnum):
    """In which order."""

    DUE = "due"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What is wanted of them; empty: all."""

    words: str = ""
    item_id: str = ""
    role: str = ""
    overdue: bool = False


def list_tasks(
    *,
    office: Office,
    call: Call,
    center_id: str,
    scope: TaskScope,
    department_key: str,
    wanted: TaskFilter,
    sort: TaskSort,
    limit: int,
    cursor: str,
) -> Found[Task]:
    """Running steps: what the caller may take, what they hold, or those whom they stand in for; their department's; all.

    A page of a search may be shorter than ``limit`` and go on all the same. Raises ``Forbidden`` for another center or
    department.
    """
    actor = call.actor
    actor.require(*CENTER_ROLES, *DEPARTMENT_ROLES)
    actor.require_center(center_id)
    covered: tuple[str, ...] = ()
    if scope is TaskScope.COVERED:
        covered = tuple(sorted(each.id for each in office.colleagues.get(actor.id, token=call.token).covers))
    index, where = _place(actor, scope, department_key, covered)
    where = {"center_id": center_id, **where}
    # What is over is what ends before now; by age it is looked for among the rest.
    bounds = Range(below=to_ms(call.now)) if wanted.overdue and sort is TaskSort.DUE else Range()
    size = min(limit, MOST) if limit > 0 else _USUAL
    words = wanted.words[:80].casefold().split()
    found: list[Task] = []
    scanned = 0
    while True:
        page = office.tasks.find(f"{index}_{sort.value}", range=bounds, limit=size, cursor=cursor, **where)
        found += [task for task in page.items if _meets(task, wanted, words, call)]
        scanned, cursor = scanned + len(page.items), page.cursor
        if found or not cursor or scanned >= MOST_SCANNED:
            return Found(tuple(found), cursor)


def _place(actor: Actor, scope: TaskScope, department_key: str, covered: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    if scope is TaskScope.POOL:
        return "pool", {"department_key": actor.department, "pool_role": roles_to_claim(actor)}
    if scope is TaskScope.MINE:
        return "held", {"held_by": actor.id}
    if scope is TaskScope.COVERED:
        return "held", {"held_by": covered or ("none",)}
    if not actor.has(*CENTER_ROLES):
        if department_key not in ("", actor.department) or not actor.department:
            raise Forbidden("department_not_allowed", "您只能查看本部门的办件。", department=department_key)
        department_key = actor.department
    if scope is TaskScope.DEPARTMENT and not department_key:
        department_key = actor.department or "none"
    return ("department", {"department_key": department_key}) if department_key else ("center", {})


def _meets(task: Task, wanted: TaskFilter, words: list[str], call: Call) -> bool:
    return (
        all(word in task.search for word in words)
        and wanted.item_id in ("", task.item_id)
        and wanted.role in ("", task.role)
        and not (wanted.overdue and (task.due_at is None or task.due_at >= call.now))
    )
