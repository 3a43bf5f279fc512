"""Work lists follow the cases: by person, role, department and center; searched, sorted, filtered, worked on in bulk."""

from typing import Any

import pytest

from kit.actor import Actor
from kit.errors import Forbidden, Invalid
from kit.testing import actor
from reference import Step
from reference.testing import sample_item
from services.approval_routing.handlers.bulk import BulkAction, BulkRow, act_on_steps
from services.approval_routing.handlers.tasks import fill, keep_tasks
from services.approval_routing.queries.tasks import TaskFilter, TaskScope, TaskSort, list_tasks
from services.approval_routing.tests.approval_office import APPROVER, CHIEF, CLERK, REVIEWER, Bench, MakeBench

SUPERVISOR = actor("supervisor", id="supervisor-1")
SIDE_BY_SIDE = sample_item(
    steps=(
        Step("examine", "审查", "reviewer"),
        Step("site", "踏勘", "reviewer", after=("examine",), days=2),
        Step("experts", "评审", "approver", after=("examine",)),
        Step("decide", "决定", "approver", after=("site", "experts")),
    )
)


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """Three cases: one fresh, one at two steps side by side, one taken."""
    bench = make_bench(items=[SIDE_BY_SIDE])
    for number in (1, 2, 3):
        bench.opened(f"a-{number}")
        bench.pass_time(minutes=1)
    bench.claim(bench.now_of("a-2"))
    bench.pass_step(bench.now_of("a-2"))
    bench.claim(bench.now_of("a-3"))
    return bench


def rows(
    bench: Bench,
    who: Actor,
    scope: TaskScope,
    *,
    sort: TaskSort = TaskSort.SINCE,
    center_id: str = "610902",
    department: str = "",
    limit: int = 0,
    **wanted: Any,
) -> list[str]:
    bench.catch_up()
    found, cursor = [], ""
    while True:
        page = list_tasks(
            office=bench.office,
            call=bench.by(who),
            center_id=center_id,
            scope=scope,
            department_key=department,
            wanted=TaskFilter(**wanted),
            sort=sort,
            limit=limit,
            cursor=cursor,
        )
        found += [f"{task.case_id} {task.step_key}" for task in page.items]
        cursor = page.cursor
        if not cursor:
            return found


def test_each_sees_the_steps_that_they_may_take_also_those_side_by_side(bench: Bench) -> None:
    assert rows(bench, REVIEWER, TaskScope.POOL) == ["a-1 examine", "a-2 site"]
    assert rows(bench, APPROVER, TaskScope.POOL) == ["a-2 experts"]
    assert sorted(rows(bench, CHIEF, TaskScope.POOL)) == ["a-1 examine", "a-2 experts", "a-2 site"]
    assert rows(bench, actor("reviewer", department="renli-shebao"), TaskScope.POOL) == []


def test_what_is_taken_is_ones_own_until_it_is_passed(bench: Bench) -> None:
    assert rows(bench, REVIEWER, TaskScope.MINE) == ["a-3 examine"]
    bench.pass_step(bench.now_of("a-3"))
    assert rows(bench, REVIEWER, TaskScope.MINE) == []


def test_a_department_and_a_center_see_all_that_runs(bench: Bench) -> None:
    everything = ["a-1 examine", "a-2 experts", "a-2 site", "a-3 examine"]
    assert sorted(rows(bench, REVIEWER, TaskScope.DEPARTMENT)) == everything
    assert sorted(rows(bench, SUPERVISOR, TaskScope.CENTER)) == everything
    assert sorted(rows(bench, SUPERVISOR, TaskScope.CENTER, limit=1)) == everything
    with pytest.raises(Forbidden):
        rows(bench, REVIEWER, TaskScope.DEPARTMENT, department="renli-shebao")
    with pytest.raises(Forbidden):
        rows(bench, REVIEWER, TaskScope.CENTER, center_id="610900")


def test_a_step_that_ends_before_its_case_comes_first(bench: Bench) -> None:
    assert rows(bench, CHIEF, TaskScope.POOL, sort=TaskSort.DUE)[0] == "a-2 site"


def test_words_roles_and_what_is_over_are_looked_for(bench: Bench) -> None:
    assert rows(bench, CHIEF, TaskScope.POOL, words="踏勘") == ["a-2 site"]
    assert rows(bench, CHIEF, TaskScope.POOL, words="食品 a-1") == ["a-1 examine"]
    assert rows(bench, CHIEF, TaskScope.POOL, role="approver") == ["a-2 experts"]
    assert rows(bench, CHIEF, TaskScope.POOL, overdue=True, sort=TaskSort.DUE) == []
    bench.pass_time(days=5)
    assert rows(bench, CHIEF, TaskScope.POOL, overdue=True, sort=TaskSort.DUE) == ["a-2 site"]
    assert rows(bench, CHIEF, TaskScope.POOL, overdue=True) == ["a-2 site"]


def test_rows_are_made_anew_where_there_are_none(bench: Bench) -> None:
    fill(office=bench.office, call=bench.by(SUPERVISOR))
    before = bench.office.tasks.count("center_due", limit=9, center_id="610902")
    keep_tasks(office=bench.office, call=bench.by(SUPERVISOR), case_id="a-1")
    fill(office=bench.office, call=bench.by(SUPERVISOR))
    assert before == bench.office.tasks.count("center_due", limit=9, center_id="610902") == 4


def bulk(bench: Bench, who: Actor, action: BulkAction, *wanted: tuple[str, str], words: str = "") -> list[str]:
    results = act_on_steps(
        office=bench.office, call=bench.by(who), action=action, rows=[BulkRow(*row) for row in wanted], words=words
    )
    return ["" if one.error is None else one.error.code for one in results]


def test_many_are_taken_at_once_and_each_says_what_came_of_it(bench: Bench) -> None:
    wanted = [("a-1", "examine"), ("a-2", "site"), ("a-3", "examine"), ("a-4", "examine"), ("a-2", "experts")]
    assert bulk(bench, REVIEWER, BulkAction.CLAIM, *wanted) == [
        "",
        "",
        "step_taken",
        "case_not_found",
        "step_not_allowed",
    ]
    assert sorted(rows(bench, REVIEWER, TaskScope.MINE)) == ["a-1 examine", "a-2 site", "a-3 examine"]


def test_many_are_passed_returned_and_given_back(bench: Bench) -> None:
    bulk(bench, REVIEWER, BulkAction.CLAIM, ("a-1", "examine"), ("a-2", "site"))
    assert bulk(bench, REVIEWER, BulkAction.PASS, ("a-1", "examine"), words="齐全") == [""]
    assert bulk(bench, REVIEWER, BulkAction.RETURN, ("a-2", "site")) == ["text_required"]
    assert bulk(bench, REVIEWER, BulkAction.RETURN, ("a-2", "site"), words="重看") == [""]
    assert bulk(bench, REVIEWER, BulkAction.RELEASE, ("a-3", "examine")) == [""]
    assert bench.now_of("a-1").steps[0].opinion == "齐全"


def test_nothing_or_too_much_is_not_done_at_once(bench: Bench) -> None:
    for wanted in ((), tuple((f"a-{number}", "examine") for number in range(101))):
        with pytest.raises(Invalid):
            bulk(bench, REVIEWER, BulkAction.CLAIM, *wanted)
    with pytest.raises(Invalid) as refused:
        act_on_steps(office=bench.office, call=bench.by(CLERK), action=None, rows=[BulkRow("a-1", "")], words="")
    assert refused.value.code == "bulk_action_unknown"
