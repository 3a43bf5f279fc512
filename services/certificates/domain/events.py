"""What certificates tells."""

from __future__ import annotations

from dataclasses import dataclass

from services.certificates.domain.holding import Holding, Use
from services.certificates.domain.looks import Look


@dataclass(frozen=True, slots=True)
class HoldingKept:
    """A paper is on file, or what is on file has changed."""

    holding: Holding
    rules: str = "国办函〔2016〕108号"


@dataclass(frozen=True, slots=True)
class HoldingUsed:
    """An application used it instead of a paper handed in."""

    holding: Holding
    use: Use
    rules: str = "rules C15; 国办函〔2016〕108号"


@dataclass(frozen=True, slots=True)
class HoldingEnded:
    """It holds no more before its time; whoever used it learns so."""

    holding: Holding
    rules: str = "许可法 69, 70; our own choice"


@dataclass(frozen=True, slots=True)
class HoldingsShown:
    """Somebody looked at what is on file of a person."""

    look: Look
    rules: str = "rules AG01"
