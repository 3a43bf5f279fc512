"""Warnings about clocks: reminder, yellow card, red card (rules F07, G01; no national colour rule: facts 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Colour(IntEnum):
    """Colour of a warning, the gravest last."""

    #: 提醒
    REMINDER = 1
    #: 黄牌
    YELLOW = 2
    #: 红牌
    RED = 3


class CardState(StrEnum):
    """State of a card."""

    ACTIVE = "active"
    #: Its cause is gone; a red card never recovers.
    RECOVERED = "recovered"
    #: An appeal against a red card was right; the card stays, with both texts.
    OVERTURNED = "overturned"


class SubjectKind(StrEnum):
    """What has a clock that is watched."""

    CASE = "case"
    RECTIFICATION = "rectification"
    COMPLAINT = "complaint"
    #: A part of another site's case, or the review of one that is sent up.
    PART = "part"
    #: A case that several sites handle together, at its lead.
    JOINT = "joint"
    #: Another site's urging, supervision or consultation, to be answered.
    URGING = "urging"
    #: What a citizen said elsewhere of this site.
    FEEDBACK = "feedback"
    #: What this site does of a case that crosses: collecting, sending, handing the result back.
    SEGMENT = "segment"
    #: A commitment that an application was accepted on, to be verified.
    COMMITMENT = "commitment"
    #: An application that isn't a case yet; it has findings, no clock of supervision's.
    APPLICATION = "application"


class Trigger(StrEnum):
    """What a card is for (facts 7)."""

    #: 环节超时
    STEP = "step"
    #: Over what was promised, or over any other limit that is watched.
    PROMISE = "promise"
    #: 超法定时限
    LAW = "law"
    #: More asked for than the one notice named (rules L02).
    FURTHER_NOTICE = "further_notice"
    #: Refused or denied without grounds (rules C09, C10).
    NO_GROUNDS = "no_grounds"
    #: 材料齐全不受理
    NOT_ACCEPTED = "not_accepted"
    #: A fee without a basis (许可法 58).
    FEE = "fee"
    #: 久拖不办
    IDLE = "idle"


class Ruling(StrEnum):
    """What was decided on an appeal."""

    PENDING = "pending"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True)
class Person:
    """Who said something, as they were called then."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Appeal:
    """What a department says against a red card, and what supervision answers; neither is ever removed (facts 7)."""

    grounds: str
    filed_by: Person
    filed_at: datetime
    ruling: Ruling = Ruling.PENDING
    ruling_reason: str = ""
    ruled_by: Person | None = None
    ruled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A warning about one subject in one colour; raised again after it recovered, it is the same card."""

    id: str
    center_id: str
    colour: Colour
    state: CardState
    subject_kind: SubjectKind
    subject_id: str
    subject_number: str
    title: str
    department_key: str
    due_at: datetime
    raised_at: datetime
    recovered_at: datetime | None
    reason: str
    journey: str
    #: Of a red card: the appeal against it.
    appeal: Appeal | None = None
    trigger: Trigger = Trigger.PROMISE
    #: Number of the rule that made it, and of the edition of its center's rules; empty before there were any.
    rule: str = ""
    edition: int = 0
    #: What it counts against its department and its person while it stands (rules G05).
    points: int = 0
    #: Whose it is within the department, where that is known.
    person: Person | None = None
    #: What shows that it is right: the event it follows from, and what that says.
    evidence: str = ""
    #: What its watch or finding is called.
    source: str = ""
    version: int = 0

    @property
    def changed_at(self) -> datetime:
        """When it took its present state."""
        return self.recovered_at or self.raised_at

    @property
    def face(self) -> str:
        """Colour and state in one, so that lists by either, both or none use one index."""
        return face(self.colour, self.state)


def face(colour: Colour, state: CardState) -> str:
    """Colour and state in one word."""
    return f"{colour.name.lower()}-{state}"


@dataclass(frozen=True, slots=True)
class ReminderRaised:
    """Something is due soon."""

    card: Card
    rules: str = "rules F07"


@dataclass(frozen=True, slots=True)
class YellowCardRaised:
    """Something is about to be late."""

    card: Card
    rules: str = "rules G01"


@dataclass(frozen=True, slots=True)
class RedCardRaised:
    """Something is late."""

    card: Card
    rules: str = "rules G01, F06"


@dataclass(frozen=True, slots=True)
class CardRecovered:
    """The cause of a reminder or yellow card is gone."""

    card: Card
    rules: str = "rules G01"


CardEvent = ReminderRaised | YellowCardRaised | RedCardRaised | CardRecovered

RAISED: dict[Colour, type[ReminderRaised | YellowCardRaised | RedCardRaised]] = {
    Colour.REMINDER: ReminderRaised,
    Colour.YELLOW: YellowCardRaised,
    Colour.RED: RedCardRaised,
}
