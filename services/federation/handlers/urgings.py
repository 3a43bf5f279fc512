"""Urging, supervising and consulting the staff of another site, and answering theirs (rules K07)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kit.call import Call
from kit.errors import Invalid
from kit.events import DomainEvent
from kit.store.port import Duplicate, Mark
from kit.store.repository import check_version
from kit.text import clean
from services.federation.domain import urging as urgings
from services.federation.domain.letters import IncomingLetter, LetterPosted
from services.federation.domain.part_events import (
    UrgingAnswered,
    UrgingArrived,
    UrgingAsked,
    UrgingClosed,
    UrgingSentBack,
)
from services.federation.domain.parts import Clock, Place
from services.federation.domain.segments import SegmentKind
from services.federation.domain.urging import Turn, Urging, UrgingKind, UrgingState
from services.federation.handlers import letters
from services.federation.handlers.letters import answered
from services.federation.handlers.parts import MAX_WORDS
from services.federation.handlers.room import Room
from services.federation.protos.by_name import entity_of, message_of
from tongban.federation.v1 import urging_pb2

#: Our own system, where it urges by itself.
SYSTEM: Final = "系统"


def ask_urging(
    *,
    room: Room,
    call: Call,
    kind: UrgingKind | None,
    about: str,
    number: str,
    title: str,
    asked_by: Place,
    asked_of: Place,
    journey: str,
    text: str,
) -> Urging:
    """Urges, supervises or consults another site. Raises ``Invalid``, ``Forbidden``."""
    before = room.urgings.created_before(call)
    if before is not None:
        return before
    call.actor.require_center(asked_by.center_id)
    if kind is None:
        raise Invalid("urging_kind_unknown", "请选择催办、督办或者会商。", field="kind")
    fresh = Urging(
        id=room.desk.ids.new_id(call.now),
        kind=kind,
        title=clean(title, field="title", max_length=200),
        about=clean(about, field="about", max_length=64, required=False),
        number=clean(number, field="number", max_length=64, required=False),
        asked_by=replace(asked_by, site=room.here),
        asked_of=asked_of,
        journey=clean(journey, field="journey", max_length=64, required=False),
        state=UrgingState.ASKED,
        turns=(_turn(call, text),),
    )
    return _ask(room, call, fresh, None)


def urge_slow_part(*, room: Room, call: Call, joint_id: str, part_id: str, mark: Mark) -> None:
    """The lead urges the site whose part is late, in the system's name. Raises ``AlreadyApplied``."""
    joint = room.joints.get(joint_id)
    standing = next(each for each in joint.parts if each.part_id == part_id)
    words = f"“{joint.item_name}”的环节“{standing.title}”已超过办理期限，请尽快办理并回复。"
    fresh = Urging(
        id=f"{part_id}-late",
        kind=UrgingKind.URGE,
        title=f"{joint.item_name}：{standing.title}",
        about=part_id,
        number=joint.number,
        asked_by=joint.place,
        asked_of=standing.place,
        journey=joint.journey,
        state=UrgingState.ASKED,
        turns=(Turn(words, SYSTEM, call.now),),
    )
    _ask_once(room, call, fresh, mark)


def urge_slow_segment(*, room: Room, call: Call, crossing_id: str, kind: SegmentKind, mark: Mark) -> None:
    """The other end is urged, in the system's name, whose segment of a crossing is late; its own supervision cards it.

    A segment of this site's is for its own supervision, and nobody is urged. Raises ``AlreadyApplied``.
    """
    crossing = room.desk.crossings.get(crossing_id)
    segment = next((each for each in reversed(crossing.segments) if each.kind is kind), None)
    if segment is None or segment.kept_by is crossing.side or segment.ended_at is not None:
        return
    parties = crossing.parties
    fresh = Urging(
        id=f"{crossing.id}-{kind.value}-late-{crossing.side.value}",
        kind=UrgingKind.URGE,
        title=f"{parties.item_name}：结果送达",
        about=crossing.id,
        number=crossing.peer_number or crossing.number,
        asked_by=Place(room.here, crossing.center_id),
        asked_of=Place(parties.peer_site, parties.peer_center_id),
        journey=crossing.journey,
        state=UrgingState.ASKED,
        turns=(Turn(f"“{parties.item_name}”的结果已超过约定的送达时限，请尽快送达申请人并回复。", SYSTEM, call.now),),
    )
    _ask_once(room, call, fresh, mark)


