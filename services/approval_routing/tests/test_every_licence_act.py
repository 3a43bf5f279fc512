"""The table of a licence once more, by the events, RPCs and alarms that bring it: the rest writes nothing (许可法 50, 69, 70)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import count, product

import pytest

from kit.store.port import Mark
from kit.testing import MONDAY, refused, unwritten
from reference import ItemResult
from reference.testing import DEPARTMENT, sample_item
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.domain.licences import Licence, LicenceState
from services.approval_routing.domain.outcomes import AcceptedApplication
from services.approval_routing.domain.renewal import Renewal
from services.approval_routing.handlers.certificates import end_licence
from services.approval_routing.handlers.licences import alarms, apply_for_renewal, keep_licence, refuse_renewal
from services.approval_routing.tests.approval_office import CLERK, Bench, build_bench
from services.approval_routing.tests.test_licence_table import LEGAL, PAST, SITUATIONS

IDS = count(1)


@dataclass(frozen=True)
class Try:
    """A licence in its situation, and the case that would do something to it."""

    licence: Licence
    case: Case


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One office for all: each try has a licence and a case of its own."""
    endless = ItemResult("食品经营许可证", "licence", renewal_field="licence")
    made = build_bench(tmp_path_factory.mktemp("office") / "it", items=[sample_item(results=(endless,))])
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def issued(bench: Bench) -> Case:
    """What each try's case is made from: decided, with its result."""
    return bench.issue(bench.approved("sample"))


def tried(bench: Bench, issued: Case, situation: str, state: CaseState) -> Try:
    """The situation's licence in the store; the case renews it where it says so."""
    at = next(IDS)
    number, masked = f"证{at}", issued.applicant_masked
    sample = SITUATIONS[situation]
    renewing = {"a-1": f"b-{at}", "a-2": f"c-{at}"}
    kept = bench.office.licences.create(
        replace(
            sample, id=f"l-{at}", number=number, department_key=DEPARTMENT, wake_at=None,
            holder_masked=masked if sample.holder_masked == SITUATIONS["valid"].holder_masked else sample.holder_masked,
            renewal_case_id=renewing.get(sample.renewal_case_id, ""), version=0,
        ),
        [], bench.by(CLERK),
    )  # fmt: skip
    cases = [
        bench.office.cases.create(
            replace(issued, id=id, number=id, code=id, state=state, history=(), version=0), [], bench.by(CLERK)
        )
        for id in renewing.values()
    ]
    return Try(kept, cases[0])


def _apply(bench: Bench, it: Try) -> None:
    asked = AcceptedApplication(
        it.case.id, it.case.number, it.case.center_id, it.case.item_id, it.case.item_version, it.case.item_name,
        DEPARTMENT, it.case.item_kind, MONDAY, it.case.applicant_masked, "j-1", it.case.code, "window", "s", "王",
        answers={"licence": (it.licence.number,)},
    )  # fmt: skip
    apply_for_renewal(office=bench.office, call=bench.by(CLERK), application=asked, mark=Mark("renewals", it.case.id))


def _renews(bench: Bench, it: Try) -> str:
    """The id of the try's case, which says that it renews the licence."""
    said = Renewal(it.licence.id, it.licence.number, it.licence.valid_until, MONDAY, in_time=True)
    return bench.office.cases.save(replace(bench.now(it.case), renewal=said), [], bench.by(CLERK)).id


def _wake(bench: Bench, it: Try) -> None:
    [alarm] = alarms(bench.office)
    alarm.fire(it.licence, replace(bench.by(CLERK), now=PAST))


@dataclass(frozen=True)
class Act:
    """In which state its case is; what comes before, what is done, how it is refused: with a code, or as nothing to do."""

    state: CaseState
    prepare: Callable[[Bench, Try], object]
    do: Callable[[Bench, Try], None]
    code: str = ""


def _nothing(bench: Bench, it: Try) -> None:
    """Needs nothing before it."""


#: By the names of the table.
ACTS: dict[str, Act] = {
    "apply": Act(CaseState.IN_PROGRESS, _nothing, _apply),
    "apply when decided": Act(CaseState.APPROVED, _nothing, _apply),
    "refuse": Act(
        CaseState.DENIED,
        _renews,
        lambda bench, it: refuse_renewal(office=bench.office, call=bench.by(CLERK), case_id=it.case.id),
    ),
    "follow": Act(
        CaseState.ISSUED,
        _renews,
        lambda bench, it: keep_licence(office=bench.office, call=bench.by(CLERK), case_id=it.case.id),
    ),
    "end": Act(CaseState.DENIED, _nothing, _wake, "licence_over"),
    "end undecided": Act(CaseState.IN_PROGRESS, _renews, _wake, "licence_over"),
    "revoke": Act(
        CaseState.ISSUED,
        _nothing,
        lambda bench, it: end_licence(office=bench.office, call=bench.by(CLERK), case_id=it.licence.id),
    ),
}
#: What a result's end ends; and a refusal is of the renewal that waits alone, where the table asks only for one.
_ENDED = {(name, "revoke"): LicenceState.ENDED for name, it in SITUATIONS.items() if not it.state.over}
DONE = {pair: state for pair, state in {**LEGAL, **_ENDED}.items() if pair != ("being renewed by another", "refuse")}


@pytest.mark.parametrize(("situation", "name"), list(product(SITUATIONS, ACTS)))
def test_a_licence_does_what_the_table_names_and_nothing_else(
    bench: Bench, issued: Case, situation: str, name: str
) -> None:
    act = ACTS[name]
    it = tried(bench, issued, situation, act.state)
    act.prepare(bench, it)
    if (situation, name) in DONE:
        act.do(bench, it)
        assert bench.office.licences.get(it.licence.id).state is DONE[situation, name]
        return
    case, told = bench.now(it.case), len(bench.events)
    kept: AbstractContextManager[None] = refused(bench.store, act.code) if act.code else unwritten(bench.store)
    with kept:
        act.do(bench, it)
    assert bench.office.licences.get(it.licence.id) == it.licence
    assert (bench.now(it.case), len(bench.events)) == (case, told)
