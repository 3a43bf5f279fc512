"""What is taken from the file, as messages and back."""

from __future__ import annotations

from collections.abc import Iterable

from kit.timestamps import to_timestamp
from services.intake.domain.reuse import Choice, Evidence, Reuse
from tongban.intake.v1 import messages_pb2 as pb
from tongban.intake.v1 import reuse_pb2


def reuse_message(reuse: Reuse | None) -> pb.MaterialReuse | None:
    """What stands for a material."""
    if reuse is None:
        return None
    return pb.MaterialReuse(
        holding_id=reuse.holding_id,
        name=reuse.name,
        trust=reuse.trust,
        number=reuse.number,
        issuer=reuse.issuer,
        valid_until=reuse.valid_until.isoformat() if reuse.valid_until else "",
        case_number=reuse.case_number,
        reused_at=to_timestamp(reuse.reused_at),
        reused_by_name=reuse.reused_by_name,
        needs_original=reuse.needs_original,
        sha256=reuse.sha256,
        end_reason=reuse.end_reason,
        ended_at=to_timestamp(reuse.ended_at),
        evidence=_evidence_message(reuse.evidence),
    )


def choices_of(messages: Iterable[reuse_pb2.ChosenHolding]) -> tuple[Choice, ...]:
    """What was chosen from the file, not yet looked at."""
    return tuple(Choice(each.material_key, each.holding_id) for each in messages)


def _evidence_message(evidence: Evidence | None) -> pb.ReuseEvidence | None:
    if evidence is None:
        return None
    return pb.ReuseEvidence(
        source=evidence.source,
        reference=evidence.reference,
        sha256=evidence.sha256,
        said_at=to_timestamp(evidence.said_at),
    )
