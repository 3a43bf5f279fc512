"""Handing badges out and taking them back, and saying how somebody stood in (rules V05, V07, V08)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Conflict
from kit.store.port import Duplicate
from kit.store.repository import check_version
from kit.text import clean
from services.workforce.domain import standing_in as rules
from services.workforce.domain.covers import Cover
from services.workforce.domain.standing_in import Badge, BadgeIssued, BadgeReturned, Feedback, StandInFeedbackGiven
from services.workforce.handlers.workforce import Workforce


def issue_badge(*, workforce: Workforce, call: Call, cover_id: str, number: str, expected_version: int) -> Cover:
    """Hands out a temporary badge; of a center, a number is out once.

    Raises what ``standing_in.issue_badge`` raises, ``Conflict`` (``badge_number_out``), ``Invalid``, ``NotFound``,
    ``Forbidden``, ``Stale``.
    """
    cover = _of_center(workforce, call, cover_id, expected_version)
    badge = Badge(clean(number, field="number", max_length=40), call.actor.name, call.now)
    issued = rules.issue_badge(cover, badge)
    try:
        return workforce.covers.save(issued, [BadgeIssued(issued)], call)
    except Duplicate:
        raise Conflict("badge_number_out", "该编号的临时工作证尚未归还，请换一个编号。", number=badge.number) from None


def return_badge(*, workforce: Workforce, call: Call, cover_id: str, expected_version: int) -> Cover:
    """Takes a badge back. Raises ``Conflict`` (``badge_not_out``), ``NotFound``, ``Forbidden``, ``Stale``."""
    cover = _of_center(workforce, call, cover_id, expected_version)
    returned = rules.return_badge(cover, call.actor.name, call.now)
    return workforce.covers.save(returned, [BadgeReturned(returned)], call)


def give_feedback(*, workforce: Workforce, call: Call, cover_id: str, text: str, expected_version: int) -> Cover:
    """The center says how somebody stood in; their department reads it.

    Raises what ``standing_in.give_feedback`` raises, ``Invalid``, ``NotFound``, ``Forbidden``, ``Stale``.
    """
    cover = _of_center(workforce, call, cover_id, expected_version)
    said = clean(text, field="text", max_length=200, multiline=True)
    spoken = rules.give_feedback(cover, Feedback(said, call.actor.id, call.actor.name, call.now))
    return workforce.covers.save(spoken, [StandInFeedbackGiven(spoken)], call)


def _of_center(workforce: Workforce, call: Call, cover_id: str, expected_version: int) -> Cover:
    cover = workforce.covers.get(cover_id)
    call.actor.require_center(cover.center_id)
    check_version(cover, expected_version)
    return cover
