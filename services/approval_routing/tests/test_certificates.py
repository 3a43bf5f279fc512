"""Certificates: made of a result, verified by anybody, ended with reason and basis (rules I01; 许可法 50, 69, 70)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import actor
from reference import ItemResult
from reference.papers.shelf import Standing, StandingState
from reference.papers.testing import words
from reference.testing import sample_item
from services.approval_routing.domain import history
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.decision import EndKind
from services.approval_routing.domain.licences import LicenceState
from services.approval_routing.handlers.certificates import end_result
from services.approval_routing.queries.papers import get_decision_paper, get_result_paper, standing_of
from services.approval_routing.tests.approval_doubles import FULL_NAME
from services.approval_routing.tests.approval_office import (
    APPROVER,
    CHIEF,
    CLERK,
    REVIEWER,
    Bench,
    MakeBench,
)

YEARS_5 = ItemResult("食品经营许可证", "licence", valid_months=60)


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench(items=[sample_item(results=(YEARS_5,))])


def issued(bench: Bench) -> Case:
    case = bench.issue(bench.approved())
    bench.catch_up()
    return bench.now(case)


def certificate(bench: Bench, case: Case, who: Actor = CLERK, code: str = "") -> bytes:
    return get_result_paper(office=bench.office, call=bench.by(who), case_id="" if code else case.id, code=code)[1]


def ended(bench: Bench, case: Case, who: Actor = CHIEF, **changes: object) -> Case:
    arguments: dict[str, object] = {
        "kind": EndKind.REVOKED,
        "reason": "以欺骗手段取得许可",
        "basis": "许可法第六十九条第二款",
        "expected_version": 0,
    }
    return end_result(office=bench.office, call=bench.by(who), case_id=case.id, **(arguments | changes))  # type: ignore[arg-type]


def standing(bench: Bench, case: Case, name: str = "result") -> Standing:
    paper = bench.office.shelf.papers.get(f"{case.id}/{name}")
    return standing_of(bench.office, bench.by(PUBLIC), paper)


def test_a_certificate_says_who_holds_what_until_when(bench: Bench) -> None:
    case = issued(bench)
    assert case.result is not None
    text = words(certificate(bench, case))
    for said in (FULL_NAME, case.result.name, case.result.number, case.item_name, "2026年11月23日至2031年11月22日"):
        assert said.replace(" ", "") in text
    assert bench.names.asked[-1][1] == f"打印{case.result.name} {case.result.number}"
    # The code of the case isn't on what is shown to others.
    assert case.code not in text


def test_there_is_none_before_it_was_made_and_none_of_a_denial(bench: Bench) -> None:
    for case in (bench.approved("a-1"), bench.denied("a-2")):
        with pytest.raises(Conflict, match="no_result"):
            certificate(bench, case)
        with pytest.raises(Conflict, match="no_result"):
            ended(bench, case)
    denial = bench.hand_out(bench.now_of("a-2"))
    with pytest.raises(Conflict, match="no_result"):
        ended(bench, denial)


def test_whoever_has_the_code_sees_a_masked_one_until_it_is_delivered_electronically(bench: Bench) -> None:
    case = issued(bench)
    before = certificate(bench, case, PUBLIC, case.code)
    assert FULL_NAME not in words(before)
    delivered = bench.hand_out(case, method="electronic", received_by="")
    given = certificate(bench, delivered, PUBLIC, case.code)
    assert FULL_NAME in words(given)
    assert given == certificate(bench, delivered)


def test_it_holds_until_its_last_day_is_over(bench: Bench) -> None:
    case = issued(bench)
    certificate(bench, case)
    assert case.result is not None
    assert case.result.validity is not None
    until = case.result.validity.valid_until
    assert standing(bench, case) == Standing(valid_until=until)
    bench.pass_time(days=(until - bench.clock.now().date()).days)
    assert standing(bench, case).state is StandingState.VALID
    bench.pass_time(days=1)
    assert standing(bench, case).state is StandingState.EXPIRED
    licence = bench.office.licences.get(case.id)
    bench.office.licences.save(replace(licence, state=LicenceState.CONTINUED), [], bench.by(CLERK))
    assert standing(bench, case).state is StandingState.VALID


@pytest.mark.parametrize(
    ("kind", "state"), [(EndKind.REVOKED, StandingState.REVOKED), (EndKind.CANCELLED, StandingState.CANCELLED)]
)
def test_what_is_ended_says_so_to_whoever_verifies_it_and_is_not_renewed(
    bench: Bench, kind: EndKind, state: StandingState
) -> None:
    case = issued(bench)
    certificate(bench, case)
    get_decision_paper(office=bench.office, call=bench.by(CLERK), case_id=case.id, code="")
    after = ended(bench, case, kind=kind)
    bench.catch_up()
    for name in ("result", "decision"):
        found = standing(bench, case, name)
        assert (found.state, found.reason) == (state, "以欺骗手段取得许可（许可法第六十九条第二款）")
    assert bench.told()[-1] == "result_ended"
    assert bench.office.licences.get(case.id).state is LicenceState.ENDED
    assert bench.office.licences.get(case.id).wake_at is None
    assert history.check(after).intact
    assert after.history[-1].what == "ResultEnded"
    with pytest.raises(Conflict, match="result_ended"):
        ended(bench, after)


@pytest.mark.parametrize(
    "who",
    [CLERK, REVIEWER, actor("manager"), actor("chief", department="gaj"), actor("approver", center="610900")],
    ids=lambda who: "-".join((*who.roles, who.department)),
)
def test_only_the_department_that_decides_ends_it(bench: Bench, who: Actor) -> None:
    case = issued(bench)
    with pytest.raises(Forbidden):
        ended(bench, case, who)


def test_it_is_not_ended_without_kind_reason_and_basis(bench: Bench) -> None:
    case = issued(bench)
    for lacking in ({"kind": None}, {"reason": " "}, {"basis": ""}):
        with pytest.raises(Invalid):
            ended(bench, case, APPROVER, **lacking)
    assert bench.now(case) == case


def test_nothing_is_delivered_electronically_that_cannot_be_made(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    case = issued(bench)
    monkeypatch.setattr("reference.papers.shelf.paper_pdf", _breaks)
    with pytest.raises(RuntimeError):
        bench.hand_out(case, method="electronic", received_by="")
    assert bench.now(case) == case


def _breaks(*_: object, **__: object) -> bytes:
    raise RuntimeError("no printer")
