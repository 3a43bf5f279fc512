"""How an event that isn't a case's own becomes a line of files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kit.events import Event
from services.archive.domain.case_file import Told
from services.archive.domain.entries import Draft, EntryKind, Origin

#: What a line says: (what people call it, the value); what is empty is left out.
Said = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Concerns:
    """Which files an event belongs to: a case of this site, or all of a visit. Both empty: none."""

    case_id: str = ""
    journey: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one event is written into files. ``papers``: what is there with it, as completeness knows it."""

    title: str
    concerns: Callable[[Event, Any], Concerns]
    said: Callable[[Any], Said]
    kind: EntryKind = EntryKind.MESSAGE
    papers: Callable[[Any], tuple[str, ...]] = lambda message: ()

    def told(self, event: Event, message: Any) -> Told:
        """Its line."""
        text = "\n".join(f"{name}：{value}" for name, value in self.said(message) if value)
        draft = Draft(event.id, self.kind, self.title, event.at, Origin.TEXT, by_name=event.actor_name, text=text)
        return Told(drafts=(draft,), papers=self.papers(message))


def yuan(fen: int) -> str:
    """An amount as people write it; nothing for nothing."""
    return f"{fen / 100:.2f}" if fen else ""
