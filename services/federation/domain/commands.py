"""Commands to the owner: a site that holds a mirror asks, the owner does it or says why not; the answer ends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict
from services.federation.domain import part_moves
from services.federation.domain.parts import HandedIn, Part


class Verb(StrEnum):
    """What may be asked of the owner of a part."""

    #: Papers that were asked for, taken in where the applicant is.
    HAND_IN = "hand_in"
    WITHDRAW = "withdraw"
    #: The answer has been used: merged, or delivered.
    CLOSE = "close"


class CommandState(StrEnum):
    """What came of it."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


#: What an answer leads to; any other, e.g. the same one again, changes nothing.
TRANSITIONS: Final[Mapping[tuple[CommandState, bool], CommandState]] = MappingProxyType(
    {
        (CommandState.WAITING, True): CommandState.DONE,
        (CommandState.WAITING, False): CommandState.REFUSED,
    }
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command, kept by the site that asks."""

    id: str
    part_id: str
    verb: Verb
    #: The site that was the owner when it was asked.
    owner: str
    asked_by: str
    asked_at: datetime
    journey: str
    center_id: str = ""
    #: The letter that asked.
    letter_id: str = ""
    reason: str = field(default="", repr=False)
    materials: tuple[HandedIn, ...] = ()
    state: CommandState = CommandState.WAITING
    code: str = ""
    message: str = ""
    answered_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The owner's answer; an empty code: it was done."""

    command_id: str
    code: str = ""
    message: str = ""


def perform(part: Part, here: str, command: Command, now: datetime) -> Part:
    """The part after a command, at its owner. Raises what the change itself raises."""
    match command.verb:
        case Verb.HAND_IN:
            return part_moves.hand_in(part, here, command.materials, now)
        case Verb.WITHDRAW:
            return part_moves.withdraw(part, here, command.reason, now)
        case Verb.CLOSE:
            return part_moves.close(part, here, now)


def require_asker(part: Part, command: Command, sender: str) -> None:
    """Only the site that asked for the part may command about it. Raises ``Conflict`` (``command_not_allowed``)."""
    if sender != part.asked_by.site:
        raise Conflict("command_not_allowed", "只有发起站点可以提出这一请求。", verb=command.verb.value, sender=sender)


def answered(command: Command, done: Done, sender: str, now: datetime) -> Command | None:
    """The command with its owner's answer, once; ``None`` when it has one. Raises ``Conflict`` on a stranger's."""
    if sender != command.owner:
        raise Conflict("command_of_another", "答复不是来自受理该请求的站点。", sender=sender)
    state = TRANSITIONS.get((command.state, not done.code))
    if state is None:
        return None
    return replace(command, state=state, code=done.code, message=done.message, answered_at=now)
