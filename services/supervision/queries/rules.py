"""Reads of a center's rules of supervision."""

from __future__ import annotations

from kit.call import Call
from kit.store.repository import Found
from services.supervision import handlers
from services.supervision.domain.rules import RuleEdition
from services.supervision.handlers import Tower

_PAGE = 20
_LONGEST_PAGE = 100


def get_rules(*, tower: Tower, call: Call, center_id: str) -> tuple[RuleEdition, RuleEdition | None]:
    """The rules in force at a center, and the newest edition where that isn't in force yet.

    Raises ``Forbidden``, ``Unavailable`` (``reference_not_ready``).
    """
    call.actor.require_center(center_id)
    newest = handlers.newest(tower, call, center_id)
    held = tower.edition(center_id, call.now)
    return held, newest if newest.effective_from > call.now else None


def list_rules(*, tower: Tower, call: Call, center_id: str, limit: int, cursor: str) -> Found[RuleEdition]:
    """The editions of a center's rules, newest first. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    size = min(limit, _LONGEST_PAGE) if limit > 0 else _PAGE
    return tower.rules.find("by_center", center_id=center_id, descending=True, limit=size, cursor=cursor)
