"""Reads: journeys, cards, orders, watched clocks, the board of what is due, the books of events."""

from services.supervision.queries.accountability import PointsOf, get_points, list_measures
from services.supervision.queries.board import Board, BoardRow, Grouping, When, get_board, list_due
from services.supervision.queries.lists import (
    MAX_LINES,
    Journey,
    count_events,
    get_journey,
    list_cards,
    list_orders,
    list_watches,
)
from services.supervision.queries.preview import Preview, Tried, preview_rules
from services.supervision.queries.rules import get_rules, list_rules

__all__ = [
    "MAX_LINES",
    "Board",
    "BoardRow",
    "Grouping",
    "Journey",
    "PointsOf",
    "Preview",
    "Tried",
    "When",
    "count_events",
    "get_board",
    "get_journey",
    "get_points",
    "get_rules",
    "list_cards",
    "list_due",
    "list_measures",
    "list_orders",
    "list_rules",
    "list_watches",
    "preview_rules",
]
