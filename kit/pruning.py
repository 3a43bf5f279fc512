"""Pruning: what nobody needs any more is taken away, a batch at a time.

A service says what: a kind, an index that ends with a time, and how long it keeps what stands there. Each such rule has
one document that wakes up (kit/alarms.py), so that of several replicas one prunes at a time, and an outage is made up for
afterwards. What has no time in the index is never looked at: so a service says what must stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from kit.alarms import ALARMS, Alarm
from kit.call import Call
from kit.clock import to_ms
from kit.errors import NotFound, Stale
from kit.store.port import Document, Duplicate, Kind, Query, Range, Scalar, Store
from kit.store.repository import Repository

PRUNINGS: Final = Kind("pruning", (ALARMS,))
#: Documents that one turn takes away at the most; then others have their turn.
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Turn:
    """When a rule is looked at next. ``id`` is the rule's name."""

    id: str
    due_at: datetime | None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What is taken away: documents of a kind whose time in an index is longer ago than ``keep``."""

    kind: Kind
    #: Its last field is milliseconds since 1970.
    index: str
    keep: timedelta
    every: timedelta = timedelta(hours=1)
    #: The index's leading fields.
    where: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    #: The time that they are held against: the site's business time, unless they were written by another.
    now: Callable[[Call], datetime] = lambda call: call.now
    #: Called with what is to go and the time that it is older than, before it goes: what else goes with it. After a crash
    #: it is called again.
    with_them: Callable[[Call, Sequence[Document], datetime], None] = lambda call, documents, before: None
    #: Which of them may go; one that may not is looked at again after ``again``, and keeps no other waiting.
    may_go: Callable[[Store, Document], bool] = lambda store, document: True
    again: timedelta = timedelta(days=1)
    #: Tells two rules of one kind apart.
    of: str = ""

    @property
    def name(self) -> str:
        """What its turns are kept under."""
        return f"{self.kind.name}.{self.of}" if self.of else self.kind.name

    def take_away(self, store: Store, call: Call) -> bool:
        """Takes a batch away; whether there may be more. Raises ``Unavailable``."""
        before = self.now(call) - self.keep
        found = store.find(Query(self.kind.name, self.index, self.where, Range(below=to_ms(before)), limit=BATCH))
        gone = [each for each in found.documents if self.may_go(store, each)]
        self._look_again(store, before, [each for each in found.documents if each not in gone])
        self.with_them(call, gone, before)
        store.remove(self.kind.name, [(each.id, each.version) for each in gone])
        return len(found.documents) == BATCH

    def _look_again(self, store: Store, before: datetime, documents: Sequence[Document]) -> None:
        time = self.kind.index(self.index).fields[-1]
        for each in documents:
            with suppress(Stale, NotFound):  # else whoever changed it says when
                store.save(each.kind, each.id, each.body | {time: to_ms(before + self.again)}, each.version)


@dataclass(frozen=True)
class Pruner:
    """The rules of one service."""

    name: str
    turns: Repository[Turn]
    rules: Sequence[Rule]

    def begin(self, call: Call) -> None:
        """Gives each rule its turns, once. Raises ``Unavailable``."""
        for rule in self.rules:
            there = self.turns.find_by_id(rule.name)
            with suppress(Duplicate):
                if there is None:
                    self.turns.create(Turn(rule.name, call.now + rule.every), [], call)

    def alarms(self) -> list[Alarm]:
        """The turns of all rules."""
        return [Alarm(f"{self.name}.prune", self.turns, self._turn)]

    def _turn(self, turn: Turn, call: Call) -> None:
        rule = next((each for each in self.rules if each.name == turn.id), None)
        # A rule that was switched off: its turn stays, so that it goes on when it is switched on again.
        more = rule is not None and rule.take_away(self.turns.store, call)
        pause = timedelta() if more else timedelta(hours=1) if rule is None else rule.every
        self.turns.save(replace(turn, due_at=call.now + pause), [], call)
