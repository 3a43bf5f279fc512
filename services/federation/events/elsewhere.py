"""Cases of this site that come to a step of other sites, as intake and approval_routing tell of them."""

from __future__ import annotations

from typing import Final

from kit.consumer import Delivery, Subscription
from kit.events import event_type, topic_of
from kit.timestamps import from_timestamp
from services.federation.domain.parts import Applicant, HandedIn, Place
from services.federation.domain.sent_up import AcceptedCase
from services.federation.handlers import elsewhere
from services.federation.handlers.elsewhere import Asked, HandedOn
from services.federation.handlers.room import Room
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import messages_pb2 as approval_messages
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import messages_pb2 as intake_messages

_DONE: Final = (approval_messages.STEP_STATE_PASSED, approval_messages.STEP_STATE_REJECTED)


def subscription(room: Room) -> Subscription:
    """Steps that other sites do: their parts are opened, and closed when their answer was used."""

    def handed_on(delivery: Delivery) -> None:
        message = delivery.read(intake.ApplicationHandedOn)
        step = _step(message.sent)
        open_there = (
            elsewhere.send_up if step.elsewhere.kind == catalog.ELSEWHERE_KIND_SENT_UP else elsewhere.ask_places
        )
        open_there(room=room, call=delivery.call, handed=_handed_on(message, step), mark=delivery.mark())

    def answered(delivery: Delivery) -> None:
        message = delivery.read(approval.StepAnsweredElsewhere)
        elsewhere.close_used(
            room=room,
            call=delivery.call,
            case_id=message.case.id,
            step_key=message.step_key,
            mark=delivery.mark(),
        )

    return Subscription(
        "federation.elsewhere",
        [topic_of("intake"), topic_of("approval_routing")],
        {
            event_type("intake", "ApplicationHandedOn"): handed_on,
            event_type("approval_routing", "StepAnsweredElsewhere"): answered,
        },
    )


def _step(sent: approval.StepSentElsewhere) -> approval_messages.CaseStep:
    return next(step for step in sent.case.steps if step.key == sent.step_key)


def _handed_on(message: intake.ApplicationHandedOn, step: approval_messages.CaseStep) -> HandedOn:
    case, who = message.sent.case, message.applicant
    before = [each for each in case.steps[: list(case.steps).index(step)] if each.state in _DONE]
    return HandedOn(
        case=AcceptedCase(
            case.id,
            case.number,
            case.item_name,
            case.journey,
            Applicant(who.name, who.id_number, who.phone),
            tuple(paper for material in message.application.materials for paper in _papers(material)),
            from_timestamp(case.accepted_at),
        ),
        step_key=step.key,
        round=step.round,
        center_id=case.center_id,
        department_key=step.department_key,
        places=tuple(Asked(_place(each), each.title or step.name, each.days) for each in step.elsewhere.places),
        opinion=before[-1].opinion if before else "",
        sent_by=before[-1].assignee_name if before else "",
    )


def _place(place: catalog.ElsewherePlace) -> Place:
    """Where it goes; a site's own center bears the code of its division."""
    return Place(place.site, place.center_id or place.site.partition(".")[0], place.department_key)


def _papers(material: intake_messages.ApplicationMaterial) -> list[HandedIn]:
    """A material that was handed in: each of its files, the first under its own key; or its name, where it has none."""
    if material.state != intake_messages.MATERIAL_STATE_HANDED_IN and not material.uploads:
        return []
    return [
        HandedIn(
            material.key if not number else f"{material.key}.{number + 1}",
            material.name,
            upload.sha256,
            upload.size,
            upload.media_type,
            upload.filename,
        )
        for number, upload in enumerate(material.uploads)
    ] or [HandedIn(material.key, material.name)]
