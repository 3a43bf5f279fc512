"""Who asks for whose papers, for which materials, and what for."""

from __future__ import annotations

from dataclasses import dataclass

from services.certificates.domain.trust import Trust
from services.certificates.libraries.port import Person


@dataclass(frozen=True, slots=True)
class Wanted:
    """A material that an application needs; without a level, what the center wants in general."""

    key: str
    name: str
    trust: Trust | None
    #: Types of electronic certificates any of which it is; none: it goes by its name.
    types: tuple[str, ...] = ()
    #: Whether its item lets it come from a certificate library outside.
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Whose papers are asked for, and for which application."""

    center_id: str
    holder_key: str
    application_id: str
    journey: str
    purpose: str
    #: In full, for libraries outside; None: only what is on file here is wanted.
    person: Person | None = None
