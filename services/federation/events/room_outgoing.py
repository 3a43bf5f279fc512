"""Events out of what sites handle together: applicants masked, without what people wrote about anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from kit.events import Mapped
from kit.timestamps import to_timestamp
from services.federation.domain import case_steps
from services.federation.domain import part_events as domain
from services.federation.domain.parts import Outcome
from services.federation.protos.shared import (
    told_command,
    told_feedback,
    told_figures,
    told_joint,
    told_part,
    told_standard,
    told_urging,
    whole_feedback,
)
from tongban.federation.v1 import events_pb2 as pb
from tongban.federation.v1 import feedback_events_pb2, parts_pb2

OUTCOMES: Final = {
    Outcome.AGREED: parts_pb2.PART_OUTCOME_AGREED,
    Outcome.REFUSED: parts_pb2.PART_OUTCOME_REFUSED,
}


def _row(field: str, journey: Callable[[Any], str], message: Callable[[Any], Message]) -> Mapped:
    return Mapped(subject=lambda event: getattr(event, field).id, journey=journey, message=message)


def _of(field: str, make: Callable[..., Message], tell: Callable[[Any], Message], *, centered: bool = True) -> Mapped:
    def message(event: Any) -> Message:
        center = {"center_id": event.center_id} if centered else {}
        return make(**{field: tell(getattr(event, field))}, **center)

    return _row(field, lambda event: getattr(event, field).journey, message)


def _of_part(make: Callable[..., Message]) -> Mapped:
    return _of("part", make, told_part)


def _of_joint(make: Callable[..., Message]) -> Mapped:
    def message(event: Any) -> Message:
        late = {"part_id": event.part_id} if isinstance(event, domain.JointPartLate) else {}
        return make(joint=told_joint(event.joint), center_id=event.joint.place.center_id, **late)

    return _row("joint", lambda event: event.joint.journey, message)


def _of_urging(make: Callable[..., Message]) -> Mapped:
    return _of("urging", make, told_urging)


def _of_feedback(make: Callable[..., Message]) -> Mapped:
    return _of("feedback", make, told_feedback)


def _of_command(make: Callable[..., Message]) -> Mapped:
    return _of("command", make, told_command, centered=False)


def _of_no_visit(field: str, make: Callable[..., Message], tell: Callable[[Any], Message]) -> Mapped:
    return _row(field, lambda event: "", lambda event: make(**{field: tell(getattr(event, field))}))


def _recomputed(event: domain.PartDeadlineRecomputed) -> Message:
    return pb.PartDeadlineRecomputed(
        part=told_part(event.part),
        center_id=event.center_id,
        old_due_at=to_timestamp(event.old_due_at),
        reason=event.reason,
    )


def _applicant_shown(event: domain.PartApplicantShown) -> Message:
    return pb.PartApplicantShown(part_id=event.part_id, center_id=event.center_id, purpose=event.purpose)


def _contact_shown(event: domain.FeedbackContactShown) -> Message:
    return pb.FeedbackContactShown(feedback_id=event.feedback_id, center_id=event.center_id, purpose=event.purpose)


def _step_answered(event: case_steps.CaseStepAnswered) -> Message:
    step = event.step
    return pb.CaseStepAnswered(
        case_id=step.case_id,
        step_key=step.step_key,
        round=step.round,
        outcome=OUTCOMES[event.outcome],
        site=event.site,
        answered_by=event.answered_by,
        answered_at=to_timestamp(event.answered_at),
        opinion=event.opinion,
        basis=event.basis,
        rights=event.rights,
        number=event.number,
        center_id=step.center_id,
    )


def _step_returned(event: case_steps.CaseStepReturned) -> Message:
    step = event.step
    return pb.CaseStepReturned(
        case_id=step.case_id,
        step_key=step.step_key,
        round=step.round,
        reason=event.reason,
        center_id=step.center_id,
    )


def _of_step(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(subject=lambda event: event.step.case_id, journey=lambda event: event.step.journey, message=message)


ROOM_TABLE: Final[Mapping[type, Mapped]] = {
    domain.PartOpened: _of_part(pb.PartOpened),
    domain.PartOffered: _of_part(pb.PartOffered),
    domain.PartAskedBack: _of_part(pb.PartAskedBack),
    domain.PartArrived: _of_part(pb.PartArrived),
    domain.PartTaken: _of_part(pb.PartTaken),
    domain.PartDeclined: _of_part(pb.PartDeclined),
    domain.PartReturned: _of_part(pb.PartReturned),
    domain.PartMaterialsAsked: _of_part(pb.PartMaterialsAsked),
    domain.PartMaterialsHandedIn: _of_part(pb.PartMaterialsHandedIn),
    domain.PartAnswered: _of_part(pb.PartAnswered),
    domain.PartClosed: _of_part(pb.PartClosed),
    domain.PartWithdrawn: _of_part(pb.PartWithdrawn),
    domain.PartFollowed: _of_part(pb.PartFollowed),
    domain.PartDeadlineRecomputed: _row("part", lambda event: event.part.journey, _recomputed),
    domain.PartApplicantShown: Mapped(
        subject=lambda event: event.part_id, journey=lambda event: event.journey, message=_applicant_shown
    ),
    case_steps.CaseStepAnswered: _of_step(_step_answered),
    case_steps.CaseStepReturned: _of_step(_step_returned),
    domain.JointOpened: _of_joint(pb.JointOpened),
    domain.JointFollowed: _of_joint(pb.JointFollowed),
    domain.JointPartLate: _of_joint(pb.JointPartLate),
    domain.JointMerged: _of_joint(pb.JointMerged),
    domain.JointWithdrawn: _of_joint(pb.JointWithdrawn),
    domain.CommandAsked: _of_command(pb.CommandAsked),
    domain.CommandAnswered: _of_command(pb.CommandAnswered),
    domain.UrgingAsked: _of_urging(pb.UrgingAsked),
    domain.UrgingArrived: _of_urging(pb.UrgingArrived),
    domain.UrgingAnswered: _of_urging(pb.UrgingAnswered),
    domain.UrgingSentBack: _of_urging(pb.UrgingSentBack),
    domain.UrgingClosed: _of_urging(pb.UrgingClosed),
    domain.FeedbackForwarded: _of_feedback(pb.FeedbackForwarded),
    domain.FeedbackArrived: _of_feedback(pb.FeedbackArrived),
    domain.FeedbackConcluded: _of_feedback(pb.FeedbackConcluded),
    domain.FeedbackHandedOn: _of("feedback", feedback_events_pb2.FeedbackHandedOn, whole_feedback),
    domain.FeedbackContactShown: Mapped(
        subject=lambda event: event.feedback_id, journey=lambda event: event.journey, message=_contact_shown
    ),
    domain.StandardIssued: _of_no_visit("standard", pb.StandardIssued, told_standard),
    domain.StandardReceived: _of_no_visit("standard", pb.StandardReceived, told_standard),
    domain.StandardLocalised: _of_no_visit("standard", pb.StandardLocalised, told_standard),
    domain.FiguresReported: _of_no_visit("figures", pb.FiguresReported, told_figures),
    domain.FiguresReceived: _of_no_visit("figures", pb.FiguresReceived, told_figures),
}
