"""Trust levels of papers on file (国办函〔2016〕108号): what may be used as it is, and what needs its original."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Trust(StrEnum):
    """How far a paper on file can be relied on; A is the highest."""

    #: Made by the authority that issues it: used as it is.
    A = "A"
    #: Compared with its original at a window: used again as it is.
    B = "B"
    #: Uploaded by whoever it is about: its original must be seen.
    C = "C"
    #: Declared by whoever it is about.
    D = "D"

    def suffices(self, wanted: Trust) -> bool:
        """Whether a paper of this level is enough where another level is wanted."""
        return self.value <= wanted.value


class Usability(StrEnum):
    """What a paper on file may be used for where one is wanted."""

    #: 可直接使用
    DIRECT = "direct"
    #: 需核验原件
    ORIGINAL = "original"
    #: Its level doesn't suffice, whatever is seen.
    NOT_ENOUGH = "not_enough"


def usability(trust: Trust, wanted: Trust) -> Usability:
    """What a level of trust is good for (国办函〔2016〕108号).

    What was uploaded needs its original seen, and counts as compared with it from then on. What was only declared
    serves where a declaration is enough.
    """
    if trust is Trust.C:
        return Usability.ORIGINAL if Trust.B.suffices(wanted) else Usability.NOT_ENOUGH
    return Usability.DIRECT if trust.suffices(wanted) else Usability.NOT_ENOUGH


def kind_of(name: str, names: Mapping[str, str] | None = None) -> str:
    """The kind of a paper: its name as the catalog has it, or the one that the center uses for it, without blanks."""
    plain = "".join(unicodedata.normalize("NFKC", name).split())
    return (names or {}).get(plain, plain)
