"""What federation listens to: relay's letters, and what this site's intake and approval say of what came from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kit.consumer import Delivery, Subscription
from kit.events import event_type, topic_of
from kit.timestamps import from_timestamp
from services.federation.domain.letters import File, IncomingLetter
from services.federation.events.pictures import application_picture, case_picture, supplement_refused
from services.federation.handlers import agreements, arriving, following, handing_over, handling, letters
from services.federation.handlers.desk import Desk
from services.federation.handlers.letters import Settled, Settler, Taker
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.intake.v1 import events_pb2 as intake
from tongban.relay.v1 import events_pb2 as relay
from tongban.relay.v1 import messages_pb2 as relay_messages

#: What is done with each type of letter.
TAKERS: Final[Mapping[str, Taker]] = {**agreements.LETTERS, **arriving.LETTERS, **following.LETTERS}
#: Who wants to know what became of a letter, by its type's first word.
SETTLERS: Final[Mapping[str, Settler]] = {"agreement": agreements.settle, "crossing": following.settle}

_SETTLEMENTS: Final = {
    relay_messages.SETTLEMENT_DELIVERED: "delivered",
    relay_messages.SETTLEMENT_READ: "read",
    relay_messages.SETTLEMENT_ACTED_ON: "acted_on",
    relay_messages.SETTLEMENT_REFUSED: "refused",
    relay_messages.SETTLEMENT_EXPIRED: "expired",
    relay_messages.SETTLEMENT_SET_ASIDE: "set_aside",
}
_OF_APPLICATIONS: Final = (
    "ApplicationReceived",
    "SupplementRequested",
    "SupplementHandedIn",
    "ApplicationAccepted",
    "ApplicationRefused",
    "ApplicationWithdrawn",
    "ApplicationDeadlineRecomputed",
    "ApplicationReleased",
)
_OF_CASES: Final = (
    "CaseOpened",
    "StepSentElsewhere",
    "StepAnsweredElsewhere",
    "StepCameBack",
    "CasePaused",
    "CaseResumed",
    "DeadlineRecomputed",
    "CaseDecided",
    "ResultIssued",
    "ResultDelivered",
    "ResultUndelivered",
)


def subscriptions(
    desk: Desk, takers: Mapping[str, Taker] = TAKERS, settlers: Mapping[str, Settler] = SETTLERS
) -> list[Subscription]:
    """Letters in one group, this site's own cases in another."""

    def arrived(delivery: Delivery) -> None:
        letter = incoming_letter(delivery.read(relay.LetterArrived).letter)
        letters.take_letter(desk=desk, call=delivery.call, letter=letter, mark=delivery.mark(), takers=takers)

    def settled(delivery: Delivery) -> None:
        said = delivery.read(relay.LetterSettled)
        happened = Settled(
            letter_id=said.letter_id,
            type=said.type,
            journey=said.journey,
            settlement=_SETTLEMENTS.get(said.settlement, ""),
            code=said.code,
            message=said.message,
            by=said.by,
            at=from_timestamp(said.at),
        )
        letters.settle_letter(desk=desk, call=delivery.call, settled=happened, mark=delivery.mark(), settlers=settlers)

    def application_changed(delivery: Delivery) -> None:
        name = _name(delivery, _OF_APPLICATIONS, "intake")
        message = delivery.read(getattr(intake, name))
        application = message.application
        if application.crossing_id:
            seen = application_picture(application, handed_in=name == "SupplementHandedIn")
            handling.follow_application(
                desk=desk,
                call=delivery.call,
                crossing_id=application.crossing_id,
                seen=seen,
                mark=delivery.mark(),
            )

    def supplement_not_taken(delivery: Delivery) -> None:
        message = delivery.read(intake.SupplementNotTaken)
        handling.follow_application(
            desk=desk,
            call=delivery.call,
            crossing_id=message.application.crossing_id,
            seen=supplement_refused(message),
            mark=delivery.mark(),
        )

    def application_held(delivery: Delivery) -> None:
        message = delivery.read(intake.ApplicationHeld)
        handing_over.ask_other_site(
            desk=desk,
            call=delivery.call,
            crossing_id=message.application.crossing_id,
            offer_id=message.offer_id,
            mark=delivery.mark(),
        )

    def application_not_held(delivery: Delivery) -> None:
        message = delivery.read(intake.ApplicationNotHeld)
        handing_over.came_back(
            desk=desk,
            call=delivery.call,
            crossing_id=message.application.crossing_id,
            offer_id=message.offer_id,
            reason=message.reason,
            mark=delivery.mark(),
        )

    def case_changed(delivery: Delivery) -> None:
        message = delivery.read(getattr(approval, _name(delivery, _OF_CASES, "approval_routing")))
        handling.follow_case(desk=desk, call=delivery.call, seen=case_picture(message.case), mark=delivery.mark())

    return [
        Subscription(
            "federation.letters",
            [topic_of("relay")],
            {event_type("relay", "LetterArrived"): arrived, event_type("relay", "LetterSettled"): settled},
        ),
        Subscription(
            "federation.cases",
            [topic_of("intake"), topic_of("approval_routing")],
            {
                **{event_type("intake", name): application_changed for name in _OF_APPLICATIONS},
                event_type("intake", "SupplementNotTaken"): supplement_not_taken,
                event_type("intake", "ApplicationHeld"): application_held,
                event_type("intake", "ApplicationNotHeld"): application_not_held,
                **{event_type("approval_routing", name): case_changed for name in _OF_CASES},
            },
        ),
    ]


def incoming_letter(letter: relay_messages.Letter) -> IncomingLetter:
    """A letter that relay verified; its files are named by what they are, not by how they travelled."""
    return IncomingLetter(
        id=letter.id,
        origin=letter.origin,
        type=letter.type,
        type_version=letter.type_version,
        journey=letter.journey,
        payload=letter.payload,
        created_at=from_timestamp(letter.created_at),
        in_reply_to=letter.in_reply_to,
        files=tuple(
            File(each.plain_sha256 or each.sha256, each.filename, each.media_type, each.size)
            for each in letter.attachments
        ),
    )


def _name(delivery: Delivery, names: tuple[str, ...], service: str) -> str:
    return next(name for name in names if event_type(service, name) == delivery.event.type)
