"""What supervision listens to: every event for journeys, clocks for watches, its own for cards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from kit.consumer import Delivery, Handler, Subscription
from kit.events import event_type, topic_of
from kit.store.port import AlreadyApplied, Mark
from reference.recounting import subscription_of
from services.supervision import handlers
from services.supervision.domain.cards import Person
from services.supervision.domain.watches import Sighting, WatchState
from services.supervision.events.cards import told_card
from services.supervision.events.cooperation_sightings import (
    feedback_sighting,
    joint_sighting,
    part_sighting,
    segment_sightings,
    urging_sighting,
)
from services.supervision.events.decoding import SERVICES, center_of, code_of, decode
from services.supervision.events.facts import FACTS, MENDS, Facts, Mend
from services.supervision.events.sightings import (
    case_sighting,
    commitment_sighting,
    complaint_sighting,
    rectification_sighting,
)
from services.supervision.events.titles import tell
from services.supervision.handlers import NewLine, Tower
from tongban.catalog.v1 import events_pb2 as catalog_events

TOPIC = topic_of("supervision")
GROUP_WATCHES = "supervision.watches"
WATCHED_TOPICS = tuple(map(topic_of, ("intake", "approval_routing", "evaluation", "complaint", "federation")))

FACTUAL_TOPICS = tuple(map(topic_of, ("intake", "approval_routing", "complaint", "fees")))

#: Event by service → the field that holds the document, and what it says of its clock.
_CLOCKS: dict[str, tuple[tuple[str, ...], str, Callable[[Any], Sighting]]] = {
    "approval_routing": (
        (
            "CaseOpened",
            "CasePaused",
            "CaseResumed",
            "CaseExtended",
            "StepClaimed",
            "StepReleased",
            "StepPassed",
            "StepReturned",
            "StepRejected",
            "StepSigned",
            "StepRecorded",
            "HearingPlanned",
            "PartSettled",
            "StepSentElsewhere",
            "StepAnsweredElsewhere",
            "StepCameBack",
            "DeadlineRecomputed",
            "RenewalApplied",
            "RenewalDeemed",
            "CaseDecided",
        ),
        "case",
        case_sighting,
    ),
    "evaluation": (
        (
            "RectificationOpened",
            "RectificationAssigned",
            "RectificationAnswered",
            "RectificationSentBack",
            "RectificationDeadlineRecomputed",
            "RectificationClosed",
        ),
        "rectification",
        rectification_sighting,
    ),
    "complaint": (
        (
            "ComplaintFiled",
            "ComplaintAssigned",
            "ComplaintInvestigated",
            "ComplaintAnswered",
            "ComplaintCalledBack",
            "ComplaintClosed",
            "ComplaintReopened",
            "ComplaintDeadlineRecomputed",
        ),
        "complaint",
        complaint_sighting,
    ),
}
#: The same of federation's, whose events name the center of this site beside the document.
_SHARED: tuple[tuple[tuple[str, ...], Callable[[Any], Sighting | None]], ...] = (
    (
        (
            "PartOpened",
            "PartOffered",
            "PartTaken",
            "PartAnswered",
            "PartWithdrawn",
            "PartDeadlineRecomputed",
        ),
        part_sighting,
    ),
    (("JointOpened", "JointMerged", "JointWithdrawn"), joint_sighting),
    (("UrgingArrived", "UrgingAnswered", "UrgingSentBack", "UrgingClosed"), urging_sighting),
    (("FeedbackArrived", "FeedbackConcluded"), feedback_sighting),
)
#: After which a commitment is to be verified, was, or has another end.
_COMMITMENTS = ("ApplicationAccepted", "CommitmentVerified", "ApplicationDeadlineRecomputed")
#: After which segments of a crossing have begun, ended or moved.
_CROSSINGS = (
    "CrossingOpened",
    "CrossingSent",
    "CrossingSupplementSent",
    "CrossingReturned",
    "CrossingFollowed",
    "CrossingCancelled",
    "CrossingResultHandedOver",
    "CrossingStatusTold",
    "CrossingHandOverArrived",
    "CrossingSegmentsRecomputed",
)
_CARDS = ("ReminderRaised", "YellowCardRaised", "RedCardRaised", "CardRecovered")


def subscriptions(tower: Tower) -> list[Subscription]:
    """Journeys from everything, watches from what has a clock, findings, cards from what watches raised, limits by calendars."""

    def write_line(delivery: Delivery) -> None:
        event = delivery.event
        message = decode(event)
        told = tell(event.type, message)
        said = NewLine(
            center_id="" if message is None else center_of(message),
            title=told.title,
            note=told.note,
            public=told.public,
            rank=told.rank,
            code="" if message is None else code_of(message),
        )
        handlers.write_line(tower=tower, call=delivery.call, event=event, said=said)

    def keep_card(delivery: Delivery) -> None:
        message: Any = decode(delivery.event)
        card = told_card(message.card)
        with contextlib.suppress(AlreadyApplied):
            handlers.keep_card(tower=tower, call=delivery.call, card=card, at=delivery.event.at, mark=delivery.mark())
        handlers.order_tacit_approval(tower=tower, call=delivery.call, card=card, mark=delivery.mark("order"))
        handlers.weigh(tower=tower, call=delivery.call, card=card)

    def take_points_back(delivery: Delivery) -> None:
        message: Any = decode(delivery.event)
        handlers.weigh(tower=tower, call=delivery.call, card=told_card(message.card))

    def settings_changed(delivery: Delivery) -> None:
        event = delivery.event
        policy = delivery.read(catalog_events.PolicyChanged).policy
        handlers.follow_settings(
            tower=tower,
            call=delivery.call,
            center_id=policy.center_id,
            version=policy.version,
            by=Person(event.actor_id, event.actor_name),
            old=tower.beginnings.is_old(delivery.group, event),
        )

    def rules_set(delivery: Delivery) -> None:
        message: Any = decode(delivery.event)
        handlers.hand_down(tower=tower, call=delivery.call, center_id=message.rules.center_id)

    def center_changed(delivery: Delivery) -> None:
        center = delivery.read(catalog_events.CenterChanged).center
        handlers.come_under(tower=tower, call=delivery.call, center_id=center.id, version=center.version)

    return [
        Subscription(
            "supervision.settings",
            (topic_of("catalog"),),
            {
                event_type("catalog", "PolicyChanged"): settings_changed,
                event_type("catalog", "CenterChanged"): center_changed,
            },
        ),
        Subscription("supervision.journeys", tuple(map(topic_of, SERVICES)), any_event=write_line),
        Subscription(GROUP_WATCHES, WATCHED_TOPICS, dict(_clock_handlers(tower))),
        Subscription("supervision.findings", FACTUAL_TOPICS, dict(_fact_handlers(tower))),
        subscription_of(handlers.recounting(tower), handlers.recounting_measures(tower)),
        Subscription(
            "supervision.cards",
            (TOPIC,),
            {event_type("supervision", name): keep_card for name in _CARDS}
            | {
                event_type("supervision", "RedCardOverturned"): take_points_back,
                event_type("supervision", "SupervisionRulesSet"): rules_set,
            },
        ),
    ]


def _clock_handlers(tower: Tower) -> Iterable[tuple[str, Handler]]:
    for service, (names, field, sighting) in _CLOCKS.items():
        for name in names:
            yield event_type(service, name), _follower(tower, _of_document(field, sighting))
    for name in _COMMITMENTS:
        yield event_type("intake", name), _follower(tower, commitment_sighting)
    for names, seen in _SHARED:
        for name in names:
            yield event_type("federation", name), _follower(tower, seen)
    for name in _CROSSINGS:
        yield event_type("federation", name), _segments_follower(tower)


def _fact_handlers(tower: Tower) -> Iterable[tuple[str, Handler]]:
    for (service, name), facts in FACTS.items():
        yield event_type(service, name), _finder(tower, facts)
    for (service, name), mended in MENDS.items():
        yield event_type(service, name), _mender(tower, mended)


def _finder(tower: Tower, facts: Facts) -> Handler:
    def find(delivery: Delivery) -> None:
        if tower.beginnings.is_old(delivery.group, delivery.event):
            return
        for fact in facts(delivery.event, decode(delivery.event)):
            if fact.center_id:
                with contextlib.suppress(AlreadyApplied):
                    mark = delivery.mark(fact.trigger.value)
                    handlers.note_fact(tower=tower, call=delivery.call, fact=fact, mark=mark)

    return find


def _mender(tower: Tower, mended: Mend) -> Handler:
    def mend(delivery: Delivery) -> None:
        message = decode(delivery.event)
        if mended.when is not None and not mended.when(message):
            return
        handlers.clear_facts(
            tower=tower,
            call=delivery.call,
            trigger=mended.trigger,
            subject_id=getattr(message, mended.field).id,
            reason=mended.reason,
            round=None if mended.round is None else mended.round(message),
        )

    return mend


def _of_document(field: str, sighting: Callable[[Any], Sighting]) -> Callable[[Any], Sighting]:
    return lambda event: sighting(getattr(event, field))


def _follower(tower: Tower, sighting: Callable[[Any], Sighting | None]) -> Handler:
    def follow(delivery: Delivery) -> None:
        seen = sighting(decode(delivery.event))
        if seen is None:
            return  # a clock of another site's
        with contextlib.suppress(AlreadyApplied):
            _follow(tower, delivery, seen, delivery.mark())
        if seen.state is WatchState.ENDED:
            handlers.close_what_is_done(tower=tower, call=delivery.call, kind=seen.kind, subject_id=seen.id)

    return follow


def _follow(tower: Tower, delivery: Delivery, seen: Sighting, mark: Mark) -> None:
    handlers.follow_subject(
        tower=tower,
        call=delivery.call,
        sighting=seen,
        mark=mark,
        since=tower.beginnings.since(delivery.group, delivery.event),
        old=tower.beginnings.is_old(delivery.group, delivery.event),
    )


def _segments_follower(tower: Tower) -> Handler:
    """A crossing tells of several clocks at once; each has its effect once."""

    def follow(delivery: Delivery) -> None:
        for seen in segment_sightings(decode(delivery.event)):
            with contextlib.suppress(AlreadyApplied):
                _follow(tower, delivery, seen, delivery.mark(seen.id))

    return follow
