"""Events out with their messages, and what supervision listens to: everything."""

from services.supervision.events.cards import COLOURS, STATES, TABLE, card_message
from services.supervision.events.subscriptions import GROUP_WATCHES, TOPIC, WATCHED_TOPICS, subscriptions

__all__ = [
    "COLOURS",
    "GROUP_WATCHES",
    "STATES",
    "TABLE",
    "TOPIC",
    "WATCHED_TOPICS",
    "card_message",
    "subscriptions",
]
