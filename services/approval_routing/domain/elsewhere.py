"""Steps that other sites do (上报、多地联办; rules F01, P01; 许可法 43): sent on, answered there, written into the case here.

The case stays this site's: what another one says changes it only here. What is sent up stops the clock of this site,
whose promise is to send it up (rules F01); the upper site has a limit of its own. A part doesn't: the lead's clock is
that of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.approval_routing.domain.decision import Outcome

#: The place that a center's setting ``parent_site`` names.
PARENT: Final = "parent"
#: Of the stop while the site above decides.
SENT_UP_STOP: Final = "sent_up"


class ElsewhereKind(StrEnum):
    """Why other sites do a step."""

    SENT_UP = "sent_up"
    PART = "part"


@dataclass(frozen=True, slots=True)
class ElsewherePlace:
    """A department of a center of another site; ``days`` are working days of its own."""

    site: str
    center_id: str = ""
    department_key: str = ""
    days: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a step is done that isn't done here."""

    kind: ElsewhereKind
    places: tuple[ElsewherePlace, ...]


@dataclass(frozen=True, slots=True)
class ElsewhereAnswer:
    """What other sites say of a step; a refusal of what was sent up has basis and rights (许可法 38)."""

    outcome: Outcome
    site: str
    answered_by: str
    answered_at: datetime
    opinion: str
    basis: str = ""
    rights: str = ""
    number: str = ""
