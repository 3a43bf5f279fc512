"""Who acts on a case: by their own authority, or for a colleague whom they stand in for (rules V01, AA03)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Covered:
    """A colleague who is on leave or has delegated, as of now."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Worker:
    """Who acts on a step: their roles and department decide what they may take; ``covers``: whom they stand in for."""

    id: str
    name: str
    roles: frozenset[str]
    department: str
    covers: tuple[Covered, ...] = ()

    def heads(self, department_key: str) -> bool:
        """Whether they are the chief representative of a department, who may do all of its steps (rules AA03)."""
        return "chief" in self.roles and self.department == department_key

    def stands_in_for(self, staff_id: str) -> bool:
        """Whether that colleague is away, or has delegated to them."""
        return any(each.id == staff_id for each in self.covers)
