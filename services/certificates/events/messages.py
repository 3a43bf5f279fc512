"""Holdings and looks as messages; holders are masked already."""

from __future__ import annotations

from datetime import date
from typing import Final

from kit.timestamps import to_timestamp
from services.certificates.domain.holding import Holding, HoldingState, Origin, Use
from services.certificates.domain.looks import Look
from services.certificates.domain.trust import Trust, Usability
from tongban.certificates.v1 import messages_pb2 as pb

_LEVELS: Final = {trust: pb.TrustLevel.Value(f"TRUST_LEVEL_{trust.name}") for trust in Trust}
_TRUST_OF: Final = {level: trust for trust, level in _LEVELS.items()}
_STATES: Final = {
    HoldingState.VALID: pb.HOLDING_STATE_VALID,
    HoldingState.EXPIRED: pb.HOLDING_STATE_EXPIRED,
    HoldingState.REVOKED: pb.HOLDING_STATE_REVOKED,
    HoldingState.REPLACED: pb.HOLDING_STATE_REPLACED,
    HoldingState.WITHDRAWN: pb.HOLDING_STATE_WITHDRAWN,
}
_ORIGINS: Final = {
    Origin.RESULT: pb.HOLDING_ORIGIN_RESULT,
    Origin.MATERIAL: pb.HOLDING_ORIGIN_MATERIAL,
}
USABILITIES: Final = {
    Usability.DIRECT: pb.USABILITY_DIRECT,
    Usability.ORIGINAL: pb.USABILITY_ORIGINAL,
}


def trust_of(level: pb.TrustLevel.ValueType) -> Trust | None:
    """The level that was named; None: none was."""
    return _TRUST_OF.get(level)


def holding_message(holding: Holding, on: date, *, used: bool = False) -> pb.Holding:
    """A holding as it stands on a day; ``used``: with its uses."""
    holder, content, ended = holding.holder, holding.content, holding.ended
    message = pb.Holding(
        id=holding.id,
        center_id=holding.center_id,
        origin=_ORIGINS[holding.origin],
        case_id=holding.case_id,
        case_number=holding.case_number,
        material_key=holding.material_key,
        item_name=holding.item_name,
        state=_STATES.get(holding.state(on), pb.HOLDING_STATE_UNSPECIFIED),
        end_reason=ended.reason if ended else "",
        ended_at=to_timestamp(ended.at if ended else None),
        uses=map(use_message, holding.uses) if used else (),
        version=holding.version,
    )
    if holder is not None:
        message.holder_name, message.holder_id_number = holder.name, holder.id_number
    if content is not None:
        message.MergeFrom(
            pb.Holding(
                kind=content.kind,
                name=content.name,
                trust=_LEVELS[content.trust],
                number=content.number,
                issuer=content.issuer,
                issued_at=to_timestamp(content.issued_at),
                valid_from=content.valid_from.isoformat(),
                valid_until=content.valid_until.isoformat() if content.valid_until else "",
                files=[
                    pb.HoldingFile(
                        sha256=each.sha256, filename=each.filename, media_type=each.media_type, size=each.size
                    )
                    for each in content.files
                ],
                verified_by=content.verified_by,
            )
        )
    return message


def use_message(use: Use) -> pb.HoldingUse:
    """A use."""
    return pb.HoldingUse(
        application_id=use.application_id,
        application_number=use.application_number,
        material_key=use.material_key,
        at=to_timestamp(use.at),
    )


def look_message(look: Look) -> pb.HoldingLook:
    """A look, as the holder may see it."""
    return pb.HoldingLook(
        id=look.id,
        center_id=look.center_id,
        by_name=look.by_name,
        purpose=look.purpose,
        at=to_timestamp(look.at),
        shown=look.shown,
    )
