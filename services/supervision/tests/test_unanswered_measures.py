"""A measure that nobody answers goes up to the next named level; an answer ends that (rules G05)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from kit.store.port import Mark
from kit.testing import MONDAY
from kit.workdays import local_date
from reference.testing import closed_on, set_calendar, set_policy
from services.supervision.domain.measures import MeasureState
from services.supervision.grpc_api import SupervisionApi
from services.supervision.handlers import recounting_measures
from services.supervision.tests.test_accountability import (
    CENTER,
    CHIEF,
    IMPOSED,
    PROPOSED,
    answer,
    card,
    conclude,
    decide,
    measures,
    raised,
)

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    return SupervisionApi(bench.tower)


def imposed(bench: "Bench", api: SupervisionApi, days: int = 2) -> str:
    """A measure against the department, to be answered within some days; its id."""
    levels = ["部门主要负责人", "中心负责人"]
    values = {"tacit_approval": False, "measure_answer_days": days, "measure_escalation_levels": levels}
    set_policy(bench.store, CENTER, values, reference=bench.tower.reference)
    raised(bench, *(card(n, person=None) for n in range(4)))
    (proposed,) = measures(bench, api, state=PROPOSED)
    return decide(bench, api, proposed.id).id


def test_a_measure_that_nobody_answers_goes_up_level_by_level_and_stays_with_the_last(
    bench: "Bench", api: SupervisionApi
) -> None:
    id = imposed(bench, api)
    first = bench.tower.measures.get(id)
    assert (first.next_level, local_date(first.answer_due_at or MONDAY).isoformat()) == ("部门主要负责人", "2026-11-25")
    bench.sweep()
    assert bench.tower.measures.get(id).escalations == ()
    for level in ("部门主要负责人", "中心负责人"):
        bench.clock.advance((bench.tower.measures.get(id).answer_due_at or MONDAY) - bench.clock.now())
        bench.sweep()
        bench.clock.advance(timedelta(seconds=1))
        bench.sweep()
        assert bench.tower.measures.get(id).escalations[-1].level == level
    bench.clock.advance(timedelta(days=60))
    bench.sweep()
    (shown,) = measures(bench, api, who=CHIEF)
    assert [up.level for up in shown.escalations] == ["部门主要负责人", "中心负责人"]
    assert (shown.state, shown.next_level) == (IMPOSED, "")
    assert bench.told_types().count("measure_escalated") == 2
    told = next(event for event in reversed(bench.told) if event.type.split(".")[2] == "measure_escalated")
    assert bench.tower.lines.get(told.id).title == "追责处理逾期未答复，上报中心负责人"


@pytest.mark.parametrize("ended", ["answered", "revoked"])
def test_an_answered_or_revoked_measure_goes_up_no_further(bench: "Bench", api: SupervisionApi, ended: str) -> None:
    id = imposed(bench, api)
    if ended == "answered":
        answer(bench, api, id, who=CHIEF)
    else:
        conclude(bench, api, id, revoked=True)
    bench.clock.advance(timedelta(days=60))
    bench.sweep()
    assert bench.tower.measures.get(id).escalations == ()
    assert "measure_escalated" not in bench.told_types()


def test_a_dismissed_measure_and_one_of_an_earlier_release_have_no_limit(bench: "Bench", api: SupervisionApi) -> None:
    set_policy(bench.store, CENTER, {"tacit_approval": False}, reference=bench.tower.reference)
    raised(bench, *(card(n, person=None) for n in range(4)))
    (proposed,) = measures(bench, api, state=PROPOSED)
    assert not decide(bench, api, proposed.id, imposed=False).HasField("answer_due_at")
    before = replace(bench.tower.measures.get(proposed.id), id="m-old", state=MeasureState.IMPOSED, version=0)
    bench.tower.measures.create(before, [], bench.call())
    bench.clock.advance(timedelta(days=60))
    bench.sweep()
    assert bench.tower.measures.get("m-old").escalations == ()


def test_the_limit_of_an_answer_follows_the_calendar(bench: "Bench", api: SupervisionApi) -> None:
    id = imposed(bench, api)
    set_calendar(bench.store, CENTER, closed_on(date(2026, 11, 25)), reference=bench.tower.reference)
    version = bench.tower.reference.calendar(CENTER).version
    moved = recounting_measures(bench.tower).recount_center(
        bench.call(), CENTER, version, lambda part: Mark("supervision.calendar", "event-1", part)
    )
    bench.listen()
    assert moved == 1
    assert local_date(bench.tower.measures.get(id).answer_due_at or MONDAY).isoformat() == "2026-11-26"
    assert bench.told_types()[-1] == "measure_deadline_recomputed"
