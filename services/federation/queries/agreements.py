"""Reads of agreements."""

from __future__ import annotations

from typing import Final

from kit.call import Call
from kit.store.repository import Found
from kit.workdays import local_date
from services.federation.domain.agreement import Agreement, Edition, Mode, Side
from services.federation.handlers.desk import Desk

MOST: Final = 200


def get_agreement(*, desk: Desk, call: Call, agreement_id: str) -> Agreement:
    """An agreement of one of the caller's centers. Raises ``NotFound``, ``Forbidden``."""
    agreement = desk.agreements.get(agreement_id)
    call.actor.require_center(agreement.center_id)
    return agreement


def list_agreements(*, desk: Desk, call: Call, center_id: str, limit: int, cursor: str) -> Found[Agreement]:
    """A center's agreements, the latest first. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    return desk.agreements.find(
        "by_center", center_id=center_id, descending=True, limit=min(limit or 50, MOST), cursor=cursor
    )


def list_offered(*, desk: Desk, call: Call, center_id: str, mode: Mode | None) -> list[tuple[Agreement, Edition]]:
    """What may be handed in at a center for other places today, whoever asks (rules P03)."""
    today = local_date(call.now)
    offered = []
    for agreement in desk.agreements.each("by_center", center_id=center_id):
        edition = agreement.in_force(today)
        if edition is None or agreement.side is not Side.COLLECTING:
            continue
        if mode is None or mode in edition.terms.modes:
            offered.append((agreement, edition))
    return sorted(offered, key=lambda each: (each[1].terms.handling_center_name, each[1].terms.item_name))
