"""Proto to use case and back."""

from __future__ import annotations

from typing import Any

from kit.call import current_call
from kit.errors import Invalid
from kit.timestamps import to_timestamp
from services.supervision import handlers, queries
from services.supervision.domain.cards import Card, Colour
from services.supervision.domain.lines import JourneyLine
from services.supervision.domain.watches import Watch, WatchState
from services.supervision.events import COLOURS, ORDER_STATES, STATES, card_message, order_message
from services.supervision.grpc_api.accountability import AccountabilityApi
from services.supervision.grpc_api.rules import RulesApi
from services.supervision.handlers import Tower
from services.supervision.queries import Grouping, When
from tongban.supervision.v1 import messages_pb2, service_pb2

_COLOURS = {number: colour for colour, number in COLOURS.items()}
_STATES = {number: state for state, number in STATES.items()}
_ORDER_STATES = {number: state for state, number in ORDER_STATES.items()}


class SupervisionApi(RulesApi, AccountabilityApi):
    """Serves supervision's RPCs."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower

    def GetJourney(self, request: service_pb2.GetJourneyRequest, context: Any) -> service_pb2.GetJourneyResponse:
        journey = queries.get_journey(
            tower=self._tower, call=current_call(), journey_id=request.journey_id, code=request.code
        )
        as_staff = not request.code
        return service_pb2.GetJourneyResponse(
            journey=messages_pb2.Journey(
                id=journey.id,
                center_id=journey.lines[0].center_id,
                began_at=to_timestamp(journey.lines[0].at),
                last_at=to_timestamp(journey.lines[-1].at),
                lines=[_line(line, as_staff=as_staff) for line in journey.lines],
                truncated=journey.truncated,
            )
        )

    def ListCards(self, request: service_pb2.ListCardsRequest, context: Any) -> service_pb2.ListCardsResponse:
        found = queries.list_cards(
            tower=self._tower,
            call=current_call(),
            center_id=request.center_id,
            colour=_COLOURS.get(request.colour),
            state=_STATES.get(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return service_pb2.ListCardsResponse(
            cards=[card_message(card) for card in found.items], next_cursor=found.cursor
        )

    def GetCard(self, request: service_pb2.GetCardRequest, context: Any) -> service_pb2.GetCardResponse:
        card = handlers.theirs(self._tower, current_call(), request.card_id)
        return service_pb2.GetCardResponse(card=self._shown(card))

    def AppealCard(self, request: service_pb2.AppealCardRequest, context: Any) -> service_pb2.AppealCardResponse:
        card = handlers.appeal_card(
            tower=self._tower,
            call=current_call(),
            card_id=request.card_id,
            grounds=request.grounds,
            expected_version=request.expected_version,
        )
        return service_pb2.AppealCardResponse(card=self._shown(card))

    def RuleOnAppeal(self, request: service_pb2.RuleOnAppealRequest, context: Any) -> service_pb2.RuleOnAppealResponse:
        card = handlers.rule_on_appeal(
            tower=self._tower,
            call=current_call(),
            card_id=request.card_id,
            overturned=request.overturned,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return service_pb2.RuleOnAppealResponse(card=self._shown(card))

    def _shown(self, card: Card) -> messages_pb2.Card:
        """A card by itself, with the time that its department has for an appeal."""
        return card_message(card, handlers.appeal_until(self._tower, card) if card.colour is Colour.RED else None)

    def ListWatches(self, request: service_pb2.ListWatchesRequest, context: Any) -> service_pb2.ListWatchesResponse:
        found = queries.list_watches(
            tower=self._tower,
            call=current_call(),
            center_id=request.center_id,
            state=_watch_state(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return service_pb2.ListWatchesResponse(
            watches=[_watch(watch) for watch in found.items], next_cursor=found.cursor
        )

    def GetDeadlineBoard(
        self, request: service_pb2.GetDeadlineBoardRequest, context: Any
    ) -> service_pb2.GetDeadlineBoardResponse:
        board = queries.get_board(
            tower=self._tower, call=current_call(), center_id=request.center_id, by=_grouping(request.by)
        )
        rows = [
            messages_pb2.DeadlineBoardRow(
                center_id=row.center_id,
                department_key=row.department_key,
                title=row.title,
                window=row.window,
                overdue=row.overdue,
                today=row.today,
                tomorrow=row.tomorrow,
                red=row.red,
            )
            for row in board.rows
        ]
        message = messages_pb2.DeadlineBoard(
            rows=rows, later=board.later, paused=board.paused, truncated=board.truncated
        )
        return service_pb2.GetDeadlineBoardResponse(board=message)

    def ListDue(self, request: service_pb2.ListDueRequest, context: Any) -> service_pb2.ListDueResponse:
        watches, truncated = queries.list_due(
            tower=self._tower,
            call=current_call(),
            center_id=request.center_id,
            wanted=_when(request.when),
            at_center=request.at_center,
            department_key=request.department_key,
            title=request.title,
            window=request.window,
        )
        return service_pb2.ListDueResponse(watches=[_watch(watch) for watch in watches], truncated=truncated)

    def IssueOrder(self, request: service_pb2.IssueOrderRequest, context: Any) -> service_pb2.IssueOrderResponse:
        order = handlers.issue_order(
            tower=self._tower,
            call=current_call(),
            watched=request.watch_id,
            card_id=request.card_id,
            text=request.text,
        )
        return service_pb2.IssueOrderResponse(order=order_message(order))

    def AnswerOrder(self, request: service_pb2.AnswerOrderRequest, context: Any) -> service_pb2.AnswerOrderResponse:
        order = handlers.answer_order(
            tower=self._tower,
            call=current_call(),
            order_id=request.order_id,
            text=request.text,
            expected_version=request.expected_version,
        )
        return service_pb2.AnswerOrderResponse(order=order_message(order))

    def ReviewOrder(self, request: service_pb2.ReviewOrderRequest, context: Any) -> service_pb2.ReviewOrderResponse:
        order = handlers.review_order(
            tower=self._tower,
            call=current_call(),
            order_id=request.order_id,
            accepted=request.accepted,
            note=request.note,
            expected_version=request.expected_version,
        )
        return service_pb2.ReviewOrderResponse(order=order_message(order))

    def GetOrder(self, request: service_pb2.GetOrderRequest, context: Any) -> service_pb2.GetOrderResponse:
        order = handlers.order_of(self._tower, current_call(), request.order_id)
        return service_pb2.GetOrderResponse(order=order_message(order))

    def ListOrders(self, request: service_pb2.ListOrdersRequest, context: Any) -> service_pb2.ListOrdersResponse:
        found = queries.list_orders(
            tower=self._tower,
            call=current_call(),
            center_id=request.center_id,
            state=_ORDER_STATES.get(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return service_pb2.ListOrdersResponse(
            orders=[order_message(order) for order in found.items], next_cursor=found.cursor
        )

    def GetTally(self, request: service_pb2.GetTallyRequest, context: Any) -> service_pb2.GetTallyResponse:
        counted = queries.count_events(tower=self._tower, call=current_call(), center_id=request.center_id)
        return service_pb2.GetTallyResponse(
            tallies=[messages_pb2.EventTally(type=type, events=events) for type, events in sorted(counted.items())]
        )


def _line(line: JourneyLine, *, as_staff: bool) -> messages_pb2.JourneyLine:
    """A line; the holder of a code sees neither staff's notes nor their ids."""
    return messages_pb2.JourneyLine(
        at=to_timestamp(line.at),
        type=line.type,
        service=line.service,
        title=f"{line.title}（{line.note}）" if as_staff and line.note else line.title,
        subject_id=line.subject_id,
        actor_id=line.actor_id if as_staff else "",
        actor_name=line.actor_name,
        rules=line.rules,
        event_id=line.id,
    )


