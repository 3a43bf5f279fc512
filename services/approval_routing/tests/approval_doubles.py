"""Whom approval asks, as a test wants them to answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from kit.actor import Actor
from reference.testing import CENTER_ID, DEPARTMENT
from services.approval_routing.domain.worker import Covered
from services.approval_routing.handlers.colleagues import Colleague
from services.approval_routing.handlers.denials import ReportedDenial

FULL_NAME = "张三丰"


@dataclass
class NameTable:
    """Names as intake would show them."""

    asked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def name(self, application_id: str, *, purpose: str, token: str, once: str) -> str:
        self.asked.append((application_id, purpose, token, once))
        return FULL_NAME


@dataclass
class CarriedPapers:
    """Whose files were put on their way."""

    carried: list[str] = field(default_factory=list)

    def carry(self, application_id: str, *, token: str) -> None:
        self.carried.append(application_id)


@dataclass
class Reports:
    """What intake would say of reports that something can't be done."""

    known: dict[str, ReportedDenial] = field(default_factory=dict)

    def newest(self, center_id: str, application_id: str, *, token: str) -> ReportedDenial | None:
        return self.known.get(application_id)


@dataclass
class Duties:
    """Who is here, as workforce would say: everybody, but for what a test says."""

    known: dict[str, Colleague] = field(default_factory=dict)

    def get(self, staff_id: str, *, token: str) -> Colleague:
        nobody = Colleague(staff_id, staff_id, CENTER_ID, DEPARTMENT, frozenset({"reviewer"}))
        return self.known.get(staff_id, nobody)

    def sends_away(self, who: Actor) -> None:
        """They are on leave."""
        self.known[who.id] = Colleague(who.id, who.name, CENTER_ID, who.department, who.roles, away=True)

    def lets_stand_in(self, who: Actor, *covered: Actor) -> None:
        """They stand in for others."""
        covers = tuple(Covered(one.id, one.name) for one in covered)
        self.known[who.id] = Colleague(who.id, who.name, CENTER_ID, who.department, who.roles, covers=covers)
