"""Rules of supervision: set by supervisors alone, in force from a day on, cards keep the edition that made them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from kit.actor import Actor
from kit.errors import Conflict, Forbidden, Invalid, Stale
from kit.testing import MONDAY, actor
from kit.timestamps import to_timestamp
from kit.workdays import Limit, Unit, due, local_date
from reference.testing import sample_calendar, set_policy
from services.supervision.domain import rules
from services.supervision.domain.cards import Colour, Trigger
from services.supervision.domain.rules import NUMBERS
from services.supervision.grpc_api import SupervisionApi
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.catalog.v1 import events_pb2 as catalog_events
from tongban.catalog.v1 import messages_pb2 as catalog_messages
from tongban.supervision.v1 import messages_pb2, rule_requests_pb2, rules_pb2, service_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CENTER = "610902"
SUPERVISOR = replace(actor("supervisor"), id="staff-supervisor", name="安监察")
HOSTILE = "<script>alert(1)</script> 原因😀"


def due_after(days: int) -> datetime:
    at = due(MONDAY, Limit(days, Unit.WORKING_DAY), sample_calendar()).due_at
    assert at is not None
    return at


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    return SupervisionApi(bench.tower)


def held(bench: "Bench", api: SupervisionApi, who: Actor = SUPERVISOR) -> rule_requests_pb2.GetSupervisionRulesResponse:
    with bench.by(who):
        return api.GetSupervisionRules(rule_requests_pb2.GetSupervisionRulesRequest(center_id=CENTER), None)


def rule_of(of: rules_pb2.SupervisionRules, number: str) -> rules_pb2.SupervisionRule:
    return next(rule for rule in of.rules if rule.number == number)


def asked(
    bench: "Bench", api: SupervisionApi, on: datetime | None = None, reason: str = "季度调整", version: int = 0
) -> rule_requests_pb2.SetSupervisionRulesRequest:
    """The rules in force, to be changed by the test."""
    now = held(bench, api).rules
    return rule_requests_pb2.SetSupervisionRulesRequest(
        center_id=CENTER,
        effective_on=local_date(on or bench.clock.now()).isoformat(),
        rules=now.rules,
        ladder=now.ladder,
        period=now.period,
        recovered_counts=now.recovered_counts,
        reason=reason,
        expected_version=version,
    )


def put(
    bench: "Bench", api: SupervisionApi, request: rule_requests_pb2.SetSupervisionRulesRequest, who: Actor = SUPERVISOR
) -> rules_pb2.SupervisionRules:
    with bench.by(who):
        return api.SetSupervisionRules(request, None).rules


def opened(bench: "Bench", days: int = 10) -> None:
    case = approval.Case(
        id="c-1",
        number="610902-1",
        center_id=CENTER,
        item_name="食品经营许可",
        department_key="shichang-jianguan",
        state=approval.CASE_STATE_IN_PROGRESS,
        accepted_at=to_timestamp(MONDAY),
        due_at=to_timestamp(due_after(days)),
        journey="j-1",
        version=1,
    )
    bench.deliver("approval_routing", approval_events.CaseOpened(case=case))


def go_to(bench: "Bench", at: datetime) -> None:
    bench.clock.advance(at - bench.clock.now())
    bench.sweep()


def test_without_any_set_the_rules_are_those_that_the_software_brings(bench: "Bench", api: SupervisionApi) -> None:
    found = held(bench, api)
    assert (found.rules.number, found.HasField("upcoming")) == (0, False)
    assert [rule.number for rule in found.rules.rules] == list(NUMBERS.values())
    promise = rule_of(found.rules, "JC-02")
    assert (promise.reminder_days, promise.yellow_days, promise.colour) == (1, 0, messages_pb2.CARD_COLOUR_RED)


def test_a_change_holds_from_its_day_on_and_says_who_and_why(bench: "Bench", api: SupervisionApi) -> None:
    request = asked(bench, api, on=MONDAY + timedelta(days=3), reason=HOSTILE)
    rule_of(rules_pb2.SupervisionRules(rules=request.rules), "JC-02")
    request.rules[1].yellow_days = 3
    set_ = put(bench, api, request)
    assert (set_.number, set_.reason, set_.set_by_name) == (1, HOSTILE, "安监察")
    found = held(bench, api)
    assert (found.rules.number, found.upcoming.number) == (0, 1)
    bench.clock.advance(timedelta(days=3))
    assert (held(bench, api).rules.number, held(bench, api).HasField("upcoming")) == (1, False)
    bench.listen()
    assert bench.told_types() == ["supervision_rules_set"]


def test_a_card_says_by_which_rule_of_which_edition_it_was_made(bench: "Bench", api: SupervisionApi) -> None:
    request = asked(bench, api)
    request.rules[1].red_points = 7
    put(bench, api, request)
    opened(bench)
    go_to(bench, due_after(10) + timedelta(seconds=1))
    go_to(bench, due_after(10) + timedelta(seconds=62))
    red = bench.tower.cards.get("case-c-1-red")
    assert (red.trigger, red.rule, red.edition, red.points) == (Trigger.PROMISE, "JC-02", 1, 7)
    assert red.evidence


def test_a_clock_that_runs_already_is_warned_of_by_the_new_leads_from_their_day_on(
    bench: "Bench", api: SupervisionApi
) -> None:
    opened(bench)
    go_to(bench, MONDAY + timedelta(hours=1))
    request = asked(bench, api, on=MONDAY + timedelta(days=2))
    request.rules[1].reminder_days = 8
    put(bench, api, request)
    go_to(bench, MONDAY + timedelta(days=1))
    assert bench.tower.cards.find_by_id("case-c-1-reminder") is None
    go_to(bench, MONDAY + timedelta(days=2))
    assert bench.tower.cards.get("case-c-1-reminder").edition == 1


def test_changed_settings_move_the_reminders_of_clocks_that_run_and_say_so(bench: "Bench", api: SupervisionApi) -> None:
    def change(version: int, **leads: int) -> None:
        set_policy(bench.tower.rules.store, CENTER, leads, reference=bench.tower.reference)
        policy = catalog_messages.Policy(center_id=CENTER, version=version)
        bench.deliver("catalog", catalog_events.PolicyChanged(policy=policy))

    opened(bench)
    go_to(bench, MONDAY + timedelta(hours=1))
    before = bench.tower.watches.get("case-c-1").wake_at
    version = bench.tower.reference.policy(CENTER).version
    change(version + 1, reminder_lead_days=5, yellow_card_lead_days=2)
    bench.sweep()
    moved = bench.tower.watches.get("case-c-1").wake_at
    assert before is not None
    assert moved is not None
    assert (local_date(before), local_date(moved)) == (date(2026, 12, 4), date(2026, 11, 30))
    found = held(bench, api).rules
    assert (found.number, "到期前 5 个工作日提醒" in found.reason) == (0, True)
    change(version + 2, reminder_lead_days=5, yellow_card_lead_days=2, pause_max_min=20)
    assert bench.told_types() == ["supervision_rules_set"]
    request = asked(bench, api)
    request.rules[1].reminder_days = 3
    assert put(bench, api, request).number == 1
    change(version + 3, reminder_lead_days=9)
    assert held(bench, api).rules.rules[1].reminder_days == 3


def test_a_standing_card_stays_by_the_rule_that_made_it(bench: "Bench", api: SupervisionApi) -> None:
    opened(bench)
    go_to(bench, due_after(10) - timedelta(hours=2))
    assert bench.tower.cards.get("case-c-1-yellow").edition == 0
    request = asked(bench, api)
    request.rules[1].ClearField("yellow_days")
    put(bench, api, request)
    bench.sweep()
    same_again = approval_events.CaseOpened(
        case=approval.Case(
            id="c-1",
            center_id=CENTER,
            state=approval.CASE_STATE_IN_PROGRESS,
            accepted_at=to_timestamp(MONDAY),
            due_at=to_timestamp(due_after(10)),
            version=2,
            journey="j-1",
        )
    )
    bench.deliver("approval_routing", same_again)
    assert {raised.colour for raised in bench.tower.watches.get("case-c-1").raised} == {Colour.REMINDER, Colour.YELLOW}


def test_a_rule_that_is_off_makes_no_card(bench: "Bench", api: SupervisionApi) -> None:
    request = asked(bench, api)
    request.rules[1].on = False
    put(bench, api, request)
    opened(bench)
    go_to(bench, due_after(30))
    go_to(bench, due_after(40))
    assert "red_card_raised" not in bench.told_types()


@pytest.mark.parametrize("role", ["manager", "chief", "clerk", "reviewer", "approver", "admin"])
def test_departments_and_the_center_itself_may_not_set_them(role: str) -> None:
    method = service_pb2.DESCRIPTOR.services_by_name["SupervisionService"].methods_by_name["SetSupervisionRules"]
    assert f"ROLE_{role.upper()}" not in str(method.GetOptions())
    assert "ROLE_SUPERVISOR" in str(method.GetOptions())


def test_what_is_no_sound_edition_is_refused_and_changes_nothing(bench: "Bench", api: SupervisionApi) -> None:
    def refused(code: str, error: type[Exception], **change: object) -> None:
        request = asked(bench, api)
        for path, value in change.items():
            message: object = request
            *parts, last = path.split("__")
            for part in parts:
                message = message[int(part)] if part.isdigit() else getattr(message, part)  # type: ignore[index]
            setattr(message, last, value)
        with pytest.raises(error, match=code):
            put(bench, api, request)

    refused("rules_out_of_range", Invalid, rules__0__yellow_points=1001)
    refused("rules_out_of_range", Invalid, rules__1__reminder_days=61)
    refused("rules_out_of_range", Invalid, rules__3__reminder_days=1)
    refused("rules_out_of_range", Invalid, rules__7__idle_days=0)
    refused("rules_out_of_range", Invalid, rules__0__colour=messages_pb2.CARD_COLOUR_REMINDER)
    refused("rules_incomplete", Invalid, rules__0__trigger=messages_pb2.CARD_TRIGGER_LAW)
    refused("rules_incomplete", Invalid, period=0)
    refused("rules_ladder", Invalid, ladder__1__person_points=3)
    refused("rules_backdated", Invalid, effective_on="2026-11-22")
    refused("rules_too_far", Invalid, effective_on="2030-01-01")
    refused("effective_on_invalid", Invalid, effective_on="明天")
    short = asked(bench, api)
    del short.rules[3]
    with pytest.raises(Invalid, match="rules_incomplete"):
        put(bench, api, short)
    with pytest.raises(Invalid):
        put(bench, api, asked(bench, api, reason=" "))
    with pytest.raises(Forbidden):
        put(bench, api, asked(bench, api), replace(SUPERVISOR, centers=frozenset({"610903"})))
    assert held(bench, api).rules.number == 0
    assert not bench.told


def test_of_two_who_change_them_at_once_one_has_to_look_again(bench: "Bench", api: SupervisionApi) -> None:
    first, second = asked(bench, api, version=1), asked(bench, api, version=1)
    second.recovered_counts = True
    put(bench, api, first)
    with pytest.raises(Stale):
        put(bench, api, second)
    with pytest.raises(Conflict, match="rules_unchanged"):
        put(bench, api, asked(bench, api))
    assert held(bench, api).rules.number == 1


def test_no_two_rules_share_a_number() -> None:
    assert len(set(rules.NUMBERS.values())) == len(Trigger) == len(rules.NUMBERS)
