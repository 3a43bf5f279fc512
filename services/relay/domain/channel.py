"""A channel: how far a link's letters were passed on, which of them wait, and whether it stands still."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from kit.errors import Conflict
from services.relay.domain.files import Way

#: Letters of one link that may wait for their files at a time; then the link waits. Our own choice.
MAX_WAITING: Final = 200


class LinkStopped(Conflict):
    """The link stands still in this direction since its chain forked."""


@dataclass(frozen=True, slots=True)
class Stop:
    """That a direction stands still, and why."""

    way: Way
    #: Up to where both ends still agree, as far as it is known.
    sequence: int
    code: str
    #: What each end has there: digests, hex.
    ours: str
    theirs: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that is here and not yet passed on, as its files or those of a letter before it are on their way."""

    sequence: int
    letter: str
    journey: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Channel:
    """One a link, at this site. ``id`` is the link's."""

    id: str
    #: The other end.
    peer: str
    #: The last incoming envelope that was passed on, set aside or put among those that wait.
    passed: int = 0
    waiting: tuple[Waiting, ...] = ()
    stops: tuple[Stop, ...] = ()
    version: int = 0

    def stop_of(self, way: Way) -> Stop | None:
        """Why this direction stands still; ``None``: it doesn't."""
        return next((each for each in self.stops if each.way is way), None)

    def require_open(self, way: Way) -> None:
        """Raises ``LinkStopped`` (``chain_forked``)."""
        if (stop := self.stop_of(way)) is not None:
            raise LinkStopped(
                stop.code,
                "链路已因函件链不一致而停止，请运行 tongban relay reconcile 核对。",
                link=self.id,
                sequence=stop.sequence,
            )

    def stopped(self, stop: Stop) -> Channel:
        """With this direction standing still; the first reason stays."""
        return self if self.stop_of(stop.way) else replace(self, stops=(*self.stops, stop))

    def anchored(self, sequence: int) -> Channel:
        """With nothing behind a number passed on or waiting: the incoming chain goes on from there."""
        waiting = tuple(each for each in self.waiting if each.sequence <= sequence)
        return replace(self, passed=min(self.passed, sequence), waiting=waiting)

    def reopened(self, way: Way) -> Channel:
        """With this direction going on."""
        return replace(self, stops=tuple(each for each in self.stops if each.way is not way))
