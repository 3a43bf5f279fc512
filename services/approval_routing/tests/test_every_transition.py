"""Every act on a case in every situation, by whoever would do it: what the table doesn't name is refused and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, product

import pytest

from kit.actor import Actor
from kit.testing import actor, refused
from reference.testing import CENTER_ID, DEPARTMENT, sample_item
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.domain.decision import EndKind
from services.approval_routing.domain.extension import ExtensionState
from services.approval_routing.domain.records import RecusalState
from services.approval_routing.handlers import certificates, conduct
from services.approval_routing.handlers.colleagues import Colleague
from services.approval_routing.tests.approval_office import APPROVER, CHIEF, REVIEWER, Bench, build_bench

SECOND = actor("reviewer", id="reviewer-2", department=DEPARTMENT)
IDS = count(1)

Act = Callable[[Bench, Case], Case]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One office for all: what is refused changes nothing, and what isn't has a case of its own."""
    items = [sample_item(special_procedures=("expert_review",))]
    made = build_bench(tmp_path_factory.mktemp("office") / "it", {"extension_requires_approval": True}, items=items)
    for who in (REVIEWER, SECOND, CHIEF, APPROVER):
        made.duties.known[who.id] = Colleague(who.id, who.name, CENTER_ID, who.department, who.roles)
    yield made
    made.store.close()


def _step_aside(bench: Bench, case: Case, who: Actor = REVIEWER) -> Case:
    return conduct.step_aside(
        office=bench.office, call=bench.by(who), case_id=case.id, reason="申请人是亲属", expected_version=0
    )


def _on_recusal(granted: bool) -> Act:
    return lambda bench, case: conduct.decide_recusal(
        office=bench.office, call=bench.by(CHIEF), case_id=case.id, staff_id=REVIEWER.id, granted=granted,
        opinion="无利害关系", to_staff_id="", expected_version=0,
    )  # fmt: skip


def _impose(bench: Bench, case: Case) -> Case:
    return conduct.impose_recusal(
        office=bench.office, call=bench.by(CHIEF), case_id=case.id, staff_id=REVIEWER.id, reason="共同持股",
        to_staff_id="", expected_version=0,
    )  # fmt: skip


def _end_result(bench: Bench, case: Case) -> Case:
    return certificates.end_result(
        office=bench.office, call=bench.by(APPROVER), case_id=case.id, kind=EndKind.REVOKED, reason="欺骗取得",
        basis="许可法第六十九条", expected_version=0,
    )  # fmt: skip


def _claimed(bench: Bench, id: str) -> Case:
    return bench.claim(bench.opened(id))


