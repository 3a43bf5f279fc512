"""Use cases: writing journeys down, following clocks, keeping cards, ordering departments."""

from services.supervision.handlers.cards import appeal_card, appeal_until, keep_card, rule_on_appeal, theirs
from services.supervision.handlers.editions import Editions
from services.supervision.handlers.findings import clear_facts, note_fact
from services.supervision.handlers.journeys import NewLine, write_line
from services.supervision.handlers.orders import (
    answer_order,
    close_what_is_done,
    issue_order,
    order_of,
    order_tacit_approval,
    recounting,
    review_order,
)
from services.supervision.handlers.rules import newest, set_rules
from services.supervision.handlers.tower import (
    CARDS,
    FINDINGS,
    KINDS,
    LINES,
    ORDERS,
    RULES,
    WATCHES,
    Tower,
    card_keys,
    finding_keys,
    order_keys,
    rules_keys,
    watch_keys,
)
from services.supervision.handlers.watches import Backlog, alarms, follow_subject, wake_watch

__all__ = [
    "CARDS",
    "FINDINGS",
    "KINDS",
    "LINES",
    "ORDERS",
    "RULES",
    "WATCHES",
    "Backlog",
    "Editions",
    "NewLine",
    "Tower",
    "alarms",
    "answer_order",
    "appeal_card",
    "appeal_until",
    "card_keys",
    "clear_facts",
    "close_what_is_done",
    "finding_keys",
    "follow_subject",
    "issue_order",
    "keep_card",
    "newest",
    "note_fact",
    "order_keys",
    "order_of",
    "order_tacit_approval",
    "recounting",
    "review_order",
    "rule_on_appeal",
    "rules_keys",
    "set_rules",
    "theirs",
    "wake_watch",
    "watch_keys",
    "write_line",
]
