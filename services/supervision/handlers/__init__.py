"""Use cases: writing journeys down, following clocks, keeping cards."""

from services.supervision.handlers.cards import appeal_card, appeal_until, keep_card, rule_on_appeal, theirs
from services.supervision.handlers.journeys import NewLine, write_line
from services.supervision.handlers.tower import CARDS, KINDS, LINES, WATCHES, Tower, card_keys, watch_keys
from services.supervision.handlers.watches import Backlog, alarms, follow_subject, wake_watch

__all__ = [
    "CARDS",
    "KINDS",
    "LINES",
    "WATCHES",
    "Backlog",
    "NewLine",
    "Tower",
    "alarms",
    "appeal_card",
    "appeal_until",
    "card_keys",
    "follow_subject",
    "keep_card",
    "rule_on_appeal",
    "theirs",
    "wake_watch",
    "watch_keys",
    "write_line",
]
