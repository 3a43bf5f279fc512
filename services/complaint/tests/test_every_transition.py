"""Every act in every state, from the table: what it doesn't allow is refused and writes nothing (rules R03, S01)."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from kit.actor import PUBLIC
from kit.testing import MONDAY, refused
from services.complaint.domain import ALLOWED, Act, CallBack, Complaint, ComplaintState

if TYPE_CHECKING:
    from services.complaint.tests.conftest import Bench

ACTS: dict[Act, Callable[["Bench", Complaint], Complaint]] = {
    Act.ASSIGN: lambda bench, it: bench.assign(it),
    Act.INVESTIGATE: lambda bench, it: bench.investigate(it),
    Act.ANSWER: lambda bench, it: bench.answer(it),
    Act.CALL_BACK: lambda bench, it: bench.call_back(it),
    Act.CLOSE: lambda bench, it: bench.close(it),
    Act.REOPEN: lambda bench, it: bench.reopen(it, PUBLIC, it.code),
}


def _in_state(bench: "Bench", state: ComplaintState, act: Act) -> Complaint:
    """A complaint that the state alone says whether it may: not satisfied by the call-back, and closed without one."""
    filed = bench.file(anonymous=act is Act.CLOSE)
    called = CallBack(satisfied=False, note="不满意") if state is ComplaintState.CALLED_BACK else None
    changed = replace(filed, state=state, call_back=called, answered_at=MONDAY, closed_at=MONDAY)
    return bench.room.complaints.save(changed, [], bench.by(PUBLIC))


@pytest.mark.parametrize(("state", "act"), list(product(ComplaintState, Act)), ids=str)
def test_a_complaint_does_what_its_state_allows_and_nothing_else(
    bench: "Bench", state: ComplaintState, act: Act
) -> None:
    it = _in_state(bench, state, act)
    if state in ALLOWED[act]:
        assert ACTS[act](bench, it).version > it.version
        return
    with refused(bench.store, "complaint_state"):
        ACTS[act](bench, it)


def test_who_is_satisfied_is_not_investigated_again(bench: "Bench") -> None:
    called = bench.call_back(bench.answer(bench.investigate(bench.assign(bench.file()))))
    with refused(bench.store, "complaint_state"):
        bench.investigate(called)
