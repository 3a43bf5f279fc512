"""What leaves over a line, and when it is looked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from services.relay.handlers.kept import Envelopes
from services.relay.handlers.outgoing import post
from services.relay.handlers.place import Kept
from services.relay.protos import envelope_of, head_message, head_of
from services.relay.session.sending import Sending
from services.relay.session.surroundings import LOOK, Surroundings
from services.relay.tests.world import HUB, Office
from tongban.relay.v1 import link_pb2


@dataclass
class Moment:
    """The line's clock."""

    now: float = 0.0


@dataclass(frozen=True)
class Watched(Envelopes):
    """Lets a test in right after a lane was looked at."""

    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    def after(self, lane: str, sequence: int, limit: int) -> Sequence[Kept]:
        found = super().after(lane, sequence, limit)
        while self.meanwhile:
            self.meanwhile.pop()()
        return found


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def lane(county: Office, hub: Office) -> Watched:
    return Watched(county.store)


@pytest.fixture
def sending(county: Office, lane: Watched, moment: Moment) -> Sending:
    desk = replace(county.desk, envelopes=lane)
    made = Sending(Surroundings(desk, lambda: county.now, lambda: moment.now), county.link_to(HUB).id)
    made.allow(link_pb2.Credit(envelopes=3, bytes=1 << 20))
    return made


def _post(county: Office, count: int = 1) -> None:
    for _ in range(count):
        post(desk=county.desk, call=county.now, letter=county.letter(HUB))


def _sequences(frame: link_pb2.Frame | None) -> list[int]:
    return [] if frame is None else [each.sequence for each in frame.envelopes.envelopes]


def test_a_letter_that_is_posted_while_the_lane_is_looked_at_leaves_at_once(
    county: Office, lane: Watched, sending: Sending
) -> None:
    def posted() -> None:
        _post(county)
        sending.nudge()

    lane.meanwhile.append(posted)
    assert sending.next() is None
    assert _sequences(sending.next()) == [1], "it would have waited until the next look"


def test_a_quiet_lane_is_looked_at_now_and_then_and_not_each_time(
    county: Office, lane: Watched, sending: Sending, moment: Moment
) -> None:
    assert sending.next() is None
    _post(county)  # by another replica, which nobody tells this one of
    assert sending.next() is None
    moment.now += LOOK
    assert _sequences(sending.next()) == [1]


def test_what_the_window_holds_back_leaves_with_the_acknowledgement(county: Office, sending: Sending) -> None:
    _post(county, 5)
    frame = sending.next()
    assert frame is not None
    assert _sequences(frame) == [1, 2, 3]
    assert sending.next() is None
    held_back = sending.may_go_on
    head = envelope_of(frame.envelopes.envelopes[1]).head()
    sending.hear(head_of(head_message(head)))
    assert (held_back, sending.may_go_on) == (False, True), "more goes once there is room, and not before"
    assert _sequences(sending.next()) == [4, 5]


def test_a_lane_that_is_empty_behind_what_was_sent_is_not_asked_again(county: Office, sending: Sending) -> None:
    _post(county)
    assert _sequences(sending.next()) == [1]
    assert not sending.may_go_on
