"""Who takes a result, as messages and back (领取; rules I03, I04)."""

from __future__ import annotations

from services.approval_routing.domain.pick_up import PickUp, Taker
from tongban.approval_routing.v1 import pick_up_pb2 as pb


def pick_up_message(pick_up: PickUp) -> pb.PickUp:
    """Who took it, as it is kept."""
    return pb.PickUp(
        by_agent=pick_up.by_agent,
        id_type=pick_up.id_type,
        id_number=pick_up.id_number,
        check=pick_up.check,
        authority=pick_up.authority,
        signature_sha256=pick_up.signature_sha256,
        given_by=pick_up.given_by,
    )


def taker_of(taker: pb.Taker) -> Taker:
    """Who stands at the window."""
    return Taker(
        by_agent=taker.by_agent,
        id_type=taker.id_type,
        id_number=taker.id_number,
        check=taker.check,
        authority=taker.authority,
        signature=taker.signature,
    )
