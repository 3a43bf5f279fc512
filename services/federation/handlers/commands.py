"""Commands: asked of the owner of a part, done there, answered by letter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kit.call import Call
from kit.errors import Invalid, Stale, TongbanError
from kit.events import DomainEvent
from kit.store.port import AlreadyApplied, Mark
from kit.text import clean
from services.federation.domain import case_steps, commands
from services.federation.domain.commands import Command, CommandState, Done, Verb
from services.federation.domain.letters import IncomingLetter, LetterPosted
from services.federation.domain.part_events import (
    CommandAnswered,
    CommandAsked,
    PartClosed,
    PartMaterialsHandedIn,
    PartWithdrawn,
)
from services.federation.domain.parts import HandedIn, Part
from services.federation.handlers import letters
from services.federation.handlers.letters import Settled, answered
from services.federation.handlers.parts import MAX_WORDS, carry, cleaned_papers, keep_named, of_center
from services.federation.handlers.room import Room, files_of, tell
from services.federation.protos.by_name import entity_of, message_of
from tongban.federation.v1 import parts_pb2

_EVENTS: Mapping[Verb, Callable[[Part, str], DomainEvent]] = {
    Verb.HAND_IN: PartMaterialsHandedIn,
    Verb.WITHDRAW: PartWithdrawn,
    Verb.CLOSE: PartClosed,
}


def command_part(
    *, room: Room, call: Call, part_id: str, verb: Verb | None, reason: str, materials: tuple[HandedIn, ...]
) -> Command:
    """Asks the owner for a change; where this site owns the part it is made at once.

    Raises ``NotFound``, ``Forbidden``, ``Invalid``, and at the owner what the change itself raises.
    """
    before = room.commands.created_before(call)
    if before is not None:
        return before
    if verb is None:
        raise Invalid("verb_required", "请选择要办理的事项：提交补充材料、撤回或者办结。", field="verb")
    part = of_center(room, call, part_id)
    words = clean(reason, field="reason", max_length=MAX_WORDS, required=verb is Verb.WITHDRAW, multiline=True)
    command = Command(
        id=room.desk.ids.new_id(call.now),
        part_id=part.id,
        verb=verb,
        owner=part.ownership.owner,
        asked_by=call.actor.name,
        asked_at=call.now,
        journey=part.journey,
        center_id=part.center_at(room.here),
        reason=words,
        materials=cleaned_papers(materials),
    )
    return send_command(room, call, part, command, None)


def send_command(room: Room, call: Call, part: Part, command: Command, mark: Mark | None) -> Command:
    """Does it here where this site owns the part, else posts it to the owner."""
    if part.ownership.owner == room.here:
        keep_named(room, call, command.materials)
        _perform(room, call, part, command, [], mark)
        return replace(command, state=CommandState.DONE, answered_at=call.now)
    commands.require_asker(part, command, room.here)
    carry(room, call, command.materials)
    said = parts_pb2.PartCommand(command=message_of(command, parts_pb2.Command()))
    letter = letters.write(
        room.desk,
        call,
        to=command.owner,
        type="part.commanded",
        journey=part.journey,
        payload=said,
        files=files_of(command.materials),
    )
    command = replace(command, letter_id=letter.id)
    return room.commands.create(command, [CommandAsked(command), LetterPosted(letter)], call, mark=mark)


def _perform(
    room: Room, call: Call, part: Part, command: Command, posted: list[LetterPosted], mark: Mark | None
) -> None:
    changed = commands.perform(part, room.here, command, call.now)
    event = _EVENTS[command.verb](changed, changed.center_at(room.here))
    told = case_steps.of_part(part, changed, room.here)
    events: list[DomainEvent] = [event, *tell(room, call, changed), *posted, *told]
    room.parts.save(changed, events, call, mark=mark)


# ── What comes by letter ─────────────────────────────────────────────────────────────────────────────────────────


def take_command(room: Room, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """Another site asks for a change of a part that is owned here: done, or answered with why not."""
    command = entity_of(letters.read(letter, parts_pb2.PartCommand).command, Command)
    part = room.parts.get(command.part_id)
    try:
        commands.require_asker(part, command, letter.origin)
        _perform(room, call, part, command, [_answer(room, call, letter, Done(command.id))], mark)
    except (AlreadyApplied, Stale):
        raise
    except TongbanError as error:
        if error.retryable:
            raise
        refusal = _answer(room, call, letter, Done(command.id, error.code, error.message))
        room.parts.save(part, [refusal, answered(letter, call, "acted_on")], call, mark=mark)


def _answer(room: Room, call: Call, letter: IncomingLetter, done: Done) -> LetterPosted:
    said = parts_pb2.PartCommandAnswer(command_id=done.command_id, code=done.code, message=done.message)
    return LetterPosted(
        letters.write(
            room.desk,
            call,
            to=letter.origin,
            type="part.answered",
            journey=letter.journey,
            payload=said,
            in_reply_to=letter.id,
        )
    )


def take_answer(room: Room, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """The owner's answer to a command of this site."""
    said = letters.read(letter, parts_pb2.PartCommandAnswer)
    command = room.commands.get(said.command_id)
    done = Done(command.id, said.code[:64], said.message[:500])
    _conclude(room, call, command, done, letter.origin, mark)


def settle_command(room: Room, call: Call, settled: Settled, mark: Mark) -> None:
    """A command that its owner will never have, or couldn't use, is refused."""
    command = room.commands.find_unique("by_letter", settled.letter_id) if settled.failed else None
    if command is not None:
        done = Done(command.id, settled.code or settled.settlement, settled.message)
        _conclude(room, call, command, done, command.owner, mark)


def _conclude(room: Room, call: Call, command: Command, done: Done, sender: str, mark: Mark) -> None:
    concluded = commands.answered(command, done, sender, call.now)
    if concluded is not None:
        room.commands.save(concluded, [CommandAnswered(concluded)], call, mark=mark)
