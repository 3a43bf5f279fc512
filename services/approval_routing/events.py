"""Events out, and what approval listens to: accepted applications, and calendars that change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from kit.consumer import Delivery, Subscription
from kit.events import Mapped, event_type, topic_of
from kit.timestamps import from_timestamp, to_timestamp
from services.approval_routing.domain import events as domain
from services.approval_routing.domain import licences
from services.approval_routing.domain.decision import Outcome
from services.approval_routing.domain.elsewhere import ElsewhereAnswer
from services.approval_routing.domain.outcomes import AcceptedApplication
from services.approval_routing.handlers import sending
from services.approval_routing.handlers.calendar import recounting
from services.approval_routing.handlers.certificates import end_licence
from services.approval_routing.handlers.charges import settle_bill
from services.approval_routing.handlers.delivery import deliver_elsewhere
from services.approval_routing.handlers.licences import apply_for_renewal, keep_licence, refuse_renewal
from services.approval_routing.handlers.office import Office
from services.approval_routing.handlers.opening import open_case
from services.approval_routing.handlers.tasks import keep_tasks
from services.approval_routing.licence_protos import licence_message
from services.approval_routing.protos import case_message
from tongban.approval_routing.v1 import events_pb2
from tongban.federation.v1 import events_pb2 as federation
from tongban.federation.v1 import parts_pb2 as parts
from tongban.fees.v1 import events_pb2 as fees
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import messages_pb2 as intake_messages

_DELIVERIES: Final = {
    intake_messages.DELIVERY_METHOD_WINDOW: "window",
    intake_messages.DELIVERY_METHOD_POST: "post",
    intake_messages.DELIVERY_METHOD_ELECTRONIC: "electronic",
}
_OUTCOMES: Final = {
    parts.PART_OUTCOME_AGREED: Outcome.APPROVED,
    parts.PART_OUTCOME_REFUSED: Outcome.DENIED,
}


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_case(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(subject=lambda event: event.case.id, journey=lambda event: event.case.journey, message=message)


def _in_charge(make: Callable[..., Message]) -> Mapped:
    return _of_case(lambda event: make(case=case_message(event.case), on_behalf_of=event.on_behalf_of))


def _on_step(make: Callable[..., Message]) -> Mapped:
    return _of_case(
        lambda event: make(case=case_message(event.case), step_key=event.step_key, on_behalf_of=event.on_behalf_of)
    )


def _whole(make: Callable[..., Message]) -> Mapped:
    return _of_case(lambda event: make(case=case_message(event.case)))


def _at_step(make: Callable[..., Message]) -> Mapped:
    return _of_case(lambda event: make(case=case_message(event.case), step_key=event.step_key))


def _of_licence(make: Callable[..., Message]) -> Mapped:
    return Mapped(
        subject=lambda event: event.licence.id,
        journey=lambda event: event.licence.journey,
        message=lambda event: make(licence=licence_message(event.licence)),
    )


def _step_returned(event: domain.StepReturned) -> Message:
    return events_pb2.StepReturned(
        case=case_message(event.case), step_key=event.step_key, reason=event.reason, on_behalf_of=event.on_behalf_of
    )


def _hearing_limit(event: domain.HearingLimitReached) -> Message:
    return events_pb2.HearingLimitReached(case=case_message(event.case), step_key=event.step_key, limit=event.limit)


def _step_came_back(event: domain.StepCameBack) -> Message:
    return events_pb2.StepCameBack(case=case_message(event.case), step_key=event.step_key, reason=event.reason)


def _deadline_recomputed(event: domain.DeadlineRecomputed) -> Message:
    return events_pb2.DeadlineRecomputed(
        case=case_message(event.case), old_due_at=to_timestamp(event.old_due_at), reason=event.reason
    )


def _result_undelivered(event: domain.ResultUndelivered) -> Message:
    return events_pb2.ResultUndelivered(case=case_message(event.case), reason=event.reason)


def _reprinted(event: domain.CasePaperReprinted) -> Message:
    return events_pb2.CasePaperReprinted(
        case_id=event.case_id,
        center_id=event.center_id,
        paper_id=event.paper_id,
        title=event.title,
        number=event.number,
        copy=event.copy,
        reason=event.reason,
    )


TABLE: Final[Mapping[type, Mapped]] = {
    domain.CaseOpened: _whole(events_pb2.CaseOpened),
    domain.StepClaimed: _at_step(events_pb2.StepClaimed),
    domain.StepReleased: _on_step(events_pb2.StepReleased),
    domain.StepPassed: _on_step(events_pb2.StepPassed),
    domain.StepReturned: _of_case(_step_returned),
    domain.StepRejected: _on_step(events_pb2.StepRejected),
    domain.StaffRecused: _whole(events_pb2.StaffRecused),
    domain.RecusalDecided: _whole(events_pb2.RecusalDecided),
    domain.NoteAdded: _whole(events_pb2.NoteAdded),
    domain.ColleagueAsked: _at_step(events_pb2.ColleagueAsked),
    domain.QuestionAnswered: _at_step(events_pb2.QuestionAnswered),
    domain.HearingPlanned: _on_step(events_pb2.HearingPlanned),
    domain.HearingLimitReached: _of_case(_hearing_limit),
    domain.StepSigned: _at_step(events_pb2.StepSigned),
    domain.StepRecorded: _on_step(events_pb2.StepRecorded),
    domain.PartSettled: _at_step(events_pb2.PartSettled),
    domain.StepSentElsewhere: _at_step(events_pb2.StepSentElsewhere),
    domain.StepAnsweredElsewhere: _at_step(events_pb2.StepAnsweredElsewhere),
    domain.StepCameBack: _of_case(_step_came_back),
    domain.CasePaused: _in_charge(events_pb2.CasePaused),
    domain.CaseResumed: _in_charge(events_pb2.CaseResumed),
    domain.ExtensionRequested: _in_charge(events_pb2.ExtensionRequested),
    domain.CaseExtended: _in_charge(events_pb2.CaseExtended),
    domain.ExtensionRefused: _whole(events_pb2.ExtensionRefused),
    domain.DeadlineRecomputed: _of_case(_deadline_recomputed),
    domain.RenewalApplied: _whole(events_pb2.RenewalApplied),
    domain.RenewalDeemed: _whole(events_pb2.RenewalDeemed),
    licences.LicenceExpiring: _of_licence(events_pb2.LicenceExpiring),
    licences.LicenceContinued: _of_licence(events_pb2.LicenceContinued),
    licences.LicenceExpired: _of_licence(events_pb2.LicenceExpired),
    domain.CaseDecided: _in_charge(events_pb2.CaseDecided),
    domain.ResultIssued: _whole(events_pb2.ResultIssued),
    domain.ResultDelivered: _whole(events_pb2.ResultDelivered),
    domain.ResultEnded: _whole(events_pb2.ResultEnded),
    domain.ResultUndelivered: _of_case(_result_undelivered),
    domain.CasePaperReprinted: Mapped(
        subject=lambda event: event.case_id, journey=lambda event: event.journey, message=_reprinted
    ),
}


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────


def subscriptions(office: Office) -> list[Subscription]:
    """What the service listens to besides catalog's reference data."""

    def application_accepted(delivery: Delivery) -> None:
        message = delivery.read(intake.ApplicationAccepted)
        open_case(office=office, call=delivery.call, application=_accepted(message.application), mark=delivery.mark())

    def handed_over(delivery: Delivery) -> None:
        message = delivery.read(federation.CrossingHandOverArrived)
        deliver_elsewhere(
            office=office,
            call=delivery.call,
            case_id=message.crossing.application_id,
            received_by=message.received_by,
            mark=delivery.mark(),
        )

    def answered_elsewhere(delivery: Delivery) -> None:
        message = delivery.read(federation.CaseStepAnswered)
        sending.take_answer(
            office=office,
            call=delivery.call,
            case_id=message.case_id,
            step_key=message.step_key,
            round=message.round,
            said=_said(message),
            mark=delivery.mark(),
        )

    def came_back(delivery: Delivery) -> None:
        message = delivery.read(federation.CaseStepReturned)
        sending.take_back(
            office=office,
            call=delivery.call,
            case_id=message.case_id,
            step_key=message.step_key,
            round=message.round,
            reason=message.reason,
            mark=delivery.mark(),
        )

    def renewal_applied_for(delivery: Delivery) -> None:
        application = _accepted(delivery.read(intake.ApplicationAccepted).application)
        apply_for_renewal(office=office, call=delivery.call, application=application, mark=delivery.mark())

    def result_issued(delivery: Delivery) -> None:
        keep_licence(office=office, call=delivery.call, case_id=delivery.event.subject)

    def result_ended(delivery: Delivery) -> None:
        end_licence(office=office, call=delivery.call, case_id=delivery.event.subject)

    def case_decided(delivery: Delivery) -> None:
        refuse_renewal(office=office, call=delivery.call, case_id=delivery.event.subject)

    def bill_paid(delivery: Delivery) -> None:
        bill = delivery.read(fees.BillPaid).bill
        settle_bill(office=office, call=delivery.call, case_id=bill.id, mark=delivery.mark())

    def bill_waived(delivery: Delivery) -> None:
        bill = delivery.read(fees.BillWaived).bill
        settle_bill(office=office, call=delivery.call, case_id=bill.id, mark=delivery.mark())

    def case_changed(delivery: Delivery) -> None:
        keep_tasks(office=office, call=delivery.call, case_id=delivery.event.subject)

    return [
        Subscription(
            "approval_routing.crossings",
            [topic_of("federation")],
            {
                event_type("federation", "CrossingHandOverArrived"): handed_over,
                event_type("federation", "CaseStepAnswered"): answered_elsewhere,
                event_type("federation", "CaseStepReturned"): came_back,
            },
        ),
        Subscription(
            "approval_routing.cases",
            [topic_of("intake")],
            {event_type("intake", "ApplicationAccepted"): application_accepted},
        ),
        recounting(office).subscription(),
        Subscription(
            "approval_routing.licences",
            [topic_of("intake"), topic_of("approval_routing")],
            {
                event_type("intake", "ApplicationAccepted"): renewal_applied_for,
                event_type("approval_routing", "ResultIssued"): result_issued,
                event_type("approval_routing", "ResultEnded"): result_ended,
                event_type("approval_routing", "CaseDecided"): case_decided,
            },
        ),
        Subscription(
            "approval_routing.fees",
            [topic_of("fees")],
            {event_type("fees", "BillPaid"): bill_paid, event_type("fees", "BillWaived"): bill_waived},
        ),
        Subscription("approval_routing.tasks", [topic_of("approval_routing")], {}, any_event=case_changed),
    ]


