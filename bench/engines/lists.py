"""Work lists of somebody while a million steps run: theirs, what they may take, their department's, and a search."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench.callers import MeasurementError
from bench.clocks.preload import preload
from bench.figures import Figure, at_most, percentile, spread_ms
from kit.actor import Actor
from kit.call import Call
from kit.events import EventEncoder
from kit.store.codec import Codec
from kit.store.port import Body
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY
from reference.testing import CENTER_ID, ITEM_ID
from services.approval_routing.domain.case import CaseState, StepKind, StepState
from services.approval_routing.domain.tasks import Task, task_id
from services.approval_routing.events import TABLE
from services.approval_routing.handlers.tasks import TASKS, task_keys
from services.approval_routing.queries.tasks import TaskFilter, TaskScope, TaskSort, list_tasks
from services.approval_routing.tests.approval_office import build_bench

_GOAL: Final = at_most(100)
#: Departments of the center, officers of each; half of the steps are taken.
_DEPARTMENTS: Final = 40
_OFFICERS: Final = 25
_PAGE: Final = 30


def lists(work: Path, steps: int, asked: int) -> list[Figure]:
    """Asks for pages of lists as officers do, each time another officer. Raises ``MeasurementError``."""
    path = work / "lists.db"
    preload(path, TASKS, _tasks(steps))
    bench = build_bench(work / "lists")
    store = SqliteStore(path, [TASKS])
    try:
        encoder = EventEncoder("local", "approval_routing", TABLE)
        tasks = Repository(store, TASKS, Task, encoder, bench.office.ids, keys=task_keys)
        office = replace(bench.office, tasks=tasks)

        def page(who: Actor, scope: TaskScope, sort: TaskSort, words: str = "") -> int:
            found = list_tasks(
                office=office,
                call=Call(who, MONDAY),
                center_id=CENTER_ID,
                scope=scope,
                department_key="",
                wanted=TaskFilter(words=words),
                sort=sort,
                limit=_PAGE,
                cursor="",
            )
            return len(found.items)

        wanted: dict[str, tuple[str, Callable[[Actor], int]]] = {
            "mine": ("a page of what somebody holds, by its end", lambda who: page(who, TaskScope.MINE, TaskSort.DUE)),
            "pool": ("of what they may take, by its age", lambda who: page(who, TaskScope.POOL, TaskSort.SINCE)),
            "department": ("of their department's", lambda who: page(who, TaskScope.DEPARTMENT, TaskSort.DUE)),
            "search": (
                "of what they hold, searched for a number",
                lambda who: page(who, TaskScope.MINE, TaskSort.DUE, words=f"{7:08}"[-2:]),
            ),
        }
        return [_figure(key, title, ask, steps, asked) for key, (title, ask) in wanted.items()]
    finally:
        store.close()
        bench.store.close()


def _figure(key: str, title: str, ask: Callable[[Actor], int], steps: int, asked: int) -> Figure:
    dice, times, found = random.Random(3), [], 0
    for _ in range(asked):
        who = _officer(dice.randrange(_DEPARTMENTS), dice.randrange(_OFFICERS))
        began = time.perf_counter()
        found += ask(who)
        times.append(time.perf_counter() - began)
    if not found:
        raise MeasurementError(f"lists.{key}: nothing was found")
    spread = spread_ms(times)
    value = percentile(times, 95) * 1000
    return Figure(f"lists.{key}", f"work list over {steps:,} steps, {title}: p95", value, "ms", _GOAL, details=spread)


def _officer(department: int, number: int) -> Actor:
    key = f"department-{department:02}"
    return Actor(f"officer-{department:02}-{number:02}", "样例", frozenset({"reviewer"}), frozenset({CENTER_ID}), key)


def _tasks(number: int) -> Iterator[tuple[str, Body]]:
    codec = Codec(Task)
    task = Task(
        "", "", "", 3, CaseState.IN_PROGRESS, CENTER_ID, ITEM_ID, "食品经营许可", "例**", "examine", "审查",
        StepKind.REVIEW, "reviewer", "", StepState.OPEN, "", "", None, None,
    )  # fmt: skip
    for index in range(number):
        officer = _officer(index % _DEPARTMENTS, index // _DEPARTMENTS % _OFFICERS)
        taken = index // (_DEPARTMENTS * _OFFICERS) % 2 == 0
        id = f"case-{index:08}"
        own = replace(
            task,
            id=task_id(id, "examine"),
            case_id=id,
            case_number=f"{index:08}",
            department_key=officer.department,
            state=StepState.CLAIMED if taken else StepState.OPEN,
            assignee_id=officer.id if taken else "",
            assignee_name=officer.name if taken else "",
            opened_at=MONDAY - timedelta(seconds=index % 864_000),
            due_at=MONDAY + timedelta(seconds=index * 7 % 864_000),
        )
        yield own.id, codec.body(own) | task_keys(own)
