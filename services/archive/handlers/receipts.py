"""The receipt of a hand-over (移交接收回执): printed once, and the same bytes ever after (rules J02)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Conflict, Stale
from services.archive.domain.entries import PDF_TYPE
from services.archive.domain.hand_over import HandOver, HandOverState, with_receipt
from services.archive.handlers.filing import MAX_BYTES
from services.archive.handlers.room import ArchiveRoom


def receipt(*, room: ArchiveRoom, call: Call, hand_over: HandOver) -> bytes:
    """Its PDF, kept before it is answered.

    Raises ``Conflict`` (``hand_over_unconfirmed``) before the receiver has signed, ``Unavailable`` when it can't be made.
    """
    for _ in range(2):
        if hand_over.receipt is not None:
            return b"".join(room.blobs.get(hand_over.receipt.sha256))
        if hand_over.state is not HandOverState.CONFIRMED:
            raise Conflict("hand_over_unconfirmed", "接收人尚未签收，还没有回执。", id=hand_over.id)
        blob = room.blobs.put(
            iter((room.print_receipt(hand_over),)),
            filename="receipt.pdf",
            max_bytes=MAX_BYTES,
            allowed=frozenset({PDF_TYPE}),
        )
        room.uses.arrived(call, blob.sha256, again=blob.again)
        room.uses.note(call, f"hand_over/{hand_over.id}", [blob.sha256])
        try:
            hand_over = room.hand_overs.save(with_receipt(hand_over, blob.sha256, blob.size), [], call)
        except Stale:  # another asked for it at the same time: theirs is the receipt
            hand_over = room.hand_overs.get(hand_over.id)
    raise Stale("stale_version", "记录已被他人更新，请刷新后重试。", id=hand_over.id)
