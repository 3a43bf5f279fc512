"""A session on a line: its frames in turns, small ones before bulk."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kit.store.steps import Steps
from services.relay.session import Session
from services.relay.transports.line import Turn
from tongban.relay.v1 import link_pb2


class Talk:
    """One conversation of this process."""

    def __init__(self, session: Session, *, opened: Callable[[Talk], None], closed: Callable[[Talk], None]) -> None:
        self.session = session
        self._opened = opened
        self._closed = closed
        self._started = False
        self._was_open = False
        #: Whether its turn looks for what is to be sent yet: whoever has put something there needn't wake it.
        self.will_look = False

    @property
    def link(self) -> str:
        """The link that is spoken on; empty: not known yet."""
        return self.session.link

    def turn(self, frames: Sequence[link_pb2.Frame], *, room: bool) -> Steps[Turn]:
        """Hears frames and speaks."""
        self.will_look = room
        control: list[link_pb2.Frame] = []
        if not self._started:
            self._started = True
            control += self.session.start()
        control += yield from self.session.hearing_all(frames)
        if not self._was_open and self.session.is_open:
            self._was_open = True
            self._opened(self)
        control += self.session.control()
        self.will_look = False  # before it looks: who comes later wakes it
        bulk = self.session.frames_to_send() if room else []
        session = self.session
        more = session.may_go_on(bulk) if room else True
        if control or bulk:
            control += session.along()
        joined = session.joined([*control, *bulk])
        if len(joined) == 1:  # in one message
            control, bulk = joined, []
        return Turn(control, bulk, more, session.again_in(), session.ended, session.code)

    def closed(self, reason: str) -> None:
        """The line is gone."""
        self.session.closed(reason)
        self._closed(self)
