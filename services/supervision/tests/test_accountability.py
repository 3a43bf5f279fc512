"""Points and the ladder: proposed by the system, decided by a supervisor, answered, taken back by appeals (rules G05)."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.actor import Actor
from kit.errors import Forbidden, Invalid, NotFound, Stale
from kit.testing import MONDAY, actor
from reference.testing import set_policy
from services.supervision.domain import points
from services.supervision.domain.cards import (
    Card,
    CardRecovered,
    CardState,
    Colour,
    Person,
    RedCardRaised,
    SubjectKind,
    YellowCardRaised,
)
from services.supervision.domain.rules import Period
from services.supervision.events import TABLE
from services.supervision.grpc_api import SupervisionApi
from services.supervision.tests.test_rules import asked, put
from tongban.supervision.v1 import accountability_pb2, measure_requests_pb2, rules_pb2, service_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CENTER = "610902"
LI = Person("staff-3", "李审查")
CHIEF = replace(actor("chief"), id="staff-chief", name="何主任", department="minzheng")
SUPERVISOR = replace(actor("supervisor"), id="staff-supervisor", name="安监察")
HIMSELF = replace(actor("reviewer"), id=LI.id, name=LI.name, department="minzheng")
HOSTILE = "<b>理由</b>\u3000😀'\""
PROPOSED, IMPOSED, LAPSED = (
    accountability_pb2.MEASURE_STATE_PROPOSED,
    accountability_pb2.MEASURE_STATE_IMPOSED,
    accountability_pb2.MEASURE_STATE_LAPSED,
)


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    set_policy(bench.store, CENTER, {"tacit_approval": False}, reference=bench.tower.reference)
    return SupervisionApi(bench.tower)


def card(n: int, colour: Colour = Colour.RED, person: Person | None = LI, given: int = 3) -> Card:
    return Card(
        id=f"case-c-{n}-{colour.name.lower()}", center_id=CENTER, colour=colour, state=CardState.ACTIVE,
        subject_kind=SubjectKind.CASE, subject_id=f"c-{n}", subject_number=f"610902-{n}", title="低保审核",
        department_key="minzheng", due_at=MONDAY, raised_at=MONDAY, recovered_at=None, reason="已超期", journey="j-1",
        rule="JC-02", points=given, person=person, source=f"case-c-{n}",
    )  # fmt: skip


def raised(bench: "Bench", *cards: Card) -> None:
    for each in cards:
        made = (RedCardRaised if each.colour is Colour.RED else YellowCardRaised)(each)
        bench.deliver("supervision", TABLE[type(made)].message(made))
    bench.listen()


def measures(
    bench: "Bench", api: SupervisionApi, who: Actor = SUPERVISOR, state: int = 0
) -> list[accountability_pb2.AccountabilityMeasure]:
    request = measure_requests_pb2.ListMeasuresRequest(
        center_id=CENTER, state=accountability_pb2.MeasureState.ValueType(state)
    )
    with bench.by(who):
        return list(api.ListMeasures(request, None).measures)


def decide(
    bench: "Bench", api: SupervisionApi, id: str, *, imposed: bool = True, who: Actor = SUPERVISOR
) -> accountability_pb2.AccountabilityMeasure:
    request = measure_requests_pb2.DecideMeasureRequest(
        measure_id=id, imposed=imposed, reason=HOSTILE, expected_version=1
    )
    with bench.by(who):
        return api.DecideMeasure(request, None).measure


def answer(
    bench: "Bench", api: SupervisionApi, id: str, who: Actor = HIMSELF
) -> accountability_pb2.AccountabilityMeasure:
    with bench.by(who):
        return api.AnswerMeasure(measure_requests_pb2.AnswerMeasureRequest(measure_id=id, text=HOSTILE), None).measure


def conclude(
    bench: "Bench", api: SupervisionApi, id: str, *, revoked: bool = False, who: Actor = SUPERVISOR
) -> accountability_pb2.AccountabilityMeasure:
    request = measure_requests_pb2.ConcludeMeasureRequest(measure_id=id, revoked=revoked, note=HOSTILE)
    with bench.by(who):
        return api.ConcludeMeasure(request, None).measure


def overturn(bench: "Bench", api: SupervisionApi, id: str) -> None:
    with bench.by(CHIEF):
        api.AppealCard(service_pb2.AppealCardRequest(card_id=id, grounds="停电"), None)
    with bench.by(SUPERVISOR):
        api.RuleOnAppeal(service_pb2.RuleOnAppealRequest(card_id=id, overturned=True, reason="属实"), None)
    bench.listen()


def total(bench: "Bench", api: SupervisionApi, person: str = "") -> tuple[int, int]:
    with bench.by(SUPERVISOR):
        rows = api.GetPoints(measure_requests_pb2.GetPointsRequest(center_id=CENTER), None).points.rows
    return next(((row.points, row.taken_back) for row in rows if row.person_id == person), (0, 0))


def test_points_are_added_up_for_the_department_and_for_who_had_it(bench: "Bench", api: SupervisionApi) -> None:
    raised(bench, card(1), card(2, Colour.YELLOW, given=1), card(3, person=None), card(4, Colour.REMINDER, given=0))
    assert total(bench, api) == (7, 0)
    assert total(bench, api, LI.id) == (4, 0)
    with bench.by(replace(CHIEF, department="renshe")):
        assert not api.GetPoints(measure_requests_pb2.GetPointsRequest(center_id=CENTER), None).points.rows


def test_a_rung_is_proposed_and_nothing_happens_until_a_supervisor_decides(bench: "Bench", api: SupervisionApi) -> None:
    raised(bench, card(1))
    (proposed,) = measures(bench, api)
    assert (proposed.state, proposed.sanction, proposed.person_id) == (PROPOSED, rules_pb2.SANCTION_CRITICISM, LI.id)
    assert (proposed.points, proposed.threshold, list(proposed.card_ids)) == (3, 3, ["case-c-1-red"])
    assert measures(bench, api, HIMSELF) == []
    with bench.by(HIMSELF), pytest.raises(NotFound):
        api.GetMeasure(measure_requests_pb2.GetMeasureRequest(measure_id=proposed.id), None)
    imposed = decide(bench, api, proposed.id)
    assert (imposed.state, imposed.decided_by_name, imposed.decision_reason) == (IMPOSED, "安监察", HOSTILE.strip())
    assert [each.id for each in measures(bench, api, HIMSELF)] == [proposed.id]
    assert [each.id for each in measures(bench, api, CHIEF)] == [proposed.id]
    answered = answer(bench, api, proposed.id)
    assert answered.answered_by_name == "李审查"
    closed = conclude(bench, api, proposed.id)
    assert closed.state == accountability_pb2.MEASURE_STATE_CLOSED
    bench.listen()
    assert [each for each in bench.told_types() if each.startswith("measure_")] == [
        "measure_proposed",
        "measure_imposed",
        "measure_answered",
        "measure_closed",
    ]


def test_a_higher_rung_takes_the_place_of_what_nobody_decided(bench: "Bench", api: SupervisionApi) -> None:
    raised(bench, card(1), card(2))
    states = {each.sanction: each.state for each in measures(bench, api)}
    assert states == {rules_pb2.SANCTION_CRITICISM: LAPSED, rules_pb2.SANCTION_ADMONITION: PROPOSED}


def test_the_same_news_again_proposes_nothing_twice(bench: "Bench", api: SupervisionApi) -> None:
    raised(bench, card(1))
    raised(bench, card(1))
    assert len(measures(bench, api)) == 1
    bench.listen()
    assert bench.told_types().count("measure_proposed") == 1


def test_an_appeal_that_was_right_takes_the_points_back_and_its_proposal_lapses(
    bench: "Bench", api: SupervisionApi
) -> None:
    raised(bench, card(1))
    overturn(bench, api, "case-c-1-red")
    assert total(bench, api) == (0, 3)
    assert [each.state for each in measures(bench, api)] == [LAPSED]
    raised(bench, card(2))
    assert [(each.state, list(each.card_ids)) for each in measures(bench, api)] == [(PROPOSED, ["case-c-2-red"])]


def test_what_was_imposed_shows_that_its_points_are_gone_and_is_taken_back_by_a_person(
    bench: "Bench", api: SupervisionApi
) -> None:
    raised(bench, card(1))
    (measure,) = measures(bench, api)
    decide(bench, api, measure.id)
    overturn(bench, api, "case-c-1-red")
    with bench.by(SUPERVISOR):
        found = api.GetMeasure(measure_requests_pb2.GetMeasureRequest(measure_id=measure.id), None)
    assert (found.measure.state, found.points_now) == (IMPOSED, 0)
    assert conclude(bench, api, measure.id, revoked=True).state == accountability_pb2.MEASURE_STATE_REVOKED


@pytest.mark.parametrize("kept", [False, True])
def test_a_yellow_that_recovered_counts_only_where_the_rules_say_so(
    bench: "Bench", api: SupervisionApi, kept: bool
) -> None:
    request = asked(bench, api)
    request.recovered_counts = kept
    put(bench, api, request)
    yellow = card(1, Colour.YELLOW, given=3)
    raised(bench, yellow)
    gone = CardRecovered(replace(yellow, state=CardState.RECOVERED, recovered_at=MONDAY + timedelta(hours=1)))
    bench.deliver("supervision", TABLE[CardRecovered].message(gone))
    assert total(bench, api) == ((3, 0) if kept else (0, 0))
    assert [each.state for each in measures(bench, api)] == [PROPOSED if kept else LAPSED]


def test_nobody_decides_about_themselves_and_nobody_answers_for_another(bench: "Bench", api: SupervisionApi) -> None:
    raised(bench, card(1, person=Person(SUPERVISOR.id, "安监察")))
    (measure,) = measures(bench, api)
    with pytest.raises(Forbidden, match="own_measure"):
        decide(bench, api, measure.id)
    decide(bench, api, measure.id, who=replace(SUPERVISOR, id="another"))
    for stranger in (HIMSELF, replace(CHIEF, centers=frozenset({"610903"})), replace(CHIEF, department="renshe")):
        with pytest.raises((Forbidden, NotFound)):
            answer(bench, api, measure.id, stranger)
    with pytest.raises(Forbidden, match="not_yours"):
        answer(bench, api, measure.id, CHIEF)


def test_a_departments_measure_is_answered_by_its_chief(bench: "Bench", api: SupervisionApi) -> None:
    raised(bench, *(card(n, person=None, given=5) for n in (1, 2)))
    (measure,) = measures(bench, api)
    assert (measure.person_id, measure.points) == ("", 10)
    decide(bench, api, measure.id)
    with pytest.raises((Forbidden, NotFound)):
        answer(bench, api, measure.id, HIMSELF)
    assert answer(bench, api, measure.id, CHIEF).answered_by_name == "何主任"


def test_reasons_are_wanted_and_an_old_view_is_refused(bench: "Bench", api: SupervisionApi) -> None:
    raised(bench, card(1))
    (measure,) = measures(bench, api)
    with bench.by(SUPERVISOR), pytest.raises(Invalid):
        api.DecideMeasure(
            measure_requests_pb2.DecideMeasureRequest(measure_id=measure.id, imposed=True, reason=" "), None
        )
    with bench.by(SUPERVISOR), pytest.raises(Stale):
        api.DecideMeasure(
            measure_requests_pb2.DecideMeasureRequest(measure_id=measure.id, reason="无", expected_version=9), None
        )
    assert measures(bench, api) == [measure]


@pytest.mark.parametrize(
    ("period", "name", "since", "until"),
    [
        (Period.MONTH, "2026-11", "2026-10-31T16:00", "2026-11-30T16:00"),
        (Period.QUARTER, "2026Q4", "2026-09-30T16:00", "2026-12-31T16:00"),
        (Period.YEAR, "2026", "2025-12-31T16:00", "2026-12-31T16:00"),
    ],
)
def test_a_period_is_one_of_the_centers_days(period: Period, name: str, since: str, until: str) -> None:
    found = points.span(period, MONDAY)
    assert (found.name, found.since.isoformat()[:16], found.until.isoformat()[:16]) == (name, since, until)
