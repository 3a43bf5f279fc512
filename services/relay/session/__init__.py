"""One conversation between two sites: which frames follow from which. No I/O but the desk's: transports carry it."""

from services.relay.session.conversation import Session
from services.relay.session.surroundings import FrameFlow, LineRefused, Side, Surroundings, Terms

__all__ = ["FrameFlow", "LineRefused", "Session", "Side", "Surroundings", "Terms"]