def _watch(watch: Watch) -> messages_pb2.Watch:
    seen = watch.seen
    message = messages_pb2.Watch(
        id=watch.id,
        center_id=seen.center_id,
        subject_kind=seen.kind,
        subject_id=seen.id,
        subject_number=seen.number,
        title=seen.title,
        department_key=seen.department_key,
        due_at=to_timestamp(seen.due_at),
        state=seen.state,
        journey=seen.journey,
        ended_in_time=watch.ended_in_time,
        ended_at=to_timestamp(watch.ended_at),
        window=seen.window,
    )
    if watch.colour is not None:
        message.colour = COLOURS[watch.colour]
    return message


def _grouping(name: str) -> Grouping:
    try:
        return Grouping(name or Grouping.DEPARTMENT)
    except ValueError:
        raise Invalid("board_unknown", f"不认识的分组，应为 {'、'.join(Grouping)} 之一。", field="by") from None


def _when(name: str) -> When | None:
    try:
        return When(name) if name else None
    except ValueError:
        raise Invalid("when_unknown", f"不认识的到期范围，应为 {'、'.join(When)} 之一。", field="when") from None


def _watch_state(name: str) -> WatchState:
    try:
        return WatchState(name or WatchState.RUNNING)
    except ValueError:
        raise Invalid(
            "watch_state_unknown", f"不认识的期限状态，应为 {'、'.join(WatchState)} 之一。", field="state"
        ) from None
