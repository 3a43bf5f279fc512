"""One function a use case: load, change, one save with its events."""

from services.evaluation.handlers.desk import EVALUATIONS, KINDS, RECTIFICATIONS, Desk, evaluation_keys
from services.evaluation.handlers.evaluations import (
    alarms,
    expire_evaluation,
    invitation_not_found,
    invite_user,
    submit_evaluation,
    take_forwarded,
)
from services.evaluation.handlers.rectifications import (
    answer_rectification,
    assign_rectification,
    open_rectification,
    review_rectification,
)

__all__ = [
    "EVALUATIONS",
    "KINDS",
    "RECTIFICATIONS",
    "Desk",
    "alarms",
    "answer_rectification",
    "assign_rectification",
    "evaluation_keys",
    "expire_evaluation",
    "invitation_not_found",
    "invite_user",
    "open_rectification",
    "review_rectification",
    "submit_evaluation",
    "take_forwarded",
]
