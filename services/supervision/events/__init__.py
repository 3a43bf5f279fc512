"""Events out with their messages, and what supervision listens to: everything."""

from services.supervision.events import cards, orders, rules
from services.supervision.events.cards import COLOURS, STATES, card_message
from services.supervision.events.orders import ORDER_STATES, order_message
from services.supervision.events.rules import rules_message, wanted_ladder, wanted_period, wanted_rules
from services.supervision.events.subscriptions import GROUP_WATCHES, TOPIC, WATCHED_TOPICS, subscriptions

TABLE = cards.TABLE | orders.TABLE | rules.TABLE

__all__ = [
    "COLOURS",
    "GROUP_WATCHES",
    "ORDER_STATES",
    "STATES",
    "TABLE",
    "TOPIC",
    "WATCHED_TOPICS",
    "card_message",
    "order_message",
    "rules_message",
    "subscriptions",
    "wanted_ladder",
    "wanted_period",
    "wanted_rules",
]
