"""What is said of cases beside their own course: lines of files that others began."""

from __future__ import annotations

from typing import Final

from services.archive.events import collected, money, neighbours, opinions, reports
from services.archive.events.rule import Rule

#: Events by service that become lines of files.
FOLLOWED: Final[dict[str, dict[str, Rule]]] = {
    "intake": {**reports.INTAKE, **collected.PAPERS},
    "approval_routing": reports.APPROVAL,
    "evaluation": opinions.EVALUATIONS,
    "complaint": opinions.COMPLAINTS,
    "fees": money.FEES,
    "federation": neighbours.FEDERATION,
}
