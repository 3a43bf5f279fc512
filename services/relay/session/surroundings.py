"""What a conversation works with besides its frames."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

from kit.call import Call
from kit.errors import Forbidden, NotFound
from kit.store.steps import Steps
from services.relay.domain.link import Link
from services.relay.handlers.desk import Desk
from tongban.relay.v1 import link_pb2

#: How often a line looks for what nobody told it of, in seconds, where there are few lines. Our own choice.
LOOK: Final = 1.0


#: Frames that are to be said.
Frames = list[link_pb2.Frame]


class LineRefused(Forbidden):
    """Who is on the line isn't who may be, or says what makes no sense."""


class Side(StrEnum):
    """Which end of the line this is."""

    DIALLING = "dialling"
    LISTENING = "listening"


class FrameFlow(Protocol):
    """Frames of other kinds that share the line: files, and reconciling."""

    def receive(self, frame: link_pb2.Frame, call: Call) -> bool:
        """Takes a frame; True: letters that waited may go on. Raises ``TongbanError``, which the other end is told."""
        ...

    def nudge(self) -> None:
        """Something may be wanted that wasn't a moment ago. From any thread."""
        ...

    def to_ask(self) -> list[link_pb2.Frame]:
        """Small frames to send now."""
        ...

    def to_give(self) -> link_pb2.Frame | None:
        """The next large frame to send; ``None``: there is none."""
        ...


@dataclass(frozen=True)
class Terms:
    """How a line is kept; see ``RelaySettings``."""

    skew: timedelta = timedelta(minutes=5)
    ping_seconds: float = 15.0
    silence_seconds: float = 45.0
    window_envelopes: int = 1024
    window_bytes: int = 4 * 1024 * 1024


@dataclass
class Surroundings:
    """What a session works with besides frames."""

    desk: Desk
    #: A call as it would be made now.
    call: Callable[[], Call]
    #: Monotonic seconds.
    real: Callable[[], float]
    terms: Terms = Terms()
    #: (call, link, acknowledged, clock skew in ms): the neighbour was heard.
    heard: Callable[[Call, Link, int, int | None], None] = lambda call, link, acknowledged, skew: None
    #: Called now and then while a link is spoken on.
    settle: Callable[[Call, str], None] = lambda call, link: None
    #: How often a line looks for what nobody told it of (another replica put it there), in seconds.
    look_seconds: Callable[[], float] = lambda: LOOK
    #: (link, steps that bring letters over it): the same steps, with what came passed on behind them.
    beside: Callable[[str, Steps[Frames]], Steps[Frames]] = lambda link, steps: steps
    #: The flows of a link, once it is known who is on the line.
    flows: Callable[[str], Sequence[FrameFlow]] = lambda link: ()
    random: Callable[[int], bytes] = os.urandom

    def link(self, id: str) -> Link:
        """An active link as it stands now. Raises ``LineRefused`` (``link_unknown``), ``LinkClosed``."""
        try:
            link = self.desk.links.link(id)
        except NotFound:
            raise LineRefused("link_unknown", "没有这条链路，请与对方站点核对。") from None
        link.require_active()
        return link
