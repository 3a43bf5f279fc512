"""The table of a step once more, by RPC on the real store: what it doesn't name is refused and writes nothing (rules C17, C19)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, product
from typing import Any

import pytest

from kit.actor import Actor
from kit.testing import actor, refused, serving, unwritten
from reference import Step
from reference.testing import DEPARTMENT, sample_item
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.grpc_api import ApprovalRoutingApi
from services.approval_routing.tests.approval_office import Bench, build_bench
from services.approval_routing.tests.case_samples import ALL_ROLES
from services.approval_routing.tests.test_step_table import ACTIONS, BY_OTHERS, LEGAL, SITUATIONS, placed, refusal
from tongban.approval_routing.v1 import conduct_pb2
from tongban.approval_routing.v1 import service_pb2 as pb
from tongban.federation.v1 import events_pb2 as federation
from tongban.federation.v1 import parts_pb2 as parts

ROUTE = (
    Step("first", "初审", "reviewer"),
    Step("it", "分项", "reviewer", kind="part", after=("first",)),
    Step("beside", "另一分项", "reviewer", kind="part", after=("first",)),
    Step("decide", "决定", "approver", after=("it", "beside")),
)
WORKER = actor("reviewer", "approver", id=ALL_ROLES.id, department=DEPARTMENT)
CHIEF = actor("chief", id="chief-1", department=DEPARTMENT)
IDS = count(1)

#: By the names of the table: who does it, and how.
ASKED: dict[str, tuple[Actor, Callable[[Any, str], object]]] = {
    "claim": (WORKER, lambda api, id: api.ClaimStep(pb.ClaimStepRequest(case_id=id, step_key="it"), None)),
    "release": (WORKER, lambda api, id: api.ReleaseStep(pb.ReleaseStepRequest(case_id=id, step_key="it"), None)),
    "release by chief": (
        CHIEF,
        lambda api, id: api.ReleaseStep(pb.ReleaseStepRequest(case_id=id, step_key="it"), None),
    ),
    "pass": (WORKER, lambda api, id: api.PassStep(pb.PassStepRequest(case_id=id, step_key="it"), None)),
    "return": (
        WORKER,
        lambda api, id: api.ReturnStep(pb.ReturnStepRequest(case_id=id, step_key="it", reason="重审"), None),
    ),
    "reject": (
        WORKER,
        lambda api, id: api.RejectStep(pb.RejectStepRequest(case_id=id, step_key="it", reason="不符合"), None),
    ),
    "sign": (
        WORKER,
        lambda api, id: api.SignStep(conduct_pb2.SignStepRequest(case_id=id, step_key="it", agrees=True), None),
    ),
    "record": (
        WORKER,
        lambda api, id: api.RecordStep(conduct_pb2.RecordStepRequest(case_id=id, step_key="it", text="有"), None),
    ),
    "commit": (
        CHIEF,
        lambda api, id: api.SettlePart(
            conduct_pb2.SettlePartRequest(case_id=id, step_key="it", by_commitment=True, reason="承诺"), None
        ),
    ),
    "waive": (
        CHIEF,
        lambda api, id: api.SettlePart(
            conduct_pb2.SettlePartRequest(case_id=id, step_key="it", reason="不等"), None
        ),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One office for all: what is refused changes nothing, and what isn't has a case of its own."""
    made = build_bench(tmp_path_factory.mktemp("office") / "it", items=[sample_item(steps=ROUTE, merge_rule="lead")])
    yield made
    made.store.close()


def stood(bench: Bench, situation: str, state: CaseState = CaseState.IN_PROGRESS) -> Case:
    """A case whose second step is in a situation."""
    return bench.office.cases.save(
        replace(placed(bench.opened(f"a-{next(IDS)}"), situation), state=state), [], bench.by(WORKER)
    )


@pytest.fixture(scope="module")
def standing(bench: Bench) -> dict[tuple[str, CaseState], Case]:
    """A case in each situation and state, for those who are refused."""
    return {(situation, state): stood(bench, situation, state) for situation, state in product(SITUATIONS, CaseState)}


def ask(bench: Bench, action: str, case: Case) -> None:
    if action == "answer":
        said = federation.CaseStepAnswered(
            case_id=case.id, step_key="it", outcome=parts.PART_OUTCOME_AGREED, site="610903.county", answered_by="赵"
        )
        said.answered_at.FromDatetime(bench.clock.now())
        bench.deliver("federation", said)
    elif action == "come back":
        bench.deliver("federation", federation.CaseStepReturned(case_id=case.id, step_key="it", reason="撤回"))
    else:
        who, by_rpc = ASKED[action]
        with serving(bench.by(who)):
            by_rpc(ApprovalRoutingApi(bench.office), case.id)


@pytest.mark.parametrize(("situation", "action"), list(product(SITUATIONS, ASKED)))
def test_what_the_table_does_not_name_is_refused_and_writes_nothing(
    bench: Bench, standing: dict[tuple[str, CaseState], Case], situation: str, action: str
) -> None:
    for state in CaseState:
        if state is CaseState.IN_PROGRESS and (situation, action) in LEGAL:
            continue
        case, told = standing[situation, state], len(bench.events)
        with refused(bench.store, refusal(situation, action, state)):
            ask(bench, action, case)
        assert (bench.now(case), len(bench.events)) == (case, told)


@pytest.mark.parametrize(
    ("situation", "action"), [pair for pair in product(SITUATIONS, BY_OTHERS) if pair not in LEGAL]
)
def test_what_other_sites_say_of_a_step_that_does_not_wait_for_them_writes_nothing(
    bench: Bench, standing: dict[tuple[str, CaseState], Case], situation: str, action: str
) -> None:
    for state in CaseState:
        with unwritten(bench.store):
            ask(bench, action, standing[situation, state])


@pytest.mark.parametrize(("situation", "action"), LEGAL)
def test_what_the_table_names_is_done_and_the_branch_beside_it_stays(bench: Bench, situation: str, action: str) -> None:
    case = stood(bench, situation)
    ask(bench, action, case)
    done = bench.now(case)
    assert done.version > case.version
    assert (done.steps[1].state, done.steps[2]) == (LEGAL[situation, action], case.steps[2])


def test_every_act_of_the_table_has_its_way() -> None:
    assert {*ASKED, *BY_OTHERS} == set(ACTIONS)
