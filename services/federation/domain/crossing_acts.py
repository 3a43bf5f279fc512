"""What may be done with a crossing in which state, at the end that does it (rules P01–P04).

``ALLOWED`` is the whole of it: an act on a crossing in any other state raises and changes nothing. What the other end
says of a crossing isn't here: it is believed by who owns it (``domain.ownership``), not by its state.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.federation.domain.crossing import Crossing, CrossingState


class CrossingAct(StrEnum):
    """What people do with a crossing."""

    # At the collecting end.
    CHANGE_MATERIALS = "change_materials"
    SEND = "send"
    SEND_SUPPLEMENT = "send_supplement"
    CANCEL = "cancel"
    #: 申请撤回; its owner decides.
    ASK_BACK = "ask_back"
    RECEIVE_RESULT = "receive_result"
    HAND_OVER_RESULT = "hand_over_result"
    # At the handling end.
    ATTACH_RESULT = "attach_result"
    #: 移送
    OFFER = "offer"
    RECALL_OFFER = "recall_offer"
    TAKE = "take"
    DECLINE = "decline"


_AT_DESK: Final = frozenset({CrossingState.COLLECTING, CrossingState.RETURNED})
_WITH_RESULT: Final = frozenset({CrossingState.DECIDED, CrossingState.ISSUED})

ALLOWED: Final[Mapping[CrossingAct, frozenset[CrossingState]]] = MappingProxyType(
    {
        CrossingAct.CHANGE_MATERIALS: _AT_DESK | {CrossingState.SUPPLEMENT_REQUESTED},
        CrossingAct.SEND: _AT_DESK,
        CrossingAct.SEND_SUPPLEMENT: frozenset({CrossingState.SUPPLEMENT_REQUESTED}),
        CrossingAct.CANCEL: _AT_DESK,
        CrossingAct.ASK_BACK: frozenset(
            {CrossingState.SENT, CrossingState.ARRIVED, CrossingState.SUPPLEMENT_REQUESTED}
        ),
        # Of what is decided, only a denial: what is approved has a result once it is issued.
        CrossingAct.RECEIVE_RESULT: _WITH_RESULT,
        CrossingAct.HAND_OVER_RESULT: _WITH_RESULT,
        CrossingAct.ATTACH_RESULT: _WITH_RESULT,
        CrossingAct.OFFER: frozenset({CrossingState.ARRIVED}),
        # These are guarded by the offer itself, which stands in no other state.
        CrossingAct.RECALL_OFFER: frozenset({CrossingState.ARRIVED}),
        CrossingAct.TAKE: frozenset({CrossingState.OFFERED}),
        CrossingAct.DECLINE: frozenset({CrossingState.OFFERED}),
    }
)


def may(crossing: Crossing, act: CrossingAct) -> bool:
    """Whether its state allows an act."""
    return crossing.state in ALLOWED[act]
