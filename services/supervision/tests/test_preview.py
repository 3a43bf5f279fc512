"""Rules tried on what happened: which cards would they have made, beside those that were (facts 7)."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kit.errors import Forbidden, Invalid
from kit.testing import MONDAY, actor
from services.supervision.grpc_api import SupervisionApi
from services.supervision.tests.test_findings import ASKED_AGAIN, FURTHER, tell
from services.supervision.tests.test_rules import SUPERVISOR, asked, due_after, go_to, opened
from tongban.supervision.v1 import messages_pb2, rule_requests_pb2, rules_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

PROMISE, NOTICE = messages_pb2.CARD_TRIGGER_PROMISE, messages_pb2.CARD_TRIGGER_FURTHER_NOTICE


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    """Late by now, and asked for more than once."""
    opened(bench)
    tell(bench, "intake", FURTHER)
    tell(bench, "intake", ASKED_AGAIN)
    go_to(bench, due_after(10) + timedelta(seconds=1))
    go_to(bench, due_after(10) + timedelta(seconds=62))
    return SupervisionApi(bench.tower)


def preview(
    bench: "Bench", api: SupervisionApi, wanted: rule_requests_pb2.SetSupervisionRulesRequest, days: int = 30
) -> rules_pb2.RulesPreview:
    with bench.by(SUPERVISOR):
        return api.PreviewSupervisionRules(
            rule_requests_pb2.PreviewSupervisionRulesRequest(center_id="610902", rules=wanted.rules, days=days), None
        ).preview


def row(of: rules_pb2.RulesPreview, trigger: int) -> tuple[int, ...]:
    (found,) = [each for each in of.rows if each.trigger == trigger]
    return (
        found.reminders, found.yellow, found.red, found.reminders_made, found.yellow_made, found.red_made,
    )  # fmt: skip


def test_the_rules_in_force_would_have_made_what_was_made(bench: "Bench", api: SupervisionApi) -> None:
    found = preview(bench, api, asked(bench, api))
    assert all(row(found, each.trigger)[:3] == row(found, each.trigger)[3:] for each in found.rows)
    assert row(found, PROMISE) == (1, 1, 1, 1, 1, 1)
    assert found.cards
    assert all(card.made for card in found.cards)


def test_a_changed_rule_shows_what_it_would_have_made_and_changes_nothing(bench: "Bench", api: SupervisionApi) -> None:
    wanted = asked(bench, api)
    wanted.rules[1].ClearField("reminder_days")
    wanted.rules[3].colour = messages_pb2.CARD_COLOUR_RED
    wanted.rules[5].on = False
    told = len(bench.told)
    found = preview(bench, api, wanted)
    assert row(found, PROMISE) == (0, 1, 1, 1, 1, 1)
    assert row(found, NOTICE) == (0, 0, 1, 0, 1, 0)
    assert row(found, messages_pb2.CARD_TRIGGER_NOT_ACCEPTED) == (0, 0, 0, 0, 1, 0)
    assert [card.made for card in found.cards if card.trigger == NOTICE] == [False]
    bench.listen()
    assert len(bench.told) == told


def test_only_the_days_that_are_asked_for_count(bench: "Bench", api: SupervisionApi) -> None:
    found = preview(bench, api, asked(bench, api), days=1)
    assert row(found, NOTICE) == (0, 0, 0, 0, 0, 0)
    assert row(found, PROMISE)[2] == 1


def test_what_makes_no_sense_is_refused(bench: "Bench", api: SupervisionApi) -> None:
    wanted = asked(bench, api)
    for days in (0, 367):
        with pytest.raises(Invalid, match="days_out_of_range"):
            preview(bench, api, wanted, days)
    wanted.rules[0].yellow_points = -1
    with pytest.raises(Invalid, match="rules_out_of_range"):
        preview(bench, api, wanted)
    with bench.by(actor("supervisor", center="610900")), pytest.raises(Forbidden):
        api.PreviewSupervisionRules(rule_requests_pb2.PreviewSupervisionRulesRequest(center_id="610902", days=1), None)
    assert bench.clock.now() > MONDAY
