"""Which of a center's paper templates a paper is issued under: its words and layout, and since when they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from reference.model import Policy


@dataclass(frozen=True, slots=True)
class PaperEdition:
    """A published edition of a center's template for a kind of paper; it never changes."""

    id: str
    center_id: str
    kind: str
    number: int
    wording: Mapping[str, str]
    layout: Mapping[str, Any]
    effective_from: datetime
    version: int = 0


@dataclass(frozen=True, slots=True)
class PaperStyle:
    """The words and the layout that a paper freezes when it is issued, and the edition that they are of; 0: none."""

    wording: Mapping[str, str] = field(default_factory=dict)
    layout: Mapping[str, Any] = field(default_factory=dict)
    edition: int = 0


class Editions(Protocol):
    """The templates that a service knows of, and what its centers want."""

    def paper_editions(self, center_id: str, kind: str) -> tuple[PaperEdition, ...]:
        """The published editions of a kind, the newest first."""
        ...

    def policy(self, center_id: str) -> Policy:
        """A center's settings."""
        ...


def style_for(known: Editions, *, center_id: str, kind: str, at: datetime) -> PaperStyle:
    """What a paper of a kind that is issued at a time is made by.

    The newest edition whose day has come, as a whole; before there is one, the center's words of ``<kind>_wording``.
    """
    for edition in known.paper_editions(center_id, kind):
        if edition.effective_from <= at:
            return PaperStyle(edition.wording, edition.layout, edition.number)
    return PaperStyle(dict(known.policy(center_id).data(f"{kind}_wording")))
