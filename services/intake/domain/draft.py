"""An application that somebody has begun and not handed in (草稿; rules C15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.application import Answer, Applicant, DeliveryMethod
from services.intake.domain.undertaking import CommitmentChoice


@dataclass(frozen=True, slots=True)
class Draft:
    """What was filled in so far, unchecked; ``code`` opens it at a window. Kept until ``expires_at``, then it is gone."""

    id: str
    code: str
    center_id: str
    item_id: str
    #: The item version that it was filled in for.
    item_version: int
    item_name: str
    holder_key: str
    journey: str
    applicant: Applicant
    saved_at: datetime
    expires_at: datetime
    situation: tuple[Answer, ...] = ()
    form_json: str = ""
    delivery: DeliveryMethod = DeliveryMethod.WINDOW
    commitment: CommitmentChoice = CommitmentChoice.NOT_OFFERED
    version: int = 0
