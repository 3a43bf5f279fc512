"""A result, and who takes it, as messages and back (领取; rules I01–I04)."""

from __future__ import annotations

from kit.timestamps import to_timestamp
from services.approval_routing.domain.decision import CaseResult
from services.approval_routing.domain.pick_up import PickUp, Taker
from services.approval_routing.licence_protos import end_message, validity_message
from tongban.approval_routing.v1 import messages_pb2
from tongban.approval_routing.v1 import pick_up_pb2 as pb


def result_message(result: CaseResult) -> messages_pb2.CaseResult:
    """A result with its delivery."""
    return messages_pb2.CaseResult(
        name=result.name,
        number=result.number,
        issued_at=to_timestamp(result.issued_at),
        method=result.method,
        delivered_at=to_timestamp(result.delivered_at),
        received_by=result.received_by,
        tracking_number=result.tracking_number,
        validity=None if result.validity is None else validity_message(result.validity),
        ended=None if result.ended is None else end_message(result.ended),
        pick_up=None if result.pick_up is None else pick_up_message(result.pick_up),
        slip_number="" if result.slip is None else result.slip.number,
    )


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
