"""Events out: how each domain event becomes a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from kit.events import Mapped
from kit.timestamps import to_timestamp
from services.intake.domain import events as domain
from services.intake.protos import application_message
from tongban.intake.v1 import events_pb2


def _of_application(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(
        subject=lambda event: event.application.id, journey=lambda event: event.application.journey, message=message
    )


def _whole(make: Callable[..., Message]) -> Mapped:
    """An event that holds the application and nothing else."""
    return _of_application(lambda event: make(application=application_message(event.application, event=True)))


def _material_recorded(event: domain.MaterialRecorded) -> Message:
    return events_pb2.MaterialRecorded(
        application=application_message(event.application, event=True), material_key=event.material_key
    )


def _application_accepted(event: domain.ApplicationAccepted) -> Message:
    application = event.application
    return events_pb2.ApplicationAccepted(
        application=application_message(application, event=True), deemed=application.deemed
    )


def _deadline_recomputed(event: domain.ApplicationDeadlineRecomputed) -> Message:
    return events_pb2.ApplicationDeadlineRecomputed(
        application=application_message(event.application, event=True),
        old_due_at=to_timestamp(event.old_due_at),
        reason=event.reason,
    )


def _applicant_shown(event: domain.ApplicantShown) -> Message:
    return events_pb2.ApplicantShown(
        application_id=event.application_id, center_id=event.center_id, purpose=event.purpose
    )


TABLE: Final[Mapping[type, Mapped]] = {
    domain.ApplicationReceived: _whole(events_pb2.ApplicationReceived),
    domain.MaterialRecorded: _of_application(_material_recorded),
    domain.ApplicationAccepted: _of_application(_application_accepted),
    domain.SupplementRequested: _whole(events_pb2.SupplementRequested),
    domain.SupplementHandedIn: _whole(events_pb2.SupplementHandedIn),
    domain.ApplicationRefused: _whole(events_pb2.ApplicationRefused),
    domain.ApplicationWithdrawn: _whole(events_pb2.ApplicationWithdrawn),
    domain.ApplicationDeadlineRecomputed: _of_application(_deadline_recomputed),
    domain.ApplicantShown: Mapped(
        subject=lambda event: event.application_id, journey=lambda event: event.journey, message=_applicant_shown
    ),
}
