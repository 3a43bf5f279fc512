"""Commitments as messages, and back (rules D03–D05)."""

from __future__ import annotations

from typing import Final

from kit.timestamps import to_timestamp
from services.intake.domain.undertaking import (
    Breach,
    BreachAppeal,
    CommitmentChoice,
    FindingResult,
    Undertaking,
    UndertakingState,
)
from tongban.intake.v1 import commitments_pb2 as pb

CHOICES: Final = {
    CommitmentChoice.NOT_OFFERED: pb.COMMITMENT_CHOICE_UNSPECIFIED,
    CommitmentChoice.CHOSEN: pb.COMMITMENT_CHOICE_CHOSEN,
    CommitmentChoice.DECLINED: pb.COMMITMENT_CHOICE_DECLINED,
}
STATES: Final = {
    UndertakingState.OFFERED: pb.UNDERTAKING_STATE_OFFERED,
    UndertakingState.SIGNED: pb.UNDERTAKING_STATE_SIGNED,
    UndertakingState.VERIFYING: pb.UNDERTAKING_STATE_VERIFYING,
    UndertakingState.CORRECTING: pb.UNDERTAKING_STATE_CORRECTING,
    UndertakingState.KEPT: pb.UNDERTAKING_STATE_KEPT,
    UndertakingState.BROKEN: pb.UNDERTAKING_STATE_BROKEN,
}
RESULTS: Final = {
    FindingResult.FULFILLED: pb.FINDING_RESULT_FULFILLED,
    FindingResult.NOT_FULFILLED: pb.FINDING_RESULT_NOT_FULFILLED,
    FindingResult.FALSE: pb.FINDING_RESULT_FALSE,
}

_CHOICE_OF: Final = {value: key for key, value in CHOICES.items()}
_STATE_OF: Final = {value: key for key, value in STATES.items()}
_RESULT_OF: Final = {value: key for key, value in RESULTS.items()}


def undertaking_message(made: Undertaking | None) -> pb.Undertaking | None:
    """A commitment, without who signed it."""
    if made is None:
        return None
    return pb.Undertaking(
        state=STATES[made.state],
        chosen_at=to_timestamp(made.chosen_at),
        signed_at=to_timestamp(made.signed_at),
        verify_by=to_timestamp(made.verify_by),
        correct_by=to_timestamp(made.correct_by),
        overdue_at=to_timestamp(made.overdue_at),
        findings=[
            pb.CommitmentFinding(
                result=RESULTS[each.result],
                said=each.said,
                found_by=each.found_by.name,
                found_at=to_timestamp(each.found_at),
            )
            for each in made.findings
        ],
        breach=_breach_message(made.breach),
        due_provisional=made.due_provisional,
    )


def choice_of(value: pb.CommitmentChoice.ValueType) -> CommitmentChoice:
    """What was chosen; not offered where nothing was said."""
    return _CHOICE_OF.get(value, CommitmentChoice.NOT_OFFERED)


def undertaking_state_of(value: pb.UndertakingState.ValueType) -> UndertakingState:
    """The state asked for; what waits to be verified where none was."""
    return _STATE_OF.get(value, UndertakingState.VERIFYING)


def result_of(value: pb.FindingResult.ValueType) -> FindingResult | None:
    """What was found; ``None`` where nothing was said."""
    return _RESULT_OF.get(value)


def _breach_message(breach: Breach | None) -> pb.Breach | None:
    if breach is None:
        return None
    return pb.Breach(
        reason=breach.reason,
        recorded_at=to_timestamp(breach.recorded_at),
        bars_until=to_timestamp(breach.bars_until),
        appeal_until=to_timestamp(breach.appeal_until),
        appeal=_appeal_message(breach.appeal),
        revoked_at=to_timestamp(breach.revoked_at),
        repaired_at=to_timestamp(breach.repaired_at),
        repair_reason=breach.repair_reason,
        appeal_provisional=breach.appeal_provisional,
    )


def _appeal_message(appeal: BreachAppeal | None) -> pb.BreachAppeal | None:
    if appeal is None:
        return None
    return pb.BreachAppeal(
        text=appeal.text,
        appealed_at=to_timestamp(appeal.appealed_at),
        ruled_at=to_timestamp(appeal.ruled_at),
        upheld=bool(appeal.upheld),
        ruling=appeal.ruling,
        ruled_by=appeal.ruled_by.name if appeal.ruled_by is not None else "",
    )
