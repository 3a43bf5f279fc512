"""What an item asks for: situations, the materials that each needs, and the letter of a commitment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SituationOption:
    """One answer to a question."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class SituationQuestion:
    """What the applicant is asked, so that only what their situation needs is wanted."""

    key: str
    label: str
    options: tuple[SituationOption, ...]


@dataclass(frozen=True, slots=True)
class SituationCondition:
    """Holds where a question has one of these answers."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a letter of notice and commitment says (rules D04); days are working days."""

    laws: str
    conditions: str
    consequences: str
    supervision: str
    breach: str
    remedies: str
    correction_days: int
    verification_days: int
    #: Materials that need not be handed in under it.
    waived: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """A paper that the applicant hands in; a missing main one bars acceptance (rules D01)."""

    key: str
    name: str
    source: str = "applicant"
    form: str = "original"
    main: bool = True
    copies: int = 1
    note: str = ""
    #: All of these hold where it is wanted.
    when: tuple[SituationCondition, ...] = ()
    sample: str = ""
    standard: str = ""
    #: hand_in, reuse or library; empty: handed in.
    obtained: str = ""
    #: The lowest level that suffices, A to D; empty: any (facts 3).
    trust: str = ""
    #: A secondary one that may be promised and brought later (rules D01).
    deferrable: bool = False

    def wanted(self, situation: Mapping[str, str]) -> bool:
        """Whether it is wanted in a situation: answers by question."""
        return all(situation.get(each.question) in each.options for each in self.when)
