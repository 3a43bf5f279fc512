"""Rules of supervision on the wire, out and back in."""

from __future__ import annotations

from collections.abc import Iterable

from kit.errors import Invalid
from kit.events import Mapped
from kit.timestamps import to_timestamp
from services.supervision.domain.rules import Period, Rule, RuleEdition, Rung, Sanction, SupervisionRulesSet
from services.supervision.events.cards import COLOURS, TRIGGERS
from tongban.supervision.v1 import events_pb2, rules_pb2

PERIODS = {
    Period.MONTH: rules_pb2.POINTS_PERIOD_MONTH,
    Period.QUARTER: rules_pb2.POINTS_PERIOD_QUARTER,
    Period.YEAR: rules_pb2.POINTS_PERIOD_YEAR,
}
SANCTIONS = {
    Sanction.CRITICISM: rules_pb2.SANCTION_CRITICISM,
    Sanction.ADMONITION: rules_pb2.SANCTION_ADMONITION,
    Sanction.SELF_REVIEW: rules_pb2.SANCTION_SELF_REVIEW,
    Sanction.NO_HONOURS: rules_pb2.SANCTION_NO_HONOURS,
    Sanction.CIRCULAR: rules_pb2.SANCTION_CIRCULAR,
    Sanction.YELLOW_WARNING: rules_pb2.SANCTION_YELLOW_WARNING,
    Sanction.REPLACEMENT: rules_pb2.SANCTION_REPLACEMENT,
}
_COLOURS = {number: colour for colour, number in COLOURS.items()}
_TRIGGERS = {number: trigger for trigger, number in TRIGGERS.items()}
_PERIODS = {number: period for period, number in PERIODS.items()}
_SANCTIONS = {number: sanction for sanction, number in SANCTIONS.items()}


def rules_message(edition: RuleEdition) -> rules_pb2.SupervisionRules:
    """An edition as it is told and shown."""
    return rules_pb2.SupervisionRules(
        center_id=edition.center_id,
        number=edition.number,
        effective_from=to_timestamp(edition.effective_from),
        rules=[
            rules_pb2.SupervisionRule(
                trigger=TRIGGERS[rule.trigger],
                number=rule.number,
                on=rule.on,
                colour=COLOURS[rule.colour],
                yellow_points=rule.yellow_points,
                red_points=rule.red_points,
                reminder_days=rule.reminder_days,
                yellow_days=rule.yellow_days,
                idle_days=rule.idle_days,
                open_below=rule.open_below,
            )
            for rule in edition.rules
        ],
        ladder=[
            rules_pb2.LadderRung(
                sanction=SANCTIONS[rung.sanction],
                person_points=rung.person_points,
                department_points=rung.department_points,
            )
            for rung in edition.ladder
        ],
        period=PERIODS[edition.period],
        recovered_counts=edition.recovered_counts,
        reason=edition.reason,
        set_by_id=edition.set_by.id,
        set_by_name=edition.set_by.name,
        set_at=to_timestamp(edition.set_at),
        version=edition.number + 1,
        below=edition.below,
        ladder_open=edition.ladder_open,
        from_center_id=edition.from_center,
        from_number=edition.from_number,
        tightened=[TRIGGERS[trigger] for trigger in edition.tightened],
        ladder_tightened=edition.ladder_tightened,
    )


def wanted_rules(messages: Iterable[rules_pb2.SupervisionRule]) -> tuple[Rule, ...]:
    """Rules as somebody wants them. Raises ``Invalid`` (``rules_incomplete``)."""
    return tuple(_rule(message) for message in messages)


def wanted_ladder(messages: Iterable[rules_pb2.LadderRung]) -> tuple[Rung, ...]:
    """A ladder as somebody wants it. Raises ``Invalid`` (``rules_incomplete``)."""
    try:
        return tuple(
            Rung(_SANCTIONS[message.sanction], message.person_points, message.department_points) for message in messages
        )
    except KeyError:
        raise _incomplete("ladder") from None


def wanted_period(number: int) -> Period:
    """A period as somebody wants it. Raises ``Invalid`` (``rules_incomplete``)."""
    try:
        return _PERIODS[rules_pb2.PointsPeriod.ValueType(number)]
    except KeyError:
        raise _incomplete("period") from None


def _rule(message: rules_pb2.SupervisionRule) -> Rule:
    try:
        trigger, colour = _TRIGGERS[message.trigger], _COLOURS[message.colour]
    except KeyError:
        raise _incomplete("rules") from None
    return Rule(
        trigger=trigger,
        on=message.on,
        colour=colour,
        yellow_points=message.yellow_points,
        red_points=message.red_points,
        reminder_days=message.reminder_days if message.HasField("reminder_days") else None,
        yellow_days=message.yellow_days if message.HasField("yellow_days") else None,
        idle_days=message.idle_days,
        open_below=message.open_below,
    )


def _incomplete(field: str) -> Invalid:
    return Invalid("rules_incomplete", "监察规则不完整：缺少触发情形、颜色、处理方式或者周期。", field=field)


TABLE = {
    SupervisionRulesSet: Mapped(
        subject=lambda event: event.edition.center_id,
        journey=lambda event: "",
        message=lambda event: events_pb2.SupervisionRulesSet(rules=rules_message(event.edition)),
    )
}
