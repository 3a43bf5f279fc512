"""Events out with their messages, and what supervision listens to: everything."""

from services.supervision.events import cards, measures, orders, rules
from services.supervision.events.cards import COLOURS, STATES, TRIGGERS, card_message
from services.supervision.events.measures import MEASURE_STATES, measure_message
from services.supervision.events.orders import ORDER_STATES, order_message
from services.supervision.events.rules import rules_message, wanted_ladder, wanted_period, wanted_rules
from services.supervision.events.subscriptions import GROUP_WATCHES, TOPIC, WATCHED_TOPICS, subscriptions

TABLE = cards.TABLE | orders.TABLE | rules.TABLE | measures.TABLE

__all__ = [
    "COLOURS",
    "GROUP_WATCHES",
    "MEASURE_STATES",
    "ORDER_STATES",
    "STATES",
    "TABLE",
    "TOPIC",
    "TRIGGERS",
    "WATCHED_TOPICS",
    "card_message",
    "measure_message",
    "order_message",
    "rules_message",
    "subscriptions",
    "wanted_ladder",
    "wanted_period",
    "wanted_rules",
]
