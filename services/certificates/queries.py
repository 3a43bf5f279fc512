"""Reads of one's own: what is on file of whoever asks, and who looked at it."""

from __future__ import annotations

from kit.call import Call
from kit.store.repository import Found
from services.certificates.domain.holding import Holding
from services.certificates.domain.looks import Look
from services.certificates.handlers.library import Library, own_key

_PAGE = 50
_LONGEST_PAGE = 200


def list_my_holdings(*, library: Library, call: Call, limit: int, cursor: str) -> Found[Holding]:
    """What is on file of the signed-in citizen, the newest first. Raises ``Forbidden``."""
    return library.holdings.find(
        "by_holder", descending=True, limit=_size(limit), cursor=cursor, held_by=own_key(call.actor)
    )


def list_holding_looks(*, library: Library, call: Call, limit: int, cursor: str) -> Found[Look]:
    """Who looked at what is on file of the signed-in citizen, the latest first. Raises ``Forbidden``."""
    return library.looks.find(
        "by_holder", descending=True, limit=_size(limit), cursor=cursor, holder_key=own_key(call.actor)
    )


def _size(limit: int) -> int:
    return min(limit, _LONGEST_PAGE) if limit > 0 else _PAGE
