"""What the use cases work with, and how evaluations and rectifications are kept."""

from __future__ import annotations

from dataclasses import dataclass

from kit.alarms import ALARMS
from kit.clock import to_ms
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from reference import Reference
from services.evaluation.domain.evaluation import (
    Evaluation,
    EvaluationState,
)
from services.evaluation.domain.rectification import (
    Rectification,
)

EVALUATIONS = Kind(
    "evaluation",
    (
        Index("by_code", ("subject.code",), unique=True),
        Index("by_center", ("subject.center_id", "standing", "invited_at")),
        ALARMS,
    ),
)
RECTIFICATIONS = Kind(
    "rectification",
    (
        Index("by_center", ("center_id", "state", "opened_at")),
        Index("by_owner", ("center_id", "owner.department", "state", "opened_at")),
    ),
)
KINDS = (EVALUATIONS, RECTIFICATIONS)


@dataclass(frozen=True)
class Desk:
    """What the use cases work with."""

    evaluations: Repository[Evaluation]
    rectifications: Repository[Rectification]
    reference: Reference


def standing(evaluation: Evaluation) -> str:
    """How an evaluation is listed: its state, the submitted ones told apart by what they say."""
    if evaluation.state is EvaluationState.SUBMITTED:
        return "negative" if evaluation.negative else "positive"
    return evaluation.state.value


def evaluation_keys(evaluation: Evaluation) -> Body:
    """Indexed values beside the fields: the standing, and when an open invitation must be let go."""
    is_open = evaluation.state is EvaluationState.INVITED
    return {"standing": standing(evaluation), "due_at": to_ms(evaluation.expires_at) + 1 if is_open else None}
