"""Rules of supervision: proto to use case and back."""

from __future__ import annotations

from datetime import date
from typing import Any

from kit.call import current_call
from kit.errors import Invalid
from kit.timestamps import to_timestamp
from kit.workdays import local_instant
from services.supervision import handlers, queries
from services.supervision.domain.cards import Colour, Person, Trigger
from services.supervision.domain.rules import NUMBERS, RuleEdition
from services.supervision.events import COLOURS, TRIGGERS, rules_message, wanted_ladder, wanted_period, wanted_rules
from services.supervision.handlers import Tower
from services.supervision.queries import Preview, Tried
from tongban.supervision.v1 import rule_requests_pb2, rules_pb2, service_pb2_grpc

#: How many cards of a preview are listed.
MAX_SHOWN = 200


class RulesApi(service_pb2_grpc.SupervisionServiceServicer):
    """Serves what is about rules."""

    _tower: Tower

    def GetSupervisionRules(
        self, request: rule_requests_pb2.GetSupervisionRulesRequest, context: Any
    ) -> rule_requests_pb2.GetSupervisionRulesResponse:
        held, upcoming = queries.get_rules(tower=self._tower, call=current_call(), center_id=request.center_id)
        return rule_requests_pb2.GetSupervisionRulesResponse(
            rules=rules_message(held), upcoming=None if upcoming is None else rules_message(upcoming)
        )

    def ListSupervisionRules(
        self, request: rule_requests_pb2.ListSupervisionRulesRequest, context: Any
    ) -> rule_requests_pb2.ListSupervisionRulesResponse:
        found = queries.list_rules(
            tower=self._tower,
            call=current_call(),
            center_id=request.center_id,
            limit=request.limit,
            cursor=request.cursor,
        )
        return rule_requests_pb2.ListSupervisionRulesResponse(
            editions=[rules_message(edition) for edition in found.items], next_cursor=found.cursor
        )

    def SetSupervisionRules(
        self, request: rule_requests_pb2.SetSupervisionRulesRequest, context: Any
    ) -> rule_requests_pb2.SetSupervisionRulesResponse:
        wanted = rules_pb2.SupervisionRules(
            center_id=request.center_id,
            rules=request.rules,
            ladder=request.ladder,
            period=request.period,
            recovered_counts=request.recovered_counts,
            below=request.below,
            ladder_open=request.ladder_open,
        )
        edition = handlers.set_rules(
            tower=self._tower,
            call=current_call(),
            center_id=request.center_id,
            wanted=_wanted(wanted, request.effective_on),
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return rule_requests_pb2.SetSupervisionRulesResponse(rules=rules_message(edition))

    def PreviewSupervisionRules(
        self, request: rule_requests_pb2.PreviewSupervisionRulesRequest, context: Any
    ) -> rule_requests_pb2.PreviewSupervisionRulesResponse:
        preview = queries.preview_rules(
            tower=self._tower,
            call=current_call(),
            center_id=request.center_id,
            wanted=wanted_rules(request.rules),
            days=request.days,
        )
        return rule_requests_pb2.PreviewSupervisionRulesResponse(preview=_preview(preview))


def _preview(preview: Preview) -> rules_pb2.RulesPreview:
    def count(cards: tuple[Tried, ...], trigger: Trigger, colour: Colour) -> int:
        return sum(card.trigger is trigger and card.colour is colour for card in cards)

    rows = [
        rules_pb2.PreviewRow(
            trigger=TRIGGERS[trigger],
            reminders=count(preview.would, trigger, Colour.REMINDER),
            yellow=count(preview.would, trigger, Colour.YELLOW),
            red=count(preview.would, trigger, Colour.RED),
            reminders_made=count(preview.made, trigger, Colour.REMINDER),
            yellow_made=count(preview.made, trigger, Colour.YELLOW),
            red_made=count(preview.made, trigger, Colour.RED),
        )
        for trigger in NUMBERS
    ]
    made = {card.id for card in preview.made}
    cards = [
        rules_pb2.PreviewCard(
            trigger=TRIGGERS[card.trigger],
            colour=COLOURS[card.colour],
            subject_kind=card.kind,
            subject_id=card.subject_id,
            subject_number=card.number,
            title=card.title,
            department_key=card.department_key,
            at=to_timestamp(card.at),
            made=card.id in made,
        )
        for card in preview.would[:MAX_SHOWN]
    ]
    return rules_pb2.RulesPreview(
        since=to_timestamp(preview.since), rows=rows, cards=cards, truncated=preview.truncated
    )


def _wanted(message: rules_pb2.SupervisionRules, effective_on: str) -> RuleEdition:
    try:
        effective_from = local_instant(date.fromisoformat(effective_on))
    except ValueError:
        raise Invalid("effective_on_invalid", "请填写生效日期，格式如 2026-12-01。", field="effective_on") from None
    return RuleEdition(
        id="",
        center_id=message.center_id,
        number=0,
        effective_from=effective_from,
        rules=wanted_rules(message.rules),
        ladder=wanted_ladder(message.ladder),
        period=wanted_period(message.period),
        recovered_counts=message.recovered_counts,
        below=message.below,
        ladder_open=message.ladder_open,
        reason="",
        set_by=Person("", ""),
        set_at=effective_from,
    )
