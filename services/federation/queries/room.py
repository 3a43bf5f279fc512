"""Reads of what sites handle together; each is of one center that the caller works for (convention 12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kit.call import Call
from kit.store.port import Range, Scalar
from kit.store.repository import Found
from services.federation.domain.commands import Command
from services.federation.domain.feedback import Feedback, FeedbackState
from services.federation.domain.figures import DailyFigures, Totals, total
from services.federation.domain.joint import Joint, JointState
from services.federation.domain.parts import Part, PartKind, PartState
from services.federation.domain.standards import Standard, StandardKind
from services.federation.domain.urging import Urging, UrgingState
from services.federation.handlers.room import Room

MOST: Final = 200
#: Commands of one part that are shown, the latest first.
_COMMANDS: Final = 50


@dataclass(frozen=True, slots=True)
class SeenPart:
    """A part, and what was asked of its owner from here."""

    part: Part
    commands: tuple[Command, ...]


def get_part(*, room: Room, call: Call, part_id: str) -> SeenPart:
    """A part of one of the caller's centers. Raises ``NotFound``, ``Forbidden``."""
    part = room.parts.get(part_id)
    call.actor.require_center(part.center_at(room.here))
    commands = room.commands.find("by_part", part_id=part.id, descending=True, limit=_COMMANDS).items
    return SeenPart(part, commands)


def list_parts(
    *, room: Room, call: Call, center_id: str, kind: PartKind | None, state: PartState | None, limit: int, cursor: str
) -> Found[Part]:
    """A center's parts of a kind, the latest first. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    return room.parts.find(
        "by_center",
        descending=True,
        limit=_page(limit),
        cursor=cursor,
        center=center_id,
        kind=(kind or PartKind.SENT_UP).value,
        state=(state,) if state else _all(PartState),
    )


def get_joint(*, room: Room, call: Call, joint_id: str) -> Joint:
    """A joint case that one of the caller's centers leads. Raises ``NotFound``, ``Forbidden``."""
    joint = room.joints.get(joint_id)
    call.actor.require_center(joint.place.center_id)
    return joint


def list_joints(
    *, room: Room, call: Call, center_id: str, state: JointState | None, limit: int, cursor: str
) -> Found[Joint]:
    """The joint cases that a center leads, the latest first. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    states = (state,) if state else _all(JointState)
    return room.joints.find(
        "by_center",
        descending=True,
        limit=_page(limit),
        cursor=cursor,
        place__center_id=center_id,
        state=states,
    )


def list_urgings(
    *, room: Room, call: Call, center_id: str, state: UrgingState | None, limit: int, cursor: str
) -> Found[Urging]:
    """A center's urgings to and from other sites, the latest first. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    states = (state,) if state else _all(UrgingState)
    return room.urgings.find(
        "by_center", descending=True, limit=_page(limit), cursor=cursor, center=center_id, state=states
    )


def list_feedback(
    *, room: Room, call: Call, center_id: str, state: FeedbackState | None, limit: int, cursor: str
) -> Found[Feedback]:
    """What citizens said of a center's cases with other sites, the latest first. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    states = (state,) if state else _all(FeedbackState)
    return room.feedbacks.find(
        "by_center", descending=True, limit=_page(limit), cursor=cursor, center=center_id, state=states
    )


def list_standards(*, room: Room, call: Call, kind: StandardKind | None, limit: int, cursor: str) -> Found[Standard]:
    """The standards of a kind that this site has, by key: nothing in them is any center's own."""
    return room.standards.find("by_kind", limit=_page(limit), cursor=cursor, kind=(kind or StandardKind.ITEM).value)


def list_figures(
    *, room: Room, call: Call, center_id: str, day: str, limit: int, cursor: str
) -> tuple[Found[DailyFigures], Totals]:
    """A day's figures with the sum of those on the page: of the whole site and those below it for who works for its
    own center, else of the center alone. Raises ``Forbidden``, ``NotFound`` (``center_unknown``)."""
    call.actor.require_center(center_id)
    if not room.speaks_for_site(center_id):
        only = Range(least=day, below=f"{day}\x00")
        found = room.figures.find("by_center", range=only, limit=_page(limit), cursor=cursor, center_id=center_id)
    else:
        found = room.figures.find("by_day", limit=_page(limit), cursor=cursor, day=day)
    return found, total(found.items)


def _all(states: type[PartState] | type[JointState] | type[UrgingState] | type[FeedbackState]) -> tuple[Scalar, ...]:
    return tuple(state.value for state in states)


def _page(limit: int) -> int:
    return min(limit, MOST) if limit > 0 else 50
