"""What relay raises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.relay.domain.letter import Letter
from services.relay.domain.register import Settled


@dataclass(frozen=True, slots=True)
class LetterArrived:
    """A letter for this site is here, whole with its files."""

    letter: Letter
    link: str
    received_at: datetime
    rules: str = "rules P03, K07"


@dataclass(frozen=True, slots=True)
class LetterSettled:
    """What became of a letter that this site wrote."""

    letter_id: str
    journey: str
    type: str
    destination: str
    settled: Settled
    rules: str = "rules P03, K07"
