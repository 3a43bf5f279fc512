"""Rules of supervision: what holds, what held, and changing it (facts 7; rules G02, G05)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.labels import value_name
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from tongban.supervision.v1 import messages_pb2 as messages
from tongban.supervision.v1 import rule_requests_pb2 as rule_requests
from tongban.supervision.v1 import rules_pb2 as rules

blueprint = Blueprint("rules_desk", __name__)

_COLOURS = enum_names(messages.CardColour.DESCRIPTOR)
_PERIODS = enum_names(rules.PointsPeriod.DESCRIPTOR)
SHOWN = 20


@blueprint.get("/supervision/rules")
@staff("chief", "supervisor", "manager")
def show() -> Response:
    """The rules in force, what is set for later, and for supervision every edition before."""
    mine = principal()
    found = _rules()
    editions: list[rules.SupervisionRules] = []
    if identity().actor.has("supervisor", "manager"):
        wanted = rule_requests.ListSupervisionRulesRequest(center_id=mine.center_id, limit=SHOWN)
        editions = list(ask(clients().supervision.ListSupervisionRules, wanted).editions)
    return page(
        "supervision/rules.html",
        center=center(mine.center_id),
        rules=found.rules,
        upcoming=found.upcoming if found.HasField("upcoming") else None,
        above=center(found.rules.from_center_id) if found.rules.from_center_id else None,
        editions=editions,
    )


@blueprint.get("/supervision/rules/change")
@staff("supervisor")
def form() -> Response:
    """The rules as they are to be from a day on."""
    found = _rules()
    newest = found.upcoming if found.HasField("upcoming") else found.rules
    return _form(Form.blank(**dict(_values(newest))), newest)


@blueprint.post("/supervision/rules/change")
@staff("supervisor")
def change() -> Response:
    """Sets them."""
    found = _rules()
    newest = found.upcoming if found.HasField("upcoming") else found.rules

    def act(sent: Form) -> Response:
        ask(clients().supervision.SetSupervisionRules, _request(sent, newest))
        return see("rules_desk.show", done="rules_set")

    return carry_out(act, lambda sent: _form(sent, newest))


@blueprint.post("/supervision/rules/preview")
@staff("supervisor")
def preview() -> Response:
    """Tries what the form says on the last days, and shows the form again."""
    found = _rules()
    newest = found.upcoming if found.HasField("upcoming") else found.rules

    def act(sent: Form) -> Response:
        wanted = rule_requests.PreviewSupervisionRulesRequest(
            center_id=principal().center_id,
            rules=[_rule(sent, rule.trigger) for rule in newest.rules],
            days=sent.number("days"),
        )
        return _form(sent, newest, ask(clients().supervision.PreviewSupervisionRules, wanted).preview)

    return carry_out(act, lambda sent: _form(sent, newest))


def _rules() -> rule_requests.GetSupervisionRulesResponse:
    wanted = rule_requests.GetSupervisionRulesRequest(center_id=principal().center_id)
    return ask(clients().supervision.GetSupervisionRules, wanted)


def _form(form: Form, newest: rules.SupervisionRules, tried: rules.RulesPreview | None = None) -> Response:
    at = center(principal().center_id)
    return page(
        "supervision/rules_form.html",
        status=form.status,
        center=at,
        departments=department_names(at),
        newest=newest,
        above=center(newest.from_center_id) if newest.from_center_id else None,
        tried=tried,
        form=form,
        clocks=("step", "promise", "law"),
    )


def _values(newest: rules.SupervisionRules) -> Iterator[tuple[str, str]]:
    """An edition as the fields of the form; empty where a warning isn't given."""
    yield "period", value_name(rules.PointsPeriod.DESCRIPTOR, newest.period)
    for flag in ("recovered_counts", "below", "ladder_open"):
        yield flag, "1" if getattr(newest, flag) else ""
    for rule in newest.rules:
        name = value_name(messages.CardTrigger.DESCRIPTOR, rule.trigger)
        yield f"{name}_on", "1" if rule.on else ""
        yield f"{name}_open_below", "1" if rule.open_below else ""
        yield f"{name}_colour", value_name(messages.CardColour.DESCRIPTOR, rule.colour)
        for field in ("yellow_points", "red_points", "idle_days"):
            yield f"{name}_{field}", str(getattr(rule, field))
        yield f"{name}_reminder_days", str(rule.reminder_days) if rule.HasField("reminder_days") else ""
        yield f"{name}_yellow_days", str(rule.yellow_days) if rule.HasField("yellow_days") else ""
    for rung in newest.ladder:
        name = value_name(rules.Sanction.DESCRIPTOR, rung.sanction)
        for field in ("person_points", "department_points"):
            yield f"{name}_{field}", str(getattr(rung, field))


def _request(form: Form, newest: rules.SupervisionRules) -> rule_requests.SetSupervisionRulesRequest:
    """What the form asks for. Raises ``Invalid``."""
    return rule_requests.SetSupervisionRulesRequest(
        center_id=principal().center_id,
        effective_on=form.text("effective_on"),
        rules=[_rule(form, rule.trigger) for rule in newest.rules],
        ladder=[_rung(form, rung.sanction) for rung in newest.ladder],
        period=rules.PointsPeriod.ValueType(_PERIODS.get(form.text("period"), 0)),
        recovered_counts=form.flag("recovered_counts"),
        below=form.flag("below"),
        ladder_open=form.flag("ladder_open"),
        reason=form.text("reason"),
        expected_version=form.version,
    )


def _rule(form: Form, trigger: messages.CardTrigger.ValueType) -> rules.SupervisionRule:
    name = value_name(messages.CardTrigger.DESCRIPTOR, trigger)

    def lead(field: str) -> int | None:
        return form.number(f"{name}_{field}") if form.text(f"{name}_{field}") else None

    return rules.SupervisionRule(
        trigger=trigger,
        on=form.flag(f"{name}_on"),
        open_below=form.flag(f"{name}_open_below"),
        colour=messages.CardColour.ValueType(_COLOURS.get(form.text(f"{name}_colour"), 0)),
        yellow_points=form.number(f"{name}_yellow_points"),
        red_points=form.number(f"{name}_red_points"),
        idle_days=form.number(f"{name}_idle_days"),
        reminder_days=lead("reminder_days"),
        yellow_days=lead("yellow_days"),
    )


def _rung(form: Form, sanction: rules.Sanction.ValueType) -> rules.LadderRung:
    name = value_name(rules.Sanction.DESCRIPTOR, sanction)
    return rules.LadderRung(
        sanction=sanction,
        person_points=form.number(f"{name}_person_points"),
        department_points=form.number(f"{name}_department_points"),
    )
