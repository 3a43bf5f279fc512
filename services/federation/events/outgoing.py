"""Events out: how each domain event becomes a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from kit.events import Mapped
from kit.timestamps import to_timestamp
from services.federation.domain import events as domain
from services.federation.domain.letters import LetterAnswered, LetterPosted
from services.federation.protos.agreements import SEALINGS, told_agreement
from services.federation.protos.crossings import applicant_message, crossing_message, material_message
from services.federation.protos.segments import SEGMENTS
from tongban.federation.v1 import crossing_events_pb2 as changes
from tongban.federation.v1 import events_pb2 as pb
from tongban.federation.v1 import messages_pb2
from tongban.relay.v1 import messages_pb2 as relay


def _letter_posted(event: LetterPosted) -> Message:
    letter = event.letter
    return pb.LetterPosted(
        sealing=messages_pb2.SEALING_UNSPECIFIED if letter.sealing is None else SEALINGS[letter.sealing],
        letter=relay.Letter(
            id=letter.id,
            destination=letter.destination,
            type=letter.type,
            type_version=letter.type_version,
            journey=letter.journey,
            in_reply_to=letter.in_reply_to,
            created_at=to_timestamp(letter.created_at),
            expires_at=to_timestamp(letter.expires_at),
            payload=letter.payload,
            attachments=[
                relay.Attachment(sha256=each.sha256, size=each.size, media_type=each.media_type, filename=each.filename)
                for each in letter.files
            ],
        ),
    )


def _letter_answered(event: LetterAnswered) -> Message:
    return pb.LetterAnswered(
        letter_id=event.letter_id,
        origin=event.origin,
        journey=event.journey,
        settlement=event.settlement,
        code=event.code,
        note=event.note,
        at=to_timestamp(event.at),
        by_name=event.by_name,
    )


def _of_agreement(make: Callable[..., Message], *, edition: bool = True) -> Mapped:
    def message(event: Any) -> Message:
        named = {"edition_id": event.edition_id} if edition else {}
        return make(agreement=told_agreement(event.agreement), **named)

    return Mapped(subject=lambda event: event.agreement.id, journey=lambda event: event.agreement.id, message=message)


def _of_crossing(make: Callable[[Any], Message]) -> Mapped:
    return Mapped(subject=lambda event: event.crossing.id, journey=lambda event: event.crossing.journey, message=make)


def _whole(make: Callable[..., Message]) -> Mapped:
    """An event that holds the crossing and nothing else."""
    return _of_crossing(lambda event: make(crossing=crossing_message(event.crossing)))


def _material_changed(event: domain.CrossingMaterialChanged) -> Message:
    return pb.CrossingMaterialChanged(crossing=crossing_message(event.crossing), material_key=event.material_key)


def _segment_overdue(event: domain.CrossingSegmentOverdue) -> Message:
    return pb.CrossingSegmentOverdue(crossing=crossing_message(event.crossing), kind=SEGMENTS[event.kind])


def _segments_recomputed(event: domain.CrossingSegmentsRecomputed) -> Message:
    return changes.CrossingSegmentsRecomputed(
        crossing=crossing_message(event.crossing),
        moved=[
            messages_pb2.MovedSegment(
                kind=SEGMENTS[new.kind], old_due_at=to_timestamp(old.due_at), due_at=to_timestamp(new.due_at)
            )
            for old, new in event.moved
        ],
        reason=event.reason,
    )


def _arrived(event: domain.CrossingArrived) -> Message:
    return pb.CrossingArrived(
        crossing=crossing_message(event.crossing),
        applicant=applicant_message(event.crossing.applicant),
        form_json=event.crossing.form_json,
    )


def _supplement_arrived(event: domain.CrossingSupplementArrived) -> Message:
    return pb.CrossingSupplementArrived(
        crossing=crossing_message(event.crossing),
        materials=map(material_message, event.materials),
        letter_id=event.letter_id,
    )


def _withdrawal_arrived(event: domain.CrossingWithdrawalArrived) -> Message:
    return pb.CrossingWithdrawalArrived(crossing=crossing_message(event.crossing), reason=event.reason)


def _files_discarded(event: domain.CrossingFilesDiscarded) -> Message:
    return changes.CrossingFilesDiscarded(
        crossing=crossing_message(event.crossing),
        files=event.files,
        letter_ids=[each.id for each in event.crossing.letters],
        days=event.days,
    )


def _hand_over_arrived(event: domain.CrossingHandOverArrived) -> Message:
    return pb.CrossingHandOverArrived(crossing=crossing_message(event.crossing), received_by=event.received_by)


def _offer_returned(event: domain.CrossingOfferReturned) -> Message:
    return changes.CrossingOfferReturned(
        crossing=crossing_message(event.crossing), reason=event.reason, offer_id=event.offer_id
    )


def _applicant_shown(event: domain.CrossingApplicantShown) -> Message:
    return pb.CrossingApplicantShown(crossing_id=event.crossing_id, center_id=event.center_id, purpose=event.purpose)


TABLE: Final[Mapping[type, Mapped]] = {
    LetterPosted: Mapped(
        subject=lambda event: event.letter.journey or event.letter.id,
        journey=lambda event: event.letter.journey,
        message=_letter_posted,
    ),
    LetterAnswered: Mapped(
        subject=lambda event: event.journey or event.letter_id,
        journey=lambda event: event.journey,
        message=_letter_answered,
    ),
    domain.AgreementProposed: _of_agreement(pb.AgreementProposed),
    domain.AgreementConfirmed: _of_agreement(pb.AgreementConfirmed),
    domain.AgreementDeclined: _of_agreement(pb.AgreementDeclined),
    domain.AgreementEnded: _of_agreement(pb.AgreementEnded, edition=False),
    domain.CrossingOpened: _whole(pb.CrossingOpened),
    domain.CrossingMaterialChanged: _of_crossing(_material_changed),
    domain.CrossingSent: _whole(pb.CrossingSent),
    domain.CrossingSupplementSent: _whole(pb.CrossingSupplementSent),
    domain.CrossingReturned: _whole(pb.CrossingReturned),
    domain.CrossingFollowed: _whole(pb.CrossingFollowed),
    domain.CrossingCancelled: _whole(pb.CrossingCancelled),
    domain.CrossingFilesDiscarded: _of_crossing(_files_discarded),
    domain.CrossingWithdrawalAsked: _whole(pb.CrossingWithdrawalAsked),
    domain.CrossingResultArrived: _whole(pb.CrossingResultArrived),
    domain.CrossingResultHandedOver: _whole(pb.CrossingResultHandedOver),
    domain.CrossingSegmentOverdue: _of_crossing(_segment_overdue),
    domain.CrossingSegmentsRecomputed: _of_crossing(_segments_recomputed),
    domain.CrossingApplicantShown: Mapped(
        subject=lambda event: event.crossing_id, journey=lambda event: event.journey, message=_applicant_shown
    ),
    domain.CrossingArrived: _of_crossing(_arrived),
    domain.CrossingSupplementArrived: _of_crossing(_supplement_arrived),
    domain.CrossingWithdrawalArrived: _of_crossing(_withdrawal_arrived),
    domain.CrossingHandOverArrived: _of_crossing(_hand_over_arrived),
    domain.CrossingStatusTold: _whole(pb.CrossingStatusTold),
    domain.CrossingResultAttached: _whole(changes.CrossingResultAttached),
    domain.CrossingOffered: _whole(changes.CrossingOffered),
    domain.CrossingAskedBack: _whole(changes.CrossingAskedBack),
    domain.CrossingOfferArrived: _whole(changes.CrossingOfferArrived),
    domain.CrossingTaken: _whole(changes.CrossingTaken),
    domain.CrossingDeclined: _whole(changes.CrossingDeclined),
    domain.CrossingOfferReturned: _of_crossing(_offer_returned),
    domain.CrossingHandedAway: _whole(changes.CrossingHandedAway),
}
