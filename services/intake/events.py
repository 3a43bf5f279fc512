"""Events out, and what intake listens to: applications that other places sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from kit.consumer import Delivery, Handler, Subscription
from kit.events import Mapped, event_type, topic_of
from kit.timestamps import to_timestamp
from services.intake.domain import events as domain
from services.intake.domain import keeping_events as keeping
from services.intake.domain.application import Applicant, DeliveryMethod
from services.intake.domain.material import Upload
from services.intake.handlers import bundles, elsewhere, handing_on, transferring
from services.intake.handlers.desk import Desk
from services.intake.handlers.elsewhere import Brought
from services.intake.keeping_protos import bundle_message, line_message, list_message
from services.intake.preparation_protos import report_message
from services.intake.protos import applicant_message, application_message
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.federation.v1 import crossing_events_pb2 as changes
from tongban.federation.v1 import events_pb2 as federation
from tongban.federation.v1 import messages_pb2 as federation_messages
from tongban.intake.v1 import events_pb2


def _of_application(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(
        subject=lambda event: event.application.id, journey=lambda event: event.application.journey, message=message
    )


def _whole(make: Callable[..., Message]) -> Mapped:
    """An event that holds the application and nothing else."""
    return _of_application(lambda event: make(application=application_message(event.application, event=True)))


def _of_report(make: Callable[..., Message]) -> Mapped:
    """An event that holds a report of a denial and nothing else."""
    return Mapped(
        subject=lambda event: event.report.id,
        journey=lambda event: event.report.journey,
        message=lambda event: make(report=report_message(event.report)),
    )


def _of_list(make: Callable[..., Message]) -> Mapped:
    """An event that holds a list of papers and nothing else; it has the cases of many visits."""
    return Mapped(
        subject=lambda event: event.list.id,
        journey=lambda event: "",
        message=lambda event: make(list=list_message(event.list)),
    )


def _of_bundle(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(subject=lambda event: event.bundle.id, journey=lambda event: event.bundle.journey, message=message)


def _papers(make: Callable[..., Message]) -> Mapped:
    """An event that holds the papers of an application and nothing else."""
    return _of_bundle(lambda event: make(bundle=bundle_message(event.bundle)))


def _papers_handed_over(event: keeping.PapersHandedOver) -> Message:
    made = event.list
    return events_pb2.PapersHandedOver(
        bundle=bundle_message(event.bundle),
        list_id=made.id,
        list_number=made.number,
        given_by=made.given_by.name if made.given_by is not None else "",
        received_by=made.received_by.name if made.received_by is not None else "",
        lines=[line_message(line) for line in made.lines_of(event.bundle.id)],
    )


def _draft_opened(event: domain.DraftOpened) -> Message:
    return events_pb2.DraftOpened(draft_id=event.draft.id, center_id=event.draft.center_id, item_id=event.draft.item_id)


def _material_recorded(event: domain.MaterialRecorded) -> Message:
    return events_pb2.MaterialRecorded(
        application=application_message(event.application, event=True), material_key=event.material_key
    )


def _material_reused(event: domain.MaterialReused) -> Message:
    return events_pb2.MaterialReused(
        application=application_message(event.application, event=True), material_key=event.material_key
    )


def _reuse_ended(event: domain.MaterialReuseEnded) -> Message:
    return events_pb2.MaterialReuseEnded(
        application=application_message(event.application, event=True),
        material_key=event.material_key,
        reason=event.reason,
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


def _supplement_not_taken(event: domain.SupplementNotTaken) -> Message:
    return events_pb2.SupplementNotTaken(
        application=application_message(event.application, event=True), code=event.code, reason=event.reason
    )


def _held(event: domain.ApplicationHeld) -> Message:
    return events_pb2.ApplicationHeld(
        application=application_message(event.application, event=True), offer_id=event.offer_id
    )


def _not_held(event: domain.ApplicationNotHeld) -> Message:
    return events_pb2.ApplicationNotHeld(
        application=application_message(event.application, event=True),
        offer_id=event.offer_id,
        code=event.code,
        reason=event.reason,
    )


def _transferred(event: domain.ApplicationTransferred) -> Message:
    return events_pb2.ApplicationTransferred(
        application=application_message(event.application, event=True), to_site=event.to_site
    )


def _further_permitted(event: domain.FurtherNoticePermitted) -> Message:
    return events_pb2.FurtherNoticePermitted(
        application=application_message(event.application, event=True), reason=event.reason
    )


def _promise_repaired(event: domain.PromiseRepaired) -> Message:
    return events_pb2.PromiseRepaired(
        application=application_message(event.application, event=True), reason=event.reason
    )


def _breach_repaired(event: domain.BreachRepaired) -> Message:
    return events_pb2.BreachRepaired(
        application=application_message(event.application, event=True), reason=event.reason
    )


def _applicant_shown(event: domain.ApplicantShown) -> Message:
    return events_pb2.ApplicantShown(
        application_id=event.application_id, center_id=event.center_id, purpose=event.purpose
    )


def _reprinted(event: domain.PaperReprinted) -> Message:
    return events_pb2.PaperReprinted(
        case_id=event.case_id,
        center_id=event.center_id,
        paper_id=event.paper_id,
        title=event.title,
        number=event.number,
        copy=event.copy,
        reason=event.reason,
    )


def _handed_on(event: domain.ApplicationHandedOn) -> Message:
    return events_pb2.ApplicationHandedOn(
        application=application_message(event.application, event=True),
        applicant=applicant_message(event.application.applicant),
        sent=approval.StepSentElsewhere.FromString(event.sent),
    )


TABLE: Final[Mapping[type, Mapped]] = {
    domain.ApplicationReceived: _whole(events_pb2.ApplicationReceived),
    domain.MaterialRecorded: _of_application(_material_recorded),
    domain.MaterialReused: _of_application(_material_reused),
    domain.MaterialReuseEnded: _of_application(_reuse_ended),
    domain.ApplicationAccepted: _of_application(_application_accepted),
    domain.SupplementRequested: _whole(events_pb2.SupplementRequested),
    domain.SupplementHandedIn: _whole(events_pb2.SupplementHandedIn),
    domain.SupplementNotTaken: _of_application(_supplement_not_taken),
    domain.ApplicationRefused: _whole(events_pb2.ApplicationRefused),
    domain.ApplicationWithdrawn: _whole(events_pb2.ApplicationWithdrawn),
    domain.ApplicationHeld: _of_application(_held),
    domain.ApplicationNotHeld: _of_application(_not_held),
    domain.ApplicationReleased: _whole(events_pb2.ApplicationReleased),
    domain.ApplicationTransferred: _of_application(_transferred),
    domain.ApplicationDeadlineRecomputed: _of_application(_deadline_recomputed),
    domain.ApplicationHandedOn: _of_application(_handed_on),
    domain.FurtherNoticePermitted: _of_application(_further_permitted),
    domain.OwedMaterialHandedIn: _whole(events_pb2.OwedMaterialHandedIn),
    domain.PromiseReminded: _whole(events_pb2.PromiseReminded),
    domain.PromiseLapsed: _whole(events_pb2.PromiseLapsed),
    domain.PromiseRepaired: _of_application(_promise_repaired),
    domain.CommitmentOffered: _whole(events_pb2.CommitmentOffered),
    domain.CommitmentDeclined: _whole(events_pb2.CommitmentDeclined),
    domain.CommitmentSigned: _whole(events_pb2.CommitmentSigned),
    domain.CommitmentVerified: _whole(events_pb2.CommitmentVerified),
    domain.CommitmentOverdue: _whole(events_pb2.CommitmentOverdue),
    domain.BreachRecorded: _whole(events_pb2.BreachRecorded),
    domain.BreachAppealed: _whole(events_pb2.BreachAppealed),
    domain.BreachRuledOn: _whole(events_pb2.BreachRuledOn),
    domain.BreachRepaired: _of_application(_breach_repaired),
    domain.DraftOpened: Mapped(
        subject=lambda event: event.draft.id, journey=lambda event: event.draft.journey, message=_draft_opened
    ),
    domain.DenialReported: _of_report(events_pb2.DenialReported),
    domain.DenialReportAnswered: _of_report(events_pb2.DenialReportAnswered),
    keeping.PaperListGiven: _of_list(events_pb2.PaperListGiven),
    keeping.PaperListReceived: _of_list(events_pb2.PaperListReceived),
    keeping.PaperListSettled: _of_list(events_pb2.PaperListSettled),
    keeping.PaperListWithdrawn: _of_list(events_pb2.PaperListWithdrawn),
    keeping.PapersHandedOver: _of_bundle(_papers_handed_over),
    keeping.PapersNotHandedOver: _papers(events_pb2.PapersNotHandedOver),
    keeping.PapersLeft: _papers(events_pb2.PapersLeft),
    keeping.LeftPapersReminded: _papers(events_pb2.LeftPapersReminded),
    keeping.LeftPapersFetched: _papers(events_pb2.LeftPapersFetched),
    domain.PaperReprinted: Mapped(
        subject=lambda event: event.case_id, journey=lambda event: event.journey, message=_reprinted
    ),
    domain.OriginalsReturned: _whole(events_pb2.OriginalsReturned),
    domain.ApplicantShown: Mapped(
        subject=lambda event: event.application_id, journey=lambda event: event.journey, message=_applicant_shown
    ),
}


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────


#: Events after which other papers may lie at the window than before.
_COLLECTING: Final = (
    "ApplicationAccepted",
    "ApplicationRefused",
    "ApplicationWithdrawn",
    "MaterialRecorded",
    "OwedMaterialHandedIn",
    "OriginalsReturned",
)


def subscriptions(desk: Desk) -> list[Subscription]:
    """What came from other places (rules P01, P03), and cases that go on to them (rules F01, P01)."""

    def arrived(delivery: Delivery) -> None:
        message = delivery.read(federation.CrossingArrived)
        crossing, applicant = message.crossing, message.applicant
        elsewhere.receive_from_elsewhere(
            desk=desk,
            call=delivery.call,
            crossing_id=crossing.id,
            center_id=crossing.center_id,
            item_id=crossing.item_id,
            journey=crossing.journey,
            code=crossing.code,
            collected_by=f"{crossing.collecting_center_name}（{crossing.peer_site}）",
            applicant=Applicant(
                name=applicant.name,
                id_type=applicant.id_type,
                id_number=applicant.id_number,
                phone=applicant.phone,
                address=applicant.address,
                agent_name=applicant.agent_name,
            ),
            brought=[_brought(each) for each in crossing.materials],
            delivery=DeliveryMethod(crossing.delivery),
            form_json=message.form_json,
            mark=delivery.mark(),
        )

    def supplemented(delivery: Delivery) -> None:
        message = delivery.read(federation.CrossingSupplementArrived)
        elsewhere.supplement_from_elsewhere(
            desk=desk,
            call=delivery.call,
            crossing_id=message.crossing.id,
            brought=[_brought(each) for each in message.materials],
            mark=delivery.mark(),
        )

    def withdrawn(delivery: Delivery) -> None:
        message = delivery.read(federation.CrossingWithdrawalArrived)
        elsewhere.withdraw_from_elsewhere(
            desk=desk,
            call=delivery.call,
            crossing_id=message.crossing.id,
            reason=message.reason,
            mark=delivery.mark(),
        )

    def offered(delivery: Delivery) -> None:
        crossing = delivery.read(changes.CrossingOffered).crossing
        transferring.hold_for_offer(
            desk=desk,
            call=delivery.call,
            crossing_id=crossing.id,
            offer_id=crossing.ownership.offer.id,
            mark=delivery.mark(),
        )

    def offer_returned(delivery: Delivery) -> None:
        message = delivery.read(changes.CrossingOfferReturned)
        transferring.release_from_offer(
            desk=desk,
            call=delivery.call,
            crossing_id=message.crossing.id,
            offer_id=message.offer_id,
            mark=delivery.mark(),
        )

    def handed_away(delivery: Delivery) -> None:
        crossing = delivery.read(changes.CrossingHandedAway).crossing
        transferring.transfer(
            desk=desk,
            call=delivery.call,
            crossing_id=crossing.id,
            to_site=crossing.ownership.owner,
            mark=delivery.mark(),
        )

    def sent_elsewhere(delivery: Delivery) -> None:
        message = delivery.read(approval.StepSentElsewhere)
        handing_on.hand_on(
            desk=desk,
            call=delivery.call,
            application_id=message.case.id,
            sent=delivery.event.data,
            mark=delivery.mark(),
        )

    def papers_changed(delivery: Delivery) -> None:
        bundles.follow_papers(desk=desk, call=delivery.call, application_id=delivery.event.subject)

    def papers_fetched(delivery: Delivery) -> None:
        bundles.count_fetched(
            desk=desk, call=delivery.call, application_id=delivery.event.subject, mark=delivery.mark()
        )

    collecting: dict[str, Handler] = {event_type("intake", name): papers_changed for name in _COLLECTING}
    return [
        Subscription(
            "intake.papers",
            [topic_of("intake")],
            {**collecting, event_type("intake", "LeftPapersFetched"): papers_fetched},
        ),
        Subscription(
            "intake.cases",
            [topic_of("approval_routing")],
            {event_type("approval_routing", "StepSentElsewhere"): sent_elsewhere},
        ),
        Subscription(
            "intake.crossings",
            [topic_of("federation")],
            {
                event_type("federation", "CrossingArrived"): arrived,
                event_type("federation", "CrossingSupplementArrived"): supplemented,
                event_type("federation", "CrossingWithdrawalArrived"): withdrawn,
                event_type("federation", "CrossingOffered"): offered,
                event_type("federation", "CrossingOfferReturned"): offer_returned,
                event_type("federation", "CrossingHandedAway"): handed_away,
            },
        ),
    ]


def _brought(material: federation_messages.CollectedMaterial) -> Brought:
    return Brought(
        key=material.key,
        name=material.name,
        uploads=tuple(Upload(each.sha256, each.filename, each.media_type, each.size) for each in material.scans),
        originals=material.originals,
        copies=material.copies,
    )
