"""What sites handle together (协同室): its documents, how they are found, and how each change is told to the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from kit.alarms import ALARMS
from kit.call import Call
from kit.clock import to_ms
from kit.errors import NotFound
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from kit.workdays import Deadline, Limit, Unit, due, local_instant
from services.federation.domain.commands import Command
from services.federation.domain.dispute import Dispute
from services.federation.domain.feedback import Feedback
from services.federation.domain.figures import Counted, DailyFigures
from services.federation.domain.joint import Joint
from services.federation.domain.letters import File, LetterPosted
from services.federation.domain.parts import Clock, HandedIn, Part
from services.federation.domain.standards import Standard
from services.federation.domain.urging import Urging
from services.federation.handlers import letters
from services.federation.handlers.desk import Desk
from services.federation.protos.by_name import message_of
from tongban.federation.v1 import parts_pb2

PARTS: Final = Kind(
    "part",
    (
        Index("by_center", ("center", "kind", "state", "opened_at")),
        Index("by_journey", ("journey", "opened_at")),
        Index("by_case", ("case_id", "opened_at")),
        Index("by_offer", ("ownership.offer.id",)),
    ),
)
JOINTS: Final = Kind("joint", (Index("by_center", ("place.center_id", "state", "begun_at")), ALARMS))
COMMANDS: Final = Kind(
    "command", (Index("by_part", ("part_id", "asked_at")), Index("by_letter", ("letter_id",), unique=True))
)
URGINGS: Final = Kind("urging", (Index("by_center", ("center", "state", "begun_at")), Index("by_about", ("about",))))
FEEDBACKS: Final = Kind("feedback", (Index("by_center", ("center", "state", "said_at")), Index("by_about", ("about",))))
STANDARDS: Final = Kind("standard", (Index("by_kind", ("kind", "key")),))
FIGURES: Final = Kind(
    "daily_figures", (Index("by_day", ("day", "center_id")), Index("by_center", ("center_id", "day")), ALARMS)
)

COUNTED: Final = Kind("counted", (Index("by_day", ("center_id", "day", "name")), Index("by_age", ("day_at",))))

DISPUTES: Final = Kind("dispute", (Index("by_journey", ("journey", "since")),))

ROOM_KINDS: Final = (COUNTED, PARTS, JOINTS, COMMANDS, URGINGS, FEEDBACKS, STANDARDS, FIGURES, DISPUTES)


@dataclass(frozen=True)
class Room:
    """Plain wiring, built in main.py beside the desk whose letters and files it uses."""

    desk: Desk
    parts: Repository[Part]
    joints: Repository[Joint]
    commands: Repository[Command]
    urgings: Repository[Urging]
    feedbacks: Repository[Feedback]
    standards: Repository[Standard]
    figures: Repository[DailyFigures]
    counted: Repository[Counted]
    disputes: Repository[Dispute]
    #: How long what a day is counted of is kept; ``None``: for good.
    keeps_counted: timedelta | None = None

    @property
    def here(self) -> str:
        """This site's id."""
        return self.desk.site

    def is_closed(self, day: str, now: datetime) -> bool:
        """Whether a day stays as it was reported, as what it was counted of may be gone."""
        return self.keeps_counted is not None and now - _midnight(day) >= self.keeps_counted - timedelta(days=1)

    def speaks_for_site(self, center_id: str) -> bool:
        """Whether a center is the site's own: that of its division, or one without a parent.

        Raises ``NotFound`` (``center_unknown``).
        """
        center = self.desk.reference.center(center_id)
        return center.id == self.here.partition(".")[0] or not center.parent_id

    def deadline(self, call: Call, center_id: str, days: int, basis: str) -> Deadline:
        """Working days from now by a center's calendar. Raises ``Invalid`` on days that no limit has."""
        return due(call.now, Limit(days, Unit.WORKING_DAY, basis), self.desk.reference.calendar(center_id))

    def clock(self, call: Call, center_id: str, days: int, basis: str) -> Clock:
        """The same as a clock."""
        deadline = self.deadline(call, center_id, days, basis)
        return Clock(call.now, days, deadline.due_at or call.now, deadline.provisional)


# ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def counted_keys(counted: Counted) -> Body:
    """When its day began: it is kept for a while after."""
    return {"day_at": to_ms(_midnight(counted.day))}


def _midnight(day: str) -> datetime:
    return local_instant(date.fromisoformat(day))


def part_keys(here: str) -> Callable[[Part], Body]:
    """The center of this site that a part is listed under."""
    return lambda part: {"center": part.center_at(here)}


def joint_keys(joint: Joint) -> Body:
    """When its lead looks for slow parts next, and its order in lists."""
    late = joint.late_next
    return {"due_at": None if late is None else to_ms(late) + 1, "begun_at": to_ms(joint.clock.started_at)}


def urging_keys(here: str) -> Callable[[Urging], Body]:
    """The center of this site that an urging is listed under."""
    return lambda urging: {
        "center": (urging.asked_by if urging.asked_by.site == here else urging.asked_of).center_id,
        "begun_at": to_ms(urging.turns[0].at),
    }


def feedback_keys(here: str) -> Callable[[Feedback], Body]:
    """The center of this site that it is listed under."""
    return lambda it: {"center": (it.given_at if it.given_at.site == here else it.concerns).center_id}


def figures_keys(figures: DailyFigures) -> Body:
    """When a day is counted next."""
    return {"due_at": None if figures.counts_at is None else to_ms(figures.counts_at)}


def part_missing(id: str) -> NotFound:
    """What is raised for an id that isn't there."""
    return NotFound("part_not_found", "没有找到该协办件，请核对编号。", id=id[:80])


# ── Telling ──────────────────────────────────────────────────────────────────────────────────────────────────────


def tell(
    room: Room, call: Call, part: Part, papers: tuple[HandedIn, ...] = (), offer: bool = False
) -> list[LetterPosted]:
    """A letter to each other site that holds it, with the files that this change brings.

    An offer's id is that of the letter that makes it, so that one that nobody could deliver comes back as declined.
    """
    said = parts_pb2.PartTold(part=message_of(part, parts_pb2.Part()))
    said.part.version = 0
    posted = []
    for site in part.others(room.here):
        letter = letters.write(
            room.desk,
            call,
            to=site,
            type="part.told",
            journey=part.journey,
            payload=said,
            files=files_of(papers),
        )
        made = part.ownership.offer
        posted.append(LetterPosted(replace(letter, id=made.id) if offer and made and made.to_site == site else letter))
    return posted


def files_of(papers: tuple[HandedIn, ...]) -> tuple[File, ...]:
    """The files of papers, for a letter; a paper without one travels as its name."""
    return tuple(File(each.sha256, each.filename, each.media_type, each.size) for each in papers if each.sha256)
