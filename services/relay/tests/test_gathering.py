"""What came since a line's last turn is put together where that changes nothing of what is heard."""

from __future__ import annotations

import pytest

from services.relay.session.gathering import gathered
from tongban.relay.v1 import link_pb2, messages_pb2


def _letters(*sequences: int) -> link_pb2.Frame:
    envelopes = [messages_pb2.Envelope(sequence=each) for each in sequences]
    return link_pb2.Frame(envelopes=link_pb2.Envelopes(envelopes=envelopes))


def _acknowledged(sequence: int) -> link_pb2.Frame:
    return link_pb2.Frame(acknowledged=link_pb2.Acknowledged(head=messages_pb2.Head(sequence=sequence)))


def _message(*frames: link_pb2.Frame) -> link_pb2.Frame:
    return link_pb2.Frame(frames=link_pb2.Frames(frames=frames))


PING = link_pb2.Frame(ping=link_pb2.Ping(number=1))
BYE = link_pb2.Frame(bye=link_pb2.Bye(code="stopped"))


def test_letters_that_came_one_by_one_are_heard_together_and_only_the_last_acknowledgement() -> None:
    came = [_message(_letters(1), _acknowledged(7)), _letters(2), _message(_letters(3), _acknowledged(9))]
    assert gathered(came) == [_letters(1, 2, 3), _acknowledged(9)]


@pytest.mark.parametrize("other", [PING, BYE], ids=["ping", "bye"])
def test_nothing_is_heard_before_what_came_before_it_but_these_two(other: link_pb2.Frame) -> None:
    came = [_letters(1), _acknowledged(7), _letters(2), other, _letters(3), _acknowledged(9)]
    assert gathered(came) == [_letters(1, 2), _acknowledged(7), other, _letters(3), _acknowledged(9)]


def test_who_sends_a_message_of_messages_is_still_told_that_it_may_not() -> None:
    nested, long = _message(_message(PING)), _message(*[PING] * 65)
    assert gathered([_letters(1), nested, long, _letters(2)]) == [_letters(1), nested, long, _letters(2)]


def test_no_more_are_put_together_than_one_frame_may_have() -> None:
    sizes = [len(each.envelopes.envelopes) for each in gathered([_letters(*range(60))] * 3)]
    assert sizes == [60, 60, 60]
    assert [len(each.envelopes.envelopes) for each in gathered([_letters(1)] * 150)] == [100, 50]
