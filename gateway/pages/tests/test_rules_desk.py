"""The page on which supervision changes its rules: what is typed is what is set."""

from __future__ import annotations

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.supervision.v1 import messages_pb2 as messages
from tongban.supervision.v1 import rule_requests_pb2 as rule_requests
from tongban.supervision.v1 import rules_pb2 as rules

HELD = rules.SupervisionRules(
    number=2,
    version=3,
    period=rules.POINTS_PERIOD_QUARTER,
    rules=[
        rules.SupervisionRule(
            trigger=messages.CARD_TRIGGER_PROMISE,
            number="JC-02",
            on=True,
            colour=messages.CARD_COLOUR_RED,
            yellow_points=1,
            red_points=3,
            reminder_days=1,
            yellow_days=0,
        ),
    ],
    ladder=[rules.LadderRung(sanction=rules.SANCTION_CRITICISM, person_points=3, department_points=10)],
)


def held(site: FakeSite) -> None:
    site.answers("GetSupervisionRules", rule_requests.GetSupervisionRulesResponse(rules=HELD))


def test_the_form_shows_what_holds_and_an_empty_lead_is_none(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    held(site)
    text = visitor.get("/supervision/rules/change")[1]
    assert 'name="promise_yellow_days"' in text
    fields = {
        "promise_on": "1", "promise_colour": "yellow", "promise_yellow_points": "2", "promise_red_points": "5",
        "promise_reminder_days": "", "promise_yellow_days": "3", "criticism_person_points": "4",
        "criticism_department_points": "0", "period": "month", "effective_on": "2026-12-01", "reason": "试行",
        "version": "3",
    }  # fmt: skip
    assert visitor.post("/supervision/rules/change", **fields)[0] == 303
    asked = site.asked_of("SetSupervisionRules")[0].request
    (rule,), (rung,) = asked.rules, asked.ladder
    assert (rule.on, rule.colour, rule.HasField("reminder_days"), rule.yellow_days) == (
        True,
        messages.CARD_COLOUR_YELLOW,
        False,
        3,
    )
    assert (rung.person_points, rung.department_points, asked.period) == (4, 0, rules.POINTS_PERIOD_MONTH)
    assert (asked.reason, asked.effective_on, asked.expected_version) == ("试行", "2026-12-01", 3)


def test_departments_see_what_holds_and_have_no_form(visitor: Visitor, site: FakeSite) -> None:
    held(site)
    for role in ("chief", "manager"):
        visitor.sign_in(role)
        text = visitor.get("/supervision/rules")[1]
        assert "JC-02" in text
        assert "/supervision/rules/change" not in text
        assert visitor.get("/supervision/rules/change")[0] == 403


def test_rules_for_the_centers_below_are_set_with_what_is_left_open(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    held(site)
    fields = {
        "promise_on": "1", "promise_colour": "red", "promise_open_below": "1", "below": "1", "ladder_open": "1",
        "effective_on": "2026-12-01", "reason": "全市统一", "version": "3",
    }  # fmt: skip
    assert visitor.post("/supervision/rules/change", **fields)[0] == 303
    (asked,) = site.asked_of("SetSupervisionRules")
    assert (asked.request.below, asked.request.ladder_open, asked.request.rules[0].open_below) == (True, True, True)


def test_rules_from_above_say_whose_they_are_and_what_may_be_tightened(visitor: Visitor, site: FakeSite) -> None:
    bound = rules.SupervisionRules(from_center_id="610900", from_number=4)
    bound.MergeFrom(HELD)
    bound.rules[0].open_below = True
    site.answers("GetSupervisionRules", rule_requests.GetSupervisionRulesResponse(rules=bound))
    visitor.sign_in("supervisor")
    for path in ("/supervision/rules", "/supervision/rules/change"):
        text = visitor.get(path)[1]
        assert "统一规定（其第 4 版）" in text
        assert "可加严" in text


def test_they_are_no_concern_of_the_windows(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    assert visitor.get("/supervision/rules")[0] == 403


def test_rules_are_tried_with_what_is_typed_and_nothing_is_saved(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    held(site)
    row = rules.PreviewRow(trigger=messages.CARD_TRIGGER_PROMISE, yellow=7, yellow_made=2)
    answer = rule_requests.PreviewSupervisionRulesResponse(preview=rules.RulesPreview(rows=[row]))
    site.answers("PreviewSupervisionRules", answer)
    fields = {"promise_on": "1", "promise_colour": "red", "promise_yellow_days": "5", "days": "60", "version": "3"}
    status, text = visitor.post("/supervision/rules/preview", **fields)
    assert (status, "7（2）" in text) == (200, True)
    assert (
        'name="promise_yellow_days" type="text" maxlength="2" autocomplete="off" inputmode="numeric" value="5"' in text
    )
    (asked,) = site.asked_of("PreviewSupervisionRules")
    assert (asked.request.days, asked.request.rules[0].yellow_days) == (60, 5)
    assert not site.asked_of("SetSupervisionRules")
