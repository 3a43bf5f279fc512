"""What happened to a case, named like the messages of events.proto."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.approval_routing.domain.case import Case


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """An accepted application became a case; its clock runs."""

    case: Case
    rules: str = "rules C12, F01; 许可法 42"


@dataclass(frozen=True, slots=True)
class StepClaimed:
    """Somebody took a step."""

    case: Case
    step_key: str
    rules: str = "rules F12"


@dataclass(frozen=True, slots=True)
class StepReleased:
    """Somebody gave a step back."""

    case: Case
    step_key: str
    rules: str = "rules F12"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class StepPassed:
    """A step was passed with an opinion."""

    case: Case
    step_key: str
    rules: str = "rules F08"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class StepReturned:
    """A step was sent back to the one before."""

    case: Case
    step_key: str
    reason: str
    rules: str = "rules C17"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class StepRejected:
    """A step proposes denial."""

    case: Case
    step_key: str
    rules: str = "rules C10"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class StaffRecused:
    """Somebody stays away from the case."""

    case: Case
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class RecusalDecided:
    """The chief's word on a request to stay away."""

    case: Case
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class StepSigned:
    """Somebody signed a step that another one does."""

    case: Case
    step_key: str
    rules: str = "rules C20, F12; 许可法 34"


@dataclass(frozen=True, slots=True)
class StepRecorded:
    """How a step was done was written down."""

    case: Case
    step_key: str
    rules: str = "rules E03; 许可法 34, 48"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class PartSettled:
    """The lead of a joint case needn't wait for a part."""

    case: Case
    step_key: str
    rules: str = "rules C19; facts 3"


@dataclass(frozen=True, slots=True)
class StepSentElsewhere:
    """It has come to a step that other sites do."""

    case: Case
    step_key: str
    rules: str = "rules F01, P01; 许可法 43"


@dataclass(frozen=True, slots=True)
class StepAnsweredElsewhere:
    """The other sites' answer was written into the case."""

    case: Case
    step_key: str
    rules: str = "rules F01, P01; 许可法 38, 43"


@dataclass(frozen=True, slots=True)
class StepCameBack:
    """No other site does the step any more."""

    case: Case
    step_key: str
    reason: str
    rules: str = "rules C17, K07"


@dataclass(frozen=True, slots=True)
class CasePaused:
    """The clock was stopped by a special procedure."""

    case: Case
    rules: str = "rules E01, E02; 许可法 45"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class CaseResumed:
    """The clock runs again."""

    case: Case
    rules: str = "rules E02; 许可法 45"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class ExtensionRequested:
    """An extension waits for the center's review."""

    case: Case
    rules: str = "rules F04, ZZ15; 许可法 42"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class CaseExtended:
    """Its limit was extended, once, with reason and notice."""

    case: Case
    rules: str = "rules F04, ZZ15; 许可法 42"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class ExtensionRefused:
    """The center didn't agree to an extension."""

    case: Case
    rules: str = "rules F04, ZZ15"


@dataclass(frozen=True, slots=True)
class DeadlineRecomputed:
    """Its due dates were counted anew, as a calendar changed."""

    case: Case
    old_due_at: datetime | None
    reason: str
    rules: str = "许可法 82"


@dataclass(frozen=True, slots=True)
class RenewalApplied:
    """It renews a result of the same holder."""

    case: Case
    rules: str = "许可法 50"


@dataclass(frozen=True, slots=True)
class RenewalDeemed:
    """It was undecided at the end of what it renews: the renewal counts as granted."""

    case: Case
    rules: str = "许可法 50"


@dataclass(frozen=True, slots=True)
class CaseDecided:
    """It was decided."""

    case: Case
    rules: str = "rules C10; 许可法 38"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class ResultIssued:
    """The result was made."""

    case: Case
    rules: str = "rules I01, I04; 许可法 44"


@dataclass(frozen=True, slots=True)
class ResultDelivered:
    """The result reached the applicant."""

    case: Case
    rules: str = "rules I01, I05; 许可法 44"


@dataclass(frozen=True, slots=True)
class ResultEnded:
    """The result was revoked, or struck from the register."""

    case: Case
    rules: str = "许可法 69, 70"


@dataclass(frozen=True, slots=True)
class ResultUndelivered:
    """The result couldn't be delivered."""

    case: Case
    reason: str
    rules: str = "rules I03"


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A department wrote a note for itself; not what it says."""

    case: Case
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class ColleagueAsked:
    """Who does a step asked a colleague; not what."""

    case: Case
    step_key: str
    rules: str = "rules K07"


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """The colleague answered; not what."""

    case: Case
    step_key: str
    rules: str = "rules K07"


@dataclass(frozen=True, slots=True)
class HearingPlanned:
    """How far a hearing has come was written down."""

    case: Case
    step_key: str
    rules: str = "许可法 46, 47, 48"
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class HearingLimitReached:
    """A limit of a hearing is there: ``ask`` is over; the last day of ``notice``, or to ``hold`` it, begins."""

    case: Case
    step_key: str
    limit: str
    rules: str = "许可法 46, 47, 48"


@dataclass(frozen=True, slots=True)
class CasePaperReprinted:
    """A paper was printed once more, marked."""

    case_id: str
    center_id: str
    journey: str
    paper_id: str
    title: str
    number: str
    copy: int
    reason: str
    rules: str = "rules J01"