def answer_urging(*, room: Room, call: Call, urging_id: str, text: str, expected_version: int) -> Urging:
    """Answers what another site wants. Raises ``Conflict`` (``urging_answered``), ``Forbidden``, ``Invalid``, ``Stale``."""
    urging = _mine(room, call, urging_id, expected_version)
    said = urgings.answer(urging, room.here, _turn(call, text))
    return _save(room, call, said, UrgingAnswered(said, _center(room, said)))


def review_urging(
    *, room: Room, call: Call, urging_id: str, accepted: bool, text: str, expected_version: int
) -> Urging:
    """Accepts the answer to a supervision, or sends it back. Raises ``Conflict``, ``Forbidden``, ``Invalid``, ``Stale``."""
    urging = _mine(room, call, urging_id, expected_version)
    if accepted:
        closed = urgings.accept(urging, room.here, call.now)
        return _save(room, call, closed, UrgingClosed(closed, _center(room, closed)))
    back = urgings.send_back(urging, room.here, _turn(call, text))
    return _save(room, call, back, UrgingSentBack(back, _center(room, back)))


# ── What comes by letter ─────────────────────────────────────────────────────────────────────────────────────────


def take_urging(room: Room, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """The other end's word; what has to be answered here gets a clock by this site's calendar."""
    told = entity_of(letters.read(letter, urging_pb2.UrgingTold).urging, Urging)
    held = room.urgings.find_by_id(told.id)
    receipt = answered(letter, call, "read")
    if held is None:
        if (
            told.asked_by.site != letter.origin
            or told.asked_of.site != room.here
            or told.state is not UrgingState.ASKED
        ):
            raise Invalid("urging_invalid", "来函不是对本站点的催办、督办或者会商。", id=told.id)
        arrived = urgings.arrived(told, _clock(room, call, told))
        room.urgings.create(arrived, [UrgingArrived(arrived, _center(room, arrived)), receipt], call, mark=mark)
        return
    heard = urgings.hear(held, told, letter.origin, room.here)
    if heard is None:
        return
    if heard.state is UrgingState.ASKED:
        heard = urgings.with_clock(heard, _clock(room, call, heard))
    event = _event_of(room, held, heard)
    room.urgings.save(heard, [event, receipt], call, mark=mark)


def _event_of(room: Room, held: Urging, heard: Urging) -> DomainEvent:
    center_id = _center(room, heard)
    if heard.state is UrgingState.ASKED:
        return UrgingSentBack(heard, center_id)
    answers = held.state is UrgingState.ASKED
    return UrgingAnswered(heard, center_id) if answers else UrgingClosed(heard, center_id)


# ── Shared ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _ask(room: Room, call: Call, fresh: Urging, mark: Mark | None) -> Urging:
    asked = urgings.ask(fresh)
    letter = _letter(room, call, asked)
    return room.urgings.create(asked, [UrgingAsked(asked, _center(room, asked)), letter], call, mark=mark)


def _ask_once(room: Room, call: Call, fresh: Urging, mark: Mark) -> None:
    """What the system urges by itself it urges once: the id says what for."""
    try:
        _ask(room, call, fresh, mark)
    except Duplicate:
        if room.urgings.find_by_id(fresh.id) is None:
            raise


def _save(room: Room, call: Call, urging: Urging, event: DomainEvent) -> Urging:
    return room.urgings.save(urging, [event, _letter(room, call, urging)], call)


def _letter(room: Room, call: Call, urging: Urging) -> LetterPosted:
    said = urging_pb2.UrgingTold(urging=message_of(replace(urging, clock=None, version=0), urging_pb2.Urging()))
    return LetterPosted(
        letters.write(
            room.desk,
            call,
            to=urging.other(room.here),
            type="urging.told",
            journey=urging.journey or urging.id,
            payload=said,
        )
    )


def _clock(room: Room, call: Call, urging: Urging) -> Clock:
    center_id = urging.asked_of.center_id
    days = room.desk.reference.policy(center_id).integer("urging_answer_days")
    return room.clock(call, center_id, days, "rules K07")


def _center(room: Room, urging: Urging) -> str:
    return (urging.asked_by if urging.asked_by.site == room.here else urging.asked_of).center_id


def _mine(room: Room, call: Call, urging_id: str, expected_version: int) -> Urging:
    urging = room.urgings.get(urging_id)
    call.actor.require_center(_center(room, urging))
    check_version(urging, expected_version)
    return urging


def _turn(call: Call, text: str) -> Turn:
    words = clean(text, field="text", max_length=MAX_WORDS, required=False, multiline=True)
    return Turn(words, call.actor.name, call.now)
