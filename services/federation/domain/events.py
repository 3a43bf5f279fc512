"""What happened to agreements and crossings, named like the messages of events.proto."""

from __future__ import annotations

from dataclasses import dataclass

from services.federation.domain.agreement import Agreement
from services.federation.domain.crossing import CollectedMaterial, Crossing
from services.federation.domain.segments import Segment, SegmentKind


@dataclass(frozen=True, slots=True)
class AgreementProposed:
    """An edition was proposed, here or by the other side."""

    agreement: Agreement
    edition_id: str
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class AgreementConfirmed:
    """Both sides have it."""

    agreement: Agreement
    edition_id: str
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class AgreementDeclined:
    """A proposed edition was declined."""

    agreement: Agreement
    edition_id: str
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class AgreementEnded:
    """Nothing new begins under it after its last day."""

    agreement: Agreement
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingOpened:
    """An application for another place was begun here."""

    crossing: Crossing
    rules: str = "rules P01, P04"


@dataclass(frozen=True, slots=True)
class CrossingMaterialChanged:
    """A paper was scanned, checked or taken away again."""

    crossing: Crossing
    material_key: str
    rules: str = "rules C04, C06"


@dataclass(frozen=True, slots=True)
class CrossingSent:
    """It was sent to the handling place."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingSupplementSent:
    """What the notice asked for was sent after it."""

    crossing: Crossing
    rules: str = "rules C07, P03"


@dataclass(frozen=True, slots=True)
class CrossingReturned:
    """A letter of it wasn't taken."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingFollowed:
    """The owner told how its case stands."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingCancelled:
    """It was given up before it was sent."""

    crossing: Crossing
    rules: str = "rules P01"


@dataclass(frozen=True, slots=True)
class CrossingFilesDiscarded:
    """Nothing became of it, and its scans were kept long enough; relay lets go of its copies, too."""

    crossing: Crossing
    #: SHA-256, hex.
    files: tuple[str, ...]
    #: How many days they were kept since.
    days: int
    rules: str = "个人信息保护法 19, 47"


@dataclass(frozen=True, slots=True)
class CrossingWithdrawalAsked:
    """The applicant asked for it back, at the collecting place."""

    crossing: Crossing
    rules: str = "许可法 32"


@dataclass(frozen=True, slots=True)
class CrossingResultArrived:
    """The result reached the collecting center."""

    crossing: Crossing
    rules: str = "rules I01"


@dataclass(frozen=True, slots=True)
class CrossingResultHandedOver:
    """The collecting center gave the result to the applicant."""

    crossing: Crossing
    rules: str = "rules I01; 许可法 44"


@dataclass(frozen=True, slots=True)
class CrossingSegmentOverdue:
    """A segment's limit has passed."""

    crossing: Crossing
    kind: SegmentKind
    rules: str = "facts 6"


@dataclass(frozen=True, slots=True)
class CrossingSegmentsRecomputed:
    """Ends of running segments moved, or became certain, because a calendar changed."""

    crossing: Crossing
    before: tuple[Segment, ...]
    reason: str
    rules: str = "许可法 82; facts 11"

    @property
    def moved(self) -> tuple[tuple[Segment, Segment], ...]:
        """Each segment that is another now, as it was and as it is."""
        return tuple((old, new) for old, new in zip(self.before, self.crossing.segments, strict=True) if old != new)


@dataclass(frozen=True, slots=True)
class CrossingArrived:
    """An application from another place, for intake to take in; its message holds the applicant in full."""

    crossing: Crossing
    rules: str = "rules P01, P03"


@dataclass(frozen=True, slots=True)
class CrossingSupplementArrived:
    """What the notice asked for came from the other place."""

    crossing: Crossing
    materials: tuple[CollectedMaterial, ...]
    letter_id: str
    rules: str = "rules C07; 许可法 32"


@dataclass(frozen=True, slots=True)
class CrossingWithdrawalArrived:
    """The applicant asked for it back at the other place."""

    crossing: Crossing
    reason: str
    rules: str = "许可法 32"


@dataclass(frozen=True, slots=True)
class CrossingHandOverArrived:
    """The collecting center gave the result to the applicant; who took it is masked."""

    crossing: Crossing
    received_by: str
    rules: str = "rules I01; 许可法 44"


@dataclass(frozen=True, slots=True)
class CrossingStatusTold:
    """The owner's picture of the case was sent to the other place."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingResultAttached:
    """The licence or paper itself was given to it, to go to the collecting place."""

    crossing: Crossing
    rules: str = "rules I01; 许可法 44"


@dataclass(frozen=True, slots=True)
class CrossingOffered:
    """It is to be offered to another site; intake holds its application."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingAskedBack:
    """The offer was asked back."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingOfferArrived:
    """Another site offers it to this one."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingTaken:
    """This site has taken it over."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingDeclined:
    """This site didn't take it."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingOfferReturned:
    """It wasn't handed over after all; intake releases its application."""

    crossing: Crossing
    offer_id: str
    reason: str
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingHandedAway:
    """Another site has taken it over from this one; intake closes its application."""

    crossing: Crossing
    rules: str = "rules P03"


@dataclass(frozen=True, slots=True)
class CrossingApplicantShown:
    """Somebody looked at an applicant's full data (audit)."""

    crossing_id: str
    journey: str
    center_id: str
    purpose: str
    rules: str = "rules AG01"