def _accepted(application: intake_messages.Application) -> AcceptedApplication:
    applicant = application.applicant
    return AcceptedApplication(
        id=application.id,
        number=application.number,
        center_id=application.center_id,
        item_id=application.item_id,
        item_version=application.item_version,
        item_name=application.item_name,
        department_key=application.department_key,
        item_kind=application.item_kind,
        accepted_at=from_timestamp(application.accepted_at),
        applicant_masked=f"{applicant.name}（{applicant.id_number}）" if applicant.id_number else applicant.name,
        journey=application.journey,
        code=application.code,
        delivery=_DELIVERIES.get(application.delivery, "window"),
        responsible_staff_id=application.responsible_staff_id,
        responsible_staff_name=application.responsible_staff_name,
        ticket_id=application.ticket_id,
        window_number=application.window_number,
        answers=_answers(application),
        received_at=from_timestamp(application.received_at) if application.HasField("received_at") else None,
    )


def _answers(application: intake_messages.Application) -> dict[str, tuple[str, ...]]:
    """What the applicant answered, by question or field of the form; a repeated group has no answer of its own."""
    try:
        said = json.loads(application.form_json or "{}")
    except ValueError:
        said = {}
    found = {name: _said_values(value) for name, value in said.items()} if isinstance(said, dict) else {}
    return found | {each.question: (each.option,) for each in application.situation}


def _said_values(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(one for each in value for one in _said_values(each))
    if isinstance(value, bool):
        return ("true" if value else "false",)
    return (str(value),) if isinstance(value, str | int | float) else ()


def _said(message: federation.CaseStepAnswered) -> ElsewhereAnswer:
    return ElsewhereAnswer(
        outcome=_OUTCOMES[message.outcome],
        site=message.site,
        answered_by=message.answered_by,
        answered_at=from_timestamp(message.answered_at),
        opinion=message.opinion,
        basis=message.basis,
        rights=message.rights,
        number=message.number,
    )
