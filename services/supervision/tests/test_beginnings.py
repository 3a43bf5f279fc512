"""A group that comes with an upgrade reads retained topics from their start: nobody is judged today by what was then."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kit.testing import MONDAY
from kit.timestamps import to_timestamp
from kit.workdays import local_date, local_instant
from reference.testing import set_policy
from services.supervision.domain.cards import CardState, Colour
from services.supervision.domain.watches import WatchState
from services.supervision.grpc_api import SupervisionApi
from services.supervision.tests.test_findings import ASKED_AGAIN, COMPLETE, DENIED, FEE, FURTHER, GROUNDLESS
from services.supervision.tests.test_rules import asked, put
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.catalog.v1 import events_pb2 as catalog_events
from tongban.catalog.v1 import messages_pb2 as catalog_messages

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CENTER = "610902"
FACTS = (
    ("intake", FURTHER), ("intake", GROUNDLESS), ("intake", COMPLETE), ("intake", ASKED_AGAIN),
    ("approval_routing", DENIED), ("complaint", FEE),
)  # fmt: skip
FACES = tuple(f"{colour.name.lower()}-{state}" for colour in Colour for state in CardState)


def late_case(opened: datetime, decided: datetime | None) -> approval.Case:
    """A case of ten days, decided when it was, or still open."""
    return approval.Case(
        id=f"late-{opened:%Y%m%d}", number="610902-9", center_id=CENTER, item_name="低保审核", department_key="minzheng",
        state=approval.CASE_STATE_APPROVED if decided else approval.CASE_STATE_IN_PROGRESS, journey="j-1",
        accepted_at=to_timestamp(opened), due_at=to_timestamp(opened + timedelta(days=10)),
        decision=approval.Decision(outcome=approval.OUTCOME_APPROVED, decided_at=to_timestamp(decided)) if decided else None,
        version=2 if decided else 1,
    )  # fmt: skip


def replay(bench: "Bench", opened: datetime, decided: datetime) -> None:
    bench.deliver("approval_routing", approval_events.CaseOpened(case=late_case(opened, None)), at=opened)
    bench.sweep()
    bench.deliver("approval_routing", approval_events.CaseDecided(case=late_case(opened, decided)), at=decided)


def cards(bench: "Bench") -> list[str]:
    bench.sweep()
    return [card.id for card in bench.tower.cards.each("by_center", center_id=CENTER, face=FACES)]


def test_a_year_of_old_events_makes_no_finding_no_card_and_no_point(bench: "Bench") -> None:
    bench.begin()
    for day in range(365, 0, -15):
        then = MONDAY - timedelta(days=day)
        for service, message in FACTS:
            bench.deliver(service, message, at=then)
        replay(bench, then - timedelta(days=30), then)
    assert cards(bench) == []
    assert not list(bench.tower.findings.each("by_center", center_id=CENTER))
    assert not bench.told, "neither a warning nor that it is over"
    ended = bench.tower.watches.get(f"case-late-{MONDAY - timedelta(days=395):%Y%m%d}")
    assert (ended.seen.state, ended.ended_in_time) == (WatchState.ENDED, False), "what was late is still known as late"


def test_what_happened_since_counts_however_late_it_is_told(bench: "Bench") -> None:
    bench.begin()
    bench.clock.advance(timedelta(days=30))
    bench.deliver("intake", GROUNDLESS, at=MONDAY + timedelta(days=1))
    opened = MONDAY - timedelta(days=20)
    replay(bench, opened, MONDAY + timedelta(days=2))
    assert "grounds-a-1-red" in cards(bench)
    assert f"case-late-{opened:%Y%m%d}-red" in cards(bench)


def test_on_its_first_day_a_group_counts_what_was_told_before_it_was_up(bench: "Bench") -> None:
    bench.begin()
    bench.deliver("intake", GROUNDLESS, at=local_instant(local_date(MONDAY)))
    assert cards(bench) == ["grounds-a-1-red"]


def test_a_restart_begins_nothing_anew(bench: "Bench") -> None:
    bench.begin()
    bench.clock.advance(timedelta(days=30))
    bench.begin()
    bench.deliver("intake", GROUNDLESS, at=MONDAY + timedelta(days=1))
    assert cards(bench) == ["grounds-a-1-red"]


def test_what_runs_late_since_before_is_warned_of_as_it_still_does(bench: "Bench") -> None:
    bench.begin()
    opened = MONDAY - timedelta(days=20)
    bench.deliver("approval_routing", approval_events.CaseOpened(case=late_case(opened, None)), at=opened)
    bench.clock.advance(timedelta(minutes=2))
    bench.sweep()
    bench.clock.advance(timedelta(minutes=2))
    assert f"case-late-{opened:%Y%m%d}-red" in cards(bench)


def test_a_fact_is_judged_by_the_rules_of_its_day(bench: "Bench") -> None:
    bench.begin()
    api = SupervisionApi(bench.tower)
    off = asked(bench, api)
    off.rules[4].on = False
    put(bench, api, off)
    happened = MONDAY + timedelta(days=1)
    bench.clock.advance(timedelta(days=3))
    on = asked(bench, api)
    on.rules[4].on = True
    put(bench, api, on)
    bench.deliver("intake", GROUNDLESS, at=happened)
    assert "grounds-a-1-red" not in cards(bench)
    assert bench.tower.findings.get("grounds-a-1").edition == 1


def test_old_changes_of_settings_are_known_and_told_of_no_more(bench: "Bench") -> None:
    bench.begin()
    set_policy(bench.store, CENTER, {"reminder_lead_days": 5}, reference=bench.tower.reference)
    version = bench.tower.reference.policy(CENTER).version
    changed = catalog_events.PolicyChanged(policy=catalog_messages.Policy(center_id=CENTER, version=version))
    bench.deliver("catalog", changed, at=MONDAY - timedelta(days=100))
    assert cards(bench) == []
    assert not bench.told
    set_policy(bench.store, CENTER, {"reminder_lead_days": 1}, reference=bench.tower.reference)
    changed.policy.version = version + 1
    bench.deliver("catalog", changed)
    bench.listen()
    assert bench.told_types() == ["supervision_rules_set"]
