"""Every act on a list of papers in every state, from the table itself: what isn't in it is refused (rules B08, C16)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kit.errors import Conflict
from kit.testing import MONDAY
from services.intake.domain import hand_over as lists
from services.intake.domain.hand_over import (
    TRANSITIONS,
    LineFinding,
    ListAct,
    ListLine,
    ListState,
    PaperList,
    Settlement,
)
from services.intake.domain.officer import Officer

GIVER, RECEIVER, WATCHER = Officer("s-1", "例窗口"), Officer("s-2", "例部门"), Officer("s-3", "例监察")
LINES = (
    ListLine("a-1", "6109022026112300001", "样例事项", "form", "申请书", 1, 0),
    ListLine("a-2", "6109022026112300002", "样例事项", "form", "申请书", 1, 2),
)
KEYS = [(line.application_id, line.key) for line in LINES]


def drafted() -> PaperList:
    made = PaperList("l-1", "610902交〔2026〕000001号", "610902", "d", ("a-1", "a-2"), GIVER, MONDAY, MONDAY)
    return lists.drawn_up(made, LINES, MONDAY)


def given() -> PaperList:
    made = drafted()
    return lists.give(made, list_sha256=made.list_sha256, by=GIVER, now=MONDAY)


def received(made: PaperList, second: LineFinding = LineFinding.RECEIVED) -> PaperList:
    found = {KEYS[0]: (LineFinding.RECEIVED, ""), KEYS[1]: (second, "少一页")}
    return lists.receive(made, found, list_sha256=made.list_sha256, by=RECEIVER, now=MONDAY)


def settled(made: PaperList) -> PaperList:
    return lists.settle(made, {KEYS[1]: Settlement.RETURNED}, said="已退回窗口", by=WATCHER, now=MONDAY)


STATES: dict[ListState, Callable[[], PaperList]] = {
    ListState.DRAFT: drafted,
    ListState.GIVEN: given,
    ListState.RECEIVED: lambda: received(given()),
    ListState.DIFFERING: lambda: received(given(), LineFinding.MISSING),
    ListState.SETTLED: lambda: settled(received(given(), LineFinding.DAMAGED)),
    ListState.WITHDRAWN: lambda: lists.withdraw(drafted(), reason="重做", now=MONDAY),
}
ACTS: dict[ListAct, Callable[[PaperList], PaperList]] = {
    ListAct.GIVE: lambda it: lists.give(it, list_sha256=it.list_sha256, by=GIVER, now=MONDAY),
    ListAct.RECEIVE: received,
    ListAct.SETTLE: settled,
    ListAct.WITHDRAW: lambda it: lists.withdraw(it, reason="重做", now=MONDAY),
}


@pytest.mark.parametrize("act", ListAct)
@pytest.mark.parametrize("state", ListState)
def test_every_act_in_every_state_is_in_the_table_or_refused(state: ListState, act: ListAct) -> None:
    before = STATES[state]()
    assert before.state is state
    if (state, act) in TRANSITIONS:
        assert ACTS[act](before).state in TRANSITIONS[state, act]
        return
    with pytest.raises(Conflict, match="list_state"):
        ACTS[act](before)
    assert before == STATES[state](), "nothing of it changed"


def test_an_empty_draft_can_not_be_given_and_is_withdrawn_by_itself() -> None:
    made = replace(drafted(), lines=())
    with pytest.raises(Conflict, match="list_state"):
        ACTS[ListAct.GIVE](made)
    assert lists.drawn_up(made, (), MONDAY).state is ListState.WITHDRAWN
