"""What happened to collected papers, named like the messages of events.proto (rules B08, C16)."""

from __future__ import annotations

from dataclasses import dataclass

from services.intake.domain.bundle import Bundle
from services.intake.domain.hand_over import PaperList


@dataclass(frozen=True, slots=True)
class PaperListGiven:
    """A list of papers for a department was signed by its giver."""

    list: PaperList
    rules: str = "rules B08, C16"


@dataclass(frozen=True, slots=True)
class PaperListReceived:
    """The department signed a list, perhaps with differences."""

    list: PaperList
    rules: str = "rules B08, C16"


@dataclass(frozen=True, slots=True)
class PaperListSettled:
    """The differences of a list are cleared up."""

    list: PaperList
    rules: str = "rules B08"


@dataclass(frozen=True, slots=True)
class PaperListWithdrawn:
    """A list was taken back before the department signed."""

    list: PaperList
    rules: str = "rules B08"


@dataclass(frozen=True, slots=True)
class PapersHandedOver:
    """The papers of a case went to the department by a list."""

    bundle: Bundle
    list: PaperList
    rules: str = "rules B08, C16"


@dataclass(frozen=True, slots=True)
class PapersNotHandedOver:
    """Papers of a case weren't handed over in time."""

    bundle: Bundle
    rules: str = "rules B08, C16"


@dataclass(frozen=True, slots=True)
class PapersLeft:
    """Originals are left to be fetched."""

    bundle: Bundle
    rules: str = "rules C16"


@dataclass(frozen=True, slots=True)
class LeftPapersReminded:
    """The applicant is reminded of them."""

    bundle: Bundle
    rules: str = "rules C16"


@dataclass(frozen=True, slots=True)
class LeftPapersFetched:
    """They were fetched, with a signature."""

    bundle: Bundle
    rules: str = "rules C16"
