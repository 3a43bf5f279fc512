"""What happened to what sites handle together, named like the messages of events.proto.

``center_id`` is the center of this site that it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from services.federation.domain.commands import Command
from services.federation.domain.feedback import Feedback
from services.federation.domain.figures import DailyFigures
from services.federation.domain.joint import Joint
from services.federation.domain.parts import Part
from services.federation.domain.standards import Standard
from services.federation.domain.urging import Urging


@dataclass(frozen=True, slots=True)
class _OfPart:
    part: Part
    center_id: str


@dataclass(frozen=True, slots=True)
class PartOpened(_OfPart):
    """A case that is to be sent up is being reviewed."""

    rules: str = field(default="rules F01; 许可法 43", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartOffered(_OfPart):
    """It was offered to another site."""

    rules: str = field(default="rules F01, P01", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartAskedBack(_OfPart):
    """The offer was asked back."""

    rules: str = field(default="rules P03", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartArrived(_OfPart):
    """Another site offers it to this one."""

    rules: str = field(default="rules F01, P01", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartTaken(_OfPart):
    """This site took it over; its clock runs."""

    rules: str = field(default="rules F01, P01", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartDeclined(_OfPart):
    """This site didn't take it."""

    rules: str = field(default="rules K07", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartReturned(_OfPart):
    """The site that it was offered to didn't take it."""

    rules: str = field(default="rules K07", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartMaterialsAsked(_OfPart):
    """This site needs papers that nobody was asked for before."""

    rules: str = field(default="rules F01; 许可法 43", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartMaterialsHandedIn(_OfPart):
    """What was asked for came."""

    rules: str = field(default="rules F01", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartAnswered(_OfPart):
    """This site answered it."""

    rules: str = field(default="rules P01; 许可法 38, 43", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartClosed(_OfPart):
    """The answer was used where it was asked for."""

    rules: str = field(default="rules P03", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartWithdrawn(_OfPart):
    """It isn't needed any more."""

    rules: str = field(default="rules P03", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartFollowed(_OfPart):
    """The owner told of a change; this site's mirror followed."""

    rules: str = field(default="rules P03", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartDeadlineRecomputed(_OfPart):
    """Its clock was counted anew, as a calendar changed."""

    old_due_at: datetime
    reason: str
    rules: str = field(default="许可法 82", kw_only=True)


@dataclass(frozen=True, slots=True)
class PartApplicantShown:
    """Somebody looked at a part's applicant in full."""

    part_id: str
    center_id: str
    journey: str
    purpose: str
    rules: str = "rules AG01"


@dataclass(frozen=True, slots=True)
class _OfJoint:
    joint: Joint


@dataclass(frozen=True, slots=True)
class JointOpened(_OfJoint):
    """Several sites are asked for their parts of one case."""

    rules: str = field(default="rules P01, C19", kw_only=True)


@dataclass(frozen=True, slots=True)
class JointFollowed(_OfJoint):
    """One of its parts changed."""

    rules: str = field(default="rules P01", kw_only=True)


@dataclass(frozen=True, slots=True)
class JointPartLate(_OfJoint):
    """A part is past its own limit: its site is urged."""

    part_id: str
    rules: str = field(default="rules K07, F07", kw_only=True)


@dataclass(frozen=True, slots=True)
class JointMerged(_OfJoint):
    """The lead spoke for all."""

    rules: str = field(default="rules P01, C19", kw_only=True)


@dataclass(frozen=True, slots=True)
class JointWithdrawn(_OfJoint):
    """It isn't needed any more."""

    rules: str = field(default="rules P01", kw_only=True)


@dataclass(frozen=True, slots=True)
class CommandAsked:
    """The owner was asked for a change."""

    command: Command
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CommandAnswered:
    """The owner did it, or said why not."""

    command: Command
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class _OfUrging:
    urging: Urging
    center_id: str
    rules: str = field(default="rules K07", kw_only=True)


@dataclass(frozen=True, slots=True)
class UrgingAsked(_OfUrging):
    """This site urges, supervises or consults another one."""


@dataclass(frozen=True, slots=True)
class UrgingArrived(_OfUrging):
    """Another site wants an answer of this one."""


@dataclass(frozen=True, slots=True)
class UrgingAnswered(_OfUrging):
    """It was answered, here or there."""


@dataclass(frozen=True, slots=True)
class UrgingSentBack(_OfUrging):
    """The review of a supervision sent the answer back, here or there."""


@dataclass(frozen=True, slots=True)
class UrgingClosed(_OfUrging):
    """Nothing more is wanted."""


@dataclass(frozen=True, slots=True)
class _OfFeedback:
    feedback: Feedback
    center_id: str
    rules: str = field(default="rules Q05, R05", kw_only=True)


@dataclass(frozen=True, slots=True)
class FeedbackForwarded(_OfFeedback):
    """What a citizen said here went to the site that it concerns."""


@dataclass(frozen=True, slots=True)
class FeedbackArrived(_OfFeedback):
    """What a citizen said elsewhere concerns this site."""


@dataclass(frozen=True, slots=True)
class FeedbackConcluded(_OfFeedback):
    """What came of it, at either end."""


@dataclass(frozen=True, slots=True)
class FeedbackHandedOn:
    """What a citizen said elsewhere, for evaluation or complaint to open; its message holds personal data in full."""

    feedback: Feedback
    center_id: str
    rules: str = "rules Q05, R05"


@dataclass(frozen=True, slots=True)
class FeedbackContactShown:
    """Somebody looked at whom to call back."""

    feedback_id: str
    center_id: str
    journey: str
    purpose: str
    rules: str = "rules AG01"


@dataclass(frozen=True, slots=True)
class _OfStandard:
    standard: Standard
    rules: str = field(default="rules AB01, ZZ", kw_only=True)


@dataclass(frozen=True, slots=True)
class StandardIssued(_OfStandard):
    """This site set a standard for those below it."""


@dataclass(frozen=True, slots=True)
class StandardReceived(_OfStandard):
    """A site above set a standard."""


@dataclass(frozen=True, slots=True)
class StandardLocalised(_OfStandard):
    """This site filled in what was left open."""


@dataclass(frozen=True, slots=True)
class _OfFigures:
    figures: DailyFigures
    rules: str = field(default="rules AC01, AC02", kw_only=True)


@dataclass(frozen=True, slots=True)
class FiguresReported(_OfFigures):
    """This site counted a day of a center, first or anew."""


@dataclass(frozen=True, slots=True)
class FiguresReceived(_OfFigures):
    """A site below reported a day."""
