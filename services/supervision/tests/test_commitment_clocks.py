"""That a department verifies a commitment in its time is watched, by the dates that a changed calendar gives (rules D04)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from google.protobuf.timestamp_pb2 import Timestamp

from kit.testing import MONDAY
from kit.timestamps import to_timestamp
from services.supervision.domain.cards import CardState
from services.supervision.tests.test_more_clocks import after, cards, go_past
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import events_pb2 as intake_events
from tongban.intake.v1 import messages_pb2 as intake

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

RED, YELLOW = "commitment-a-1-red", "commitment-a-1-yellow"


def stamp(at: datetime) -> Timestamp:
    found = to_timestamp(at)
    assert found is not None
    return found


def application(version: int, state: str = "VERIFYING", *, days: int = 10, **made: Any) -> intake.Application:
    undertaking = commitments.Undertaking(
        state=commitments.UndertakingState.Value(f"UNDERTAKING_STATE_{state}"), verify_by=stamp(after(days)), **made
    )
    return intake.Application(
        id="a-1",
        number="610902-1",
        center_id="610902",
        item_name="公共场所卫生许可",
        department_key="shichang-jianguan",
        journey="j-1",
        accepted_at=stamp(MONDAY),
        version=version,
        undertaking=undertaking,
    )


def accepted(bench: "Bench", it: intake.Application) -> None:
    bench.deliver("intake", intake_events.ApplicationAccepted(application=it))
    bench.listen()


def test_a_commitment_not_verified_in_time_is_yellow_before_and_red_after_its_end(bench: "Bench") -> None:
    accepted(bench, application(1))
    go_past(bench, after(10) - timedelta(days=1))
    assert cards(bench) == {YELLOW}
    go_past(bench, after(10))
    assert cards(bench) == {YELLOW, RED}
    assert "公共场所卫生许可" in bench.tower.cards.get(RED).title


def test_a_yellow_card_is_taken_back_where_a_changed_calendar_gives_more_days(bench: "Bench") -> None:
    accepted(bench, application(1))
    go_past(bench, after(10) - timedelta(days=1))
    moved = intake_events.ApplicationDeadlineRecomputed(application=application(2, days=13), reason="台风闭馆")
    bench.deliver("intake", moved)
    bench.listen()
    assert bench.tower.cards.get(YELLOW).state is CardState.RECOVERED
    go_past(bench, after(10))
    assert RED not in cards(bench)


def test_what_was_verified_in_time_gives_no_card_while_or_after_it_is_put_right(bench: "Bench") -> None:
    accepted(bench, application(1))
    found = commitments.CommitmentFinding(said="未清洗", found_at=stamp(MONDAY + timedelta(days=1)))
    for version, state in ((2, "CORRECTING"), (3, "BROKEN")):
        told = intake_events.CommitmentVerified(application=application(version, state, findings=[found]))
        bench.deliver("intake", told)
        bench.listen()
        go_past(bench, after(20 + version))
    assert cards(bench) == set()


def test_an_application_without_a_commitment_is_not_watched(bench: "Bench") -> None:
    ordinary = application(1)
    ordinary.ClearField("undertaking")
    accepted(bench, ordinary)
    assert bench.tower.watches.find_by_id("commitment-a-1") is None