SITUATIONS: dict[str, Callable[[Bench, str], Case]] = {
    "open": lambda bench, id: bench.opened(id),
    "claimed": _claimed,
    "at the last step": lambda bench, id: bench.at_last_step(id),
    "paused": lambda bench, id: bench.pause(_claimed(bench, id)),
    "extension asked for": lambda bench, id: bench.extend(_claimed(bench, id)),
    "extended": lambda bench, id: bench.review(bench.extend(_claimed(bench, id))),
    "extension refused": lambda bench, id: bench.review(
        bench.extend(_claimed(bench, id)), granted=False, opinion="可按期办结"
    ),
    "recusal asked for": lambda bench, id: _step_aside(bench, _claimed(bench, id)),
    "recused": lambda bench, id: _on_recusal(True)(bench, _step_aside(bench, _claimed(bench, id))),
    "recusal refused": lambda bench, id: _on_recusal(False)(bench, _step_aside(bench, _claimed(bench, id))),
    "approved": lambda bench, id: bench.approved(id),
    "denied": lambda bench, id: bench.denied(id),
    "issued": lambda bench, id: bench.issue(bench.approved(id)),
    "delivered": lambda bench, id: bench.hand_out(bench.issue(bench.approved(id))),
    "undelivered": lambda bench, id: bench.give_back(bench.issue(bench.approved(id))),
    "result ended": lambda bench, id: _end_result(bench, bench.issue(bench.approved(id))),
}
ACTS: dict[str, Act] = {
    "claim": lambda bench, case: bench.claim(case),
    "claim as another": lambda bench, case: bench.claim(case, SECOND),
    "release": lambda bench, case: bench.release(case),
    "release as chief": lambda bench, case: bench.release(case, CHIEF),
    "pass": lambda bench, case: bench.pass_step(case),
    "pass as another": lambda bench, case: bench.pass_step(case, SECOND),
    "send back": lambda bench, case: bench.send_back(case),
    "send back from the last": lambda bench, case: bench.send_back(case, APPROVER),
    "reject": lambda bench, case: bench.reject(case),
    "decide": lambda bench, case: bench.decide(case),
    "decide as reviewer": lambda bench, case: bench.decide(case, REVIEWER),
    "pause": lambda bench, case: bench.pause(case),
    "resume": lambda bench, case: bench.resume(case),
    "extend": lambda bench, case: bench.extend(case),
    "grant the extension": lambda bench, case: bench.review(case),
    "refuse the extension": lambda bench, case: bench.review(case, granted=False, opinion="可按期办结"),
    "step aside": _step_aside,
    "grant the recusal": _on_recusal(True),
    "refuse the recusal": _on_recusal(False),
    "impose a recusal": _impose,
    "issue": lambda bench, case: bench.issue(case),
    "hand out": lambda bench, case: bench.hand_out(case),
    "give back": lambda bench, case: bench.give_back(case),
    "end the result": _end_result,
}
_HELD = {"release", "release as chief", "pass", "reject", "pause", "step aside", "impose a recusal"}
LEGAL: dict[str, set[str]] = {
    "open": {"claim", "claim as another", "step aside", "impose a recusal"},
    "claimed": _HELD | {"extend"},
    "at the last step": {"release as chief", "send back from the last", "decide", "step aside", "impose a recusal"},
    "paused": {"resume", "extend", "step aside", "impose a recusal"},
    "extension asked for": _HELD | {"grant the extension", "refuse the extension"},
    "extended": _HELD,
    "extension refused": _HELD | {"extend"},
    "recusal asked for": {"claim as another", "grant the recusal", "refuse the recusal"},
    "recused": {"claim as another"},
    "recusal refused": {"claim", "claim as another", "step aside", "impose a recusal"},
    "approved": {"issue"},
    "denied": {"hand out", "give back"},
    "issued": {"hand out", "give back", "end the result"},
    "delivered": {"end the result"},
    "undelivered": {"end the result"},
    "result ended": {"hand out", "give back"},
}


@pytest.fixture(scope="module")
def standing(bench: Bench) -> dict[str, Case]:
    """A case in each situation, for those who are refused."""
    return {name: make(bench, f"standing-{at}") for at, (name, make) in enumerate(SITUATIONS.items())}


@pytest.mark.parametrize(
    ("situation", "act"), [pair for pair in product(SITUATIONS, ACTS) if pair[1] not in LEGAL[pair[0]]]
)
def test_every_other_act_is_refused_and_writes_nothing(
    bench: Bench, standing: dict[str, Case], situation: str, act: str
) -> None:
    with refused(bench.store):
        ACTS[act](bench, standing[situation])


@pytest.mark.parametrize(("situation", "act"), [(name, act) for name, acts in LEGAL.items() for act in sorted(acts)])
def test_what_the_table_names_is_done(bench: Bench, situation: str, act: str) -> None:
    case = SITUATIONS[situation](bench, f"tried-{next(IDS)}")
    assert ACTS[act](bench, case).version > case.version


def test_the_table_names_every_state(standing: dict[str, Case]) -> None:
    assert {case.state for case in standing.values()} == set(CaseState)
    assert {each.state for case in standing.values() for each in case.extensions} == set(ExtensionState)
    assert {each.state for case in standing.values() for each in case.recusals} == set(RecusalState)
