"""Several frames in one message: an answer in one turn, and acknowledgements that go along with something else."""

from __future__ import annotations

from functools import partial

import pytest

from kit.store.steps import Steps, alone
from services.relay.session import Session
from services.relay.session.taking import SILENT
from services.relay.tests.simulation import Wire, World
from services.relay.transports.carrying import Carrying
from services.relay.transports.talk import Talk
from tongban.relay.v1 import link_pb2


def _nothing(talk: Talk) -> None:
    """Nobody is told."""


@pytest.fixture
def world() -> World:
    """Two ends of an open line, quiet; what comes is passed on in the turn that heard it."""
    made = World(1)
    _carry_all(made)
    return made


def _carry_all(world: World) -> None:
    (wire,) = world.wires
    for _ in range(6):
        world.dial(wire)
        for way, site in enumerate(wire.ends()):
            world.speak(wire, site)
            while wire.under_way[way]:
                world.carry(wire, way)


def _ends(wire: Wire) -> tuple[Session, Session]:
    return wire.dialling.sessions[wire.link], wire.listening.sessions[wire.link]


def _talk(world: World, session: Session) -> Talk:
    talk = Talk(session, opened=_nothing, closed=_nothing)
    _turn(world, talk)
    return talk


def _turn(world: World, talk: Talk, *frames: link_pb2.Frame) -> list[link_pb2.Frame]:
    wire = world.wires[0]
    site = wire.dialling if wire.dialling.sessions[wire.link] is talk.session else wire.listening
    turn = alone(site.store, talk.turn(frames, room=True))
    return [*turn.control, *turn.bulk]


def _said(frames: list[link_pb2.Frame]) -> list[str]:
    return [str(each.WhichOneof("body")) for each in frames]


def _letter(world: World) -> link_pb2.Frame:
    """A letter of the dialling end, on its way."""
    (wire,) = world.wires
    world.write_letter(wire.dialling)
    world.work(wire.dialling)
    (frame,) = wire.dialling.sessions[wire.link].frames_to_send()
    return frame


def test_a_letter_s_acknowledgement_and_receipt_leave_in_one_turn_and_one_message(world: World) -> None:
    talk = _talk(world, _ends(world.wires[0])[1])
    (answer,) = _turn(world, talk, _letter(world))
    assert _said(list(answer.frames.frames)) == ["acknowledged", "envelopes"]


def test_an_end_that_does_not_read_several_gets_each_by_itself(world: World) -> None:
    talk = _talk(world, _ends(world.wires[0])[1])
    talk.session._joins = False  # what its hello said, of an earlier release
    assert _said(_turn(world, talk, _letter(world))) == ["acknowledged", "envelopes"]


def test_hello_says_that_several_are_read(world: World) -> None:
    (wire,) = world.wires
    wire.cut()
    world.dial(wire)
    hello = link_pb2.Frame.FromString(wire.under_way[0][0]).hello
    assert hello.reads_frames
    # As an earlier release says it.
    hello.reads_frames = False
    wire.under_way[0][0] = link_pb2.Frame(hello=hello).SerializeToString()
    _carry_all(world)
    frames = [link_pb2.Frame(ping=link_pb2.Ping(number=each)) for each in range(2)]
    assert _ends(wire)[1].joined(frames) == frames


def test_the_acknowledgement_of_a_receipt_goes_along_with_the_next_letter(world: World) -> None:
    dialling, listening = _ends(world.wires[0])
    answer = _turn(world, _talk(world, listening), _letter(world))
    talk = _talk(world, dialling)
    assert _turn(world, talk, *answer) == []
    world.write_letter(world.wires[0].dialling)
    world.work(world.wires[0].dialling)
    (message,) = _turn(world, talk)
    assert _said(list(message.frames.frames)) == ["acknowledged", "envelopes"]
    assert listening.sending is not None
    before = listening.sending.acknowledged
    listening.receive_frame(message)
    assert listening.sending.acknowledged == before + 1


def test_where_nothing_else_is_said_it_follows_after_a_while(world: World) -> None:
    dialling, listening = _ends(world.wires[0])
    answer = _turn(world, _talk(world, listening), _letter(world))
    talk = _talk(world, dialling)
    _turn(world, talk, *answer)
    assert talk.session.again_in() <= SILENT
    world.pass_time(SILENT - 0.1)
    assert "acknowledged" not in _said(dialling.control())
    world.pass_time(0.2)
    assert "acknowledged" in _said(dialling.control())


def test_a_letter_is_acknowledged_at_once_with_the_receipts_before_it(world: World) -> None:
    dialling, listening = _ends(world.wires[0])
    for frame in _turn(world, _talk(world, listening), _letter(world)):
        dialling.receive_frame(frame)
    world.write_letter(world.wires[0].listening)
    world.work(world.wires[0].listening)
    (frame,) = listening.frames_to_send()
    (said,) = dialling.receive_frame(frame)
    assert said.acknowledged.head.sequence == 2
    assert dialling.along() == []


@pytest.mark.parametrize("count", [1, 65])
def test_frames_in_frames_and_too_many_of_them_end_the_line(world: World, count: int) -> None:
    (wire,) = world.wires
    inner = link_pb2.Frame(ping=link_pb2.Ping(number=1))
    if count == 1:
        inner = link_pb2.Frame(frames=link_pb2.Frames(frames=[inner]))
    _, listening = _ends(wire)
    (bye,) = listening.receive_frame(link_pb2.Frame(frames=link_pb2.Frames(frames=[inner] * count)))
    assert bye.bye.code == "frames_malformed"
    assert listening.ended


def test_what_comes_behind_last_words_in_one_message_is_not_heard(world: World) -> None:
    _, listening = _ends(world.wires[0])
    frames = [link_pb2.Frame(bye=link_pb2.Bye(code="stopped")), _letter(world)]
    assert listening.receive_frame(link_pb2.Frame(frames=link_pb2.Frames(frames=frames))) == []
    link = world.wires[0].listening.office.links.link(world.wires[0].link)
    desk = world.wires[0].listening.office.desk
    assert desk.envelopes.head(desk.incoming(link).key).sequence == 0


def test_who_puts_something_into_the_lane_during_a_turn_need_not_wake_it(world: World) -> None:
    talk = _talk(world, _ends(world.wires[0])[1])
    steps = talk.turn([_letter(world)], room=True)
    next(steps)
    during = talk.will_look
    steps.close()
    alone(world.wires[0].listening.store, talk.turn([], room=True))
    behind = talk.will_look
    assert (during, behind) == (True, False)


def test_passing_on_takes_turns_with_the_threads(world: World) -> None:
    """What came is left to them where one of them is at work on the link."""
    passed: list[tuple[str, bool]] = []

    def passing(link: str, quick: bool) -> Steps[bool]:
        passed.append((link, quick))
        yield from ()
        return False

    carrying = Carrying(passing, list, world.wires[0].listening.store)

    def brings(link: str) -> Steps[str]:
        carrying.nudge(link)
        yield from ()
        return "brought"

    run = partial(alone, world.wires[0].listening.store)
    assert run(carrying.beside("a", brings("a"))) == "brought"
    assert passed == [("a", True)]
    carrying._busy.add("a")
    assert run(carrying.beside("a", brings("a"))) == "brought"
    assert passed == [("a", True)], "another passes on what comes over it now"
    assert list(carrying._waiting) == ["a"], "and goes on with this"
