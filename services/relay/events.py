"""Events out with their messages, and what relay listens to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kit.consumer import Delivery, Subscription
from kit.errors import Invalid
from kit.events import Mapped, event_type, topic_of
from kit.timestamps import to_timestamp
from services.relay.cards import approval_message, change_messages, link_message
from services.relay.domain.events import LetterArrived, LetterSettled, LinkReanchored, RouteChanged
from services.relay.domain.files import Wish
from services.relay.domain.history import HistoryExported
from services.relay.domain.known_site import CardLearned
from services.relay.domain.link import LinkChanged
from services.relay.domain.register import Settlement
from services.relay.handlers.desk import Desk
from services.relay.handlers.outgoing import post, post_all
from services.relay.handlers.receipts import settle_letter
from services.relay.protos import SETTLEMENTS, letter_message, letter_of
from tongban.federation.v1 import crossing_events_pb2
from tongban.federation.v1 import events_pb2 as federation_events
from tongban.federation.v1 import messages_pb2 as federation_messages
from tongban.relay.v1 import events_pb2

#: What federation may say of a letter that came; all else relay knows itself.
_ANSWERS: Final = (Settlement.READ, Settlement.ACTED_ON, Settlement.REFUSED)


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _arrived(event: LetterArrived) -> events_pb2.LetterArrived:
    return events_pb2.LetterArrived(
        letter=letter_message(event.letter), link=event.link, received_at=to_timestamp(event.received_at)
    )


def _settled(event: LetterSettled) -> events_pb2.LetterSettled:
    settled = event.settled
    return events_pb2.LetterSettled(
        letter_id=event.letter_id,
        journey=event.journey,
        settlement=SETTLEMENTS[settled.settlement],
        code=settled.code,
        by=settled.by,
        at=to_timestamp(settled.at),
        message=settled.message,
        type=event.type,
        destination=event.destination,
    )


def _link_changed(event: LinkChanged) -> events_pb2.LinkChanged:
    return events_pb2.LinkChanged(link=link_message(event.link), change=change_messages(event.link)[-1])


def _card_learned(event: CardLearned) -> events_pb2.CardLearned:
    card = event.card
    return events_pb2.CardLearned(
        site=card.site,
        name=card.name,
        serial=card.serial,
        fingerprint=card.fingerprint(),
        introduced_by=event.introduced_by,
        link=event.link,
    )


def _route_changed(event: RouteChanged) -> events_pb2.RouteChanged:
    return events_pb2.RouteChanged(
        pattern=event.pattern, link_id=event.link, former_link_id=event.former, by=approval_message(event.by)
    )


def _reanchored(event: LinkReanchored) -> events_pb2.LinkReanchored:
    return events_pb2.LinkReanchored(
        link_id=event.link,
        peer=event.peer,
        from_site=event.from_site,
        sequence=event.sequence,
        ours=approval_message(event.ours),
        theirs=approval_message(event.theirs),
        set_aside=event.set_aside,
    )


TABLE: Final = {
    # By journey, so that what belongs together stays in its order on a bus in parts, too.
    LetterArrived: Mapped(
        subject=lambda event: event.letter.journey or event.letter.id,
        journey=lambda event: event.letter.journey,
        message=_arrived,
    ),
    LetterSettled: Mapped(
        subject=lambda event: event.journey or event.letter_id, journey=lambda event: event.journey, message=_settled
    ),
    LinkChanged: Mapped(subject=lambda event: event.link.id, journey=lambda event: "", message=_link_changed),
    HistoryExported: Mapped(
        subject=lambda event: event.id,
        journey=lambda event: event.journey,
        message=lambda event: events_pb2.HistoryExported(
            journey=event.journey, by=event.by, actor_id=event.actor_id, reason=event.reason, how=event.how
        ),
    ),
    RouteChanged: Mapped(subject=lambda event: event.pattern, journey=lambda event: "", message=_route_changed),
    LinkReanchored: Mapped(subject=lambda event: event.link, journey=lambda event: "", message=_reanchored),
    CardLearned: Mapped(subject=lambda event: event.card.site, journey=lambda event: "", message=_card_learned),
}


_WISHES: Final = {
    federation_messages.SEALING_WHERE_POSSIBLE: Wish.WHERE_POSSIBLE,
    federation_messages.SEALING_REQUIRED: Wish.REQUIRED,
}


def _wish(posted: federation_events.LetterPosted) -> Wish:
    """What the two ends have agreed on of a letter's files."""
    return _WISHES.get(posted.sealing, Wish.NONE)


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def subscriptions(desk: Desk) -> list[Subscription]:
    """Letters that the site posts, and what became of those that came."""

    def post_letter(delivery: Delivery) -> None:
        posted = delivery.read(federation_events.LetterPosted)
        letter = replace(letter_of(posted.letter), id=delivery.event.id)
        post(desk=desk, call=delivery.call, letter=letter, mark=delivery.mark(), wish=_wish(posted))

    def post_letters(deliveries: Sequence[Delivery]) -> None:
        posted = [each.read(federation_events.LetterPosted) for each in deliveries]
        letters = [
            replace(letter_of(one.letter), id=each.event.id) for one, each in zip(posted, deliveries, strict=True)
        ]
        marks = [each.mark() for each in deliveries]
        post_all(
            desk=desk, call=deliveries[0].call, letters=letters, marks=marks, wishes=[_wish(each) for each in posted]
        )

    def answer_letter(delivery: Delivery) -> None:
        answered = delivery.read(federation_events.LetterAnswered)
        settlement = next((each for each in _ANSWERS if each.value == answered.settlement), None)
        if settlement is None:
            raise Invalid("settlement_unknown", "不认识的函件处理结果。", settlement=answered.settlement[:40])
        settle_letter(
            desk=desk,
            call=delivery.call,
            letter_id=answered.letter_id,
            settlement=settlement,
            code=answered.code,
            message=answered.note,
        )

    def let_go_of_files(delivery: Delivery) -> None:
        said = delivery.read(crossing_events_pb2.CrossingFilesDiscarded)
        for letter_id in said.letter_ids:
            desk.files.let_go(delivery.call, letter_id, said.files)

    return [
        Subscription(
            "relay.letters",
            (topic_of("federation"),),
            {
                event_type("federation", "LetterPosted"): post_letter,
                event_type("federation", "LetterAnswered"): answer_letter,
                event_type("federation", "CrossingFilesDiscarded"): let_go_of_files,
            },
            together={event_type("federation", "LetterPosted"): post_letters},
        )
    ]
