"""What happened to an application, named like the messages of events.proto."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from services.intake.domain.application import Application
from services.intake.domain.denial import DenialReport
from services.intake.domain.draft import Draft


@dataclass(frozen=True, slots=True)
class ApplicationReceived:
    """Papers were handed in and a receipt was given."""

    application: Application
    rules: str = "rules C12, C13"


@dataclass(frozen=True, slots=True)
class MaterialRecorded:
    """A material was handed in, marked or mended on the spot."""

    application: Application
    material_key: str
    rules: str = "rules C06"


@dataclass(frozen=True, slots=True)
class ApplicationAccepted:
    """It was accepted, by somebody or by the law."""

    application: Application

    @property
    def rules(self) -> str:
        """By the law when nobody gave notice in time."""
        return "rules C08; 许可法 32" if self.application.deemed else "rules C05; 许可法 32"


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    """A one-time notice was given."""

    application: Application
    rules: str = "rules C07, L02; 许可法 32"


@dataclass(frozen=True, slots=True)
class SupplementHandedIn:
    """What the notice asked for was handed in."""

    application: Application
    rules: str = "rules C07; 许可法 32"


@dataclass(frozen=True, slots=True)
class SupplementNotTaken:
    """What came from another place after a notice couldn't be taken in any more."""

    application: Application
    code: str
    reason: str
    rules: str = "rules C07, P03; 许可法 32"


@dataclass(frozen=True, slots=True)
class ApplicationRefused:
    """It was refused with grounds and rights."""

    application: Application
    rules: str = "rules C09, L03; 许可法 32"


@dataclass(frozen=True, slots=True)
class ApplicationWithdrawn:
    """The applicant took it back."""

    application: Application
    rules: str = "许可法 32"


@dataclass(frozen=True, slots=True)
class ApplicationHeld:
    """Nothing of it is changed while another site is asked to take it over."""

    application: Application
    offer_id: str
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class ApplicationNotHeld:
    """It can't be handed over any more, and why."""

    application: Application
    offer_id: str
    code: str
    reason: str
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class ApplicationReleased:
    """It wasn't handed over, and goes on here."""

    application: Application
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class ApplicationTransferred:
    """Another site has taken it over."""

    application: Application
    to_site: str
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class ApplicationDeadlineRecomputed:
    """The clock that runs was counted anew, as a calendar changed."""

    application: Application
    old_due_at: datetime | None
    reason: str
    rules: str = "许可法 82"


@dataclass(frozen=True, slots=True)
class FurtherNoticePermitted:
    """A supervisor let the window ask for more than the first notice named; it counts against the department."""

    application: Application
    reason: str
    rules: str = "rules L02"


@dataclass(frozen=True, slots=True)
class OwedMaterialHandedIn:
    """What was promised for later was brought, or a part of it."""

    application: Application
    rules: str = "rules D02"


@dataclass(frozen=True, slots=True)
class PromiseReminded:
    """What was promised is soon due."""

    application: Application
    rules: str = "rules D02"


@dataclass(frozen=True, slots=True)
class PromiseLapsed:
    """A promise wasn't kept: the normal rule holds again."""

    application: Application
    rules: str = "rules D02"


@dataclass(frozen=True, slots=True)
class PromiseRepaired:
    """A person may promise again."""

    application: Application
    reason: str
    rules: str = "rules D02"


@dataclass(frozen=True, slots=True)
class CommitmentOffered:
    """The applicant chose to apply by commitment, and has the letter to sign."""

    application: Application
    rules: str = "rules D03, D04"


@dataclass(frozen=True, slots=True)
class CommitmentDeclined:
    """The applicant goes back to the ordinary procedure."""

    application: Application
    rules: str = "rules D03"


@dataclass(frozen=True, slots=True)
class CommitmentSigned:
    """The letter is signed."""

    application: Application
    rules: str = "rules D04, D05"


@dataclass(frozen=True, slots=True)
class CommitmentVerified:
    """A department looked whether it is kept, and what it found."""

    application: Application
    rules: str = "rules D04"


@dataclass(frozen=True, slots=True)
class CommitmentOverdue:
    """The time to verify it, or to put right what was found, is over."""

    application: Application
    rules: str = "rules D04"


@dataclass(frozen=True, slots=True)
class BreachRecorded:
    """A commitment wasn't kept or was false; that stands in the record of dishonesty (失信记录)."""

    application: Application
    rules: str = "rules D04"


@dataclass(frozen=True, slots=True)
class BreachAppealed:
    """The person objects to the record."""

    application: Application
    rules: str = "rules D04"


@dataclass(frozen=True, slots=True)
class BreachRuledOn:
    """An appeal against the record was decided."""

    application: Application
    rules: str = "rules D04"


@dataclass(frozen=True, slots=True)
class BreachRepaired:
    """A person may use commitments again."""

    application: Application
    reason: str
    rules: str = "rules D04"


@dataclass(frozen=True, slots=True)
class DenialReported:
    """A window reported that it holds something can't be done."""

    report: DenialReport
    rules: str = "rules C18"


@dataclass(frozen=True, slots=True)
class DenialReportAnswered:
    """A level said whether it can't be done; it may have decided."""

    report: DenialReport
    rules: str = "rules C18"


@dataclass(frozen=True, slots=True)
class DraftOpened:
    """A window opened a citizen's draft by its code (audit)."""

    draft: Draft
    rules: str = "rules C15, AG01"


@dataclass(frozen=True, slots=True)
class OriginalsReturned:
    """Originals were given back."""

    application: Application
    rules: str = "rules C16"


@dataclass(frozen=True, slots=True)
class MaterialReused:
    """A paper on file stands for a material."""

    application: Application
    material_key: str
    rules: str = "rules C15; 国办函〔2016〕108号"


@dataclass(frozen=True, slots=True)
class MaterialReuseEnded:
    """What a material was taken from holds no more."""

    application: Application
    material_key: str
    reason: str
    rules: str = "许可法 69, 70; our own choice"


@dataclass(frozen=True, slots=True)
class ApplicantShown:
    """Somebody looked at an applicant's full data (audit)."""

    application_id: str
    journey: str
    center_id: str
    purpose: str
    rules: str = "rules AG01"


@dataclass(frozen=True, slots=True)
class ApplicationHandedOn:
    """Its case has come to a step that other sites do; its message holds the applicant in full."""

    application: Application
    #: What approval_routing said of the step, passed on unread.
    sent: bytes = field(repr=False)
    rules: str = "rules F01, P01; 许可法 43"


@dataclass(frozen=True, slots=True)
class PaperReprinted:
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
