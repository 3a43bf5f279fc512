"""After which events which clocks are looked at: what has begun, moved, stood still or ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from services.supervision.domain.watches import Sighting
from services.supervision.events.cooperation_sightings import (
    feedback_sighting,
    joint_sighting,
    part_sighting,
    urging_sighting,
)
from services.supervision.events.sightings import case_sighting, complaint_sighting, rectification_sighting

#: Event by service → the field that holds the document, and what it says of its clock.
CLOCKS: Final[dict[str, tuple[tuple[str, ...], str, Callable[[Any], Sighting]]]] = {
    "approval_routing": (
        (
            "CaseOpened",
            "CasePaused",
            "CaseResumed",
            "ExtensionRequested",
            "CaseExtended",
            "ExtensionRefused",
            "StaffRecused",
            "RecusalDecided",
            "StepClaimed",
            "StepReleased",
            "StepPassed",
            "StepReturned",
            "StepRejected",
            "StepSigned",
            "StepRecorded",
            "HearingPlanned",
            "PartSettled",
            "StepSentElsewhere",
            "StepAnsweredElsewhere",
            "StepCameBack",
            "DeadlineRecomputed",
            "RenewalApplied",
            "RenewalDeemed",
            "CaseDecided",
        ),
        "case",
        case_sighting,
    ),
    "evaluation": (
        (
            "RectificationOpened",
            "RectificationAssigned",
            "RectificationAnswered",
            "RectificationSentBack",
            "RectificationDeadlineRecomputed",
            "RectificationClosed",
        ),
        "rectification",
        rectification_sighting,
    ),
    "complaint": (
        (
            "ComplaintFiled",
            "ComplaintAssigned",
            "ComplaintInvestigated",
            "ComplaintAnswered",
            "ComplaintCalledBack",
            "ComplaintClosed",
            "ComplaintReopened",
            "ComplaintDeadlineRecomputed",
        ),
        "complaint",
        complaint_sighting,
    ),
}
#: The same of federation's, whose events name the center of this site beside the document.
SHARED: Final[tuple[tuple[tuple[str, ...], Callable[[Any], Sighting | None]], ...]] = (
    (
        (
            "PartOpened",
            "PartOffered",
            "PartTaken",
            "PartAnswered",
            "PartWithdrawn",
            "PartDeadlineRecomputed",
        ),
        part_sighting,
    ),
    (("JointOpened", "JointMerged", "JointWithdrawn"), joint_sighting),
    (("UrgingArrived", "UrgingAnswered", "UrgingSentBack", "UrgingClosed"), urging_sighting),
    (("FeedbackArrived", "FeedbackConcluded"), feedback_sighting),
)
#: After which a commitment is to be verified, was, or has another end.
COMMITMENTS: Final = ("ApplicationAccepted", "CommitmentVerified", "ApplicationDeadlineRecomputed")
#: After which segments of a crossing have begun, ended or moved.
CROSSINGS: Final = (
    "CrossingOpened",
    "CrossingSent",
    "CrossingSupplementSent",
    "CrossingReturned",
    "CrossingFollowed",
    "CrossingCancelled",
    "CrossingResultHandedOver",
    "CrossingStatusTold",
    "CrossingHandOverArrived",
    "CrossingSegmentsRecomputed",
)
