"""Entities that are asked for again and again, where no other process writes them: remembered behind each write."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from kit.call import Call
from kit.events import DomainEvent
from kit.store.port import Mark
from kit.store.repository import Entity, Repository
from kit.store.steps import Steps

E = TypeVar("E", bound=Entity)

#: Entities that are remembered unless it is said how many.
_REMEMBERED: Final = 8192


class RememberingRepository(Repository[E]):
    """Answers ``find_by_id`` from memory what this process read or wrote last. Only for the store's one writing process,
    and for entities that are never removed. Past ``most`` all are forgotten; 0 remembers nothing."""

    def __init__(self, *given: Any, most: int = _REMEMBERED, **named: Any) -> None:
        super().__init__(*given, **named)
        self._most = most
        self._entities: dict[str, E] = {}
        #: Grows with each forgetting: what was read before one, and is told after it, may be old.
        self._forgotten = 0
        self._lock = threading.Lock()

    def find_by_id(self, id: str) -> E | None:
        """The entity, or ``None``."""
        known = self._entities.get(id)
        if known is not None:
            return known
        began = self._forgotten
        found = super().find_by_id(id)
        if found is not None:
            self._note(found, began)
        return found

    def create(self, entity: E, events: Sequence[DomainEvent], call: Call, *, mark: Mark | None = None) -> E:
        """See ``Repository``."""
        began = self._forgotten
        created = super().create(entity, events, call, mark=mark)
        self._note(created, began)
        return created

    def saving(
        self, entity: E, events: Sequence[DomainEvent], call: Call, *, mark: Mark | None = None, durable: bool = True
    ) -> Steps[E]:
        """See ``Repository``."""
        began = self._forgotten
        try:
            saved = yield from super().saving(entity, events, call, mark=mark, durable=durable)
        except BaseException:  # another was faster, or nobody knows whether it stands
            self._forget(entity.id)
            raise
        self._note(saved, began)
        return saved

    def _note(self, entity: E, began: int) -> None:
        if not self._most:
            return
        with self._lock:
            if len(self._entities) >= self._most:
                self._entities.clear()
                self._forgotten += 1
            known = self._entities.get(entity.id)
            if began == self._forgotten and (known is None or known.version < entity.version):
                self._entities[entity.id] = entity
            elif began != self._forgotten:
                self._entities.pop(entity.id, None)

    def _forget(self, id: str) -> None:
        with self._lock:
            self._entities.pop(id, None)
            self._forgotten += 1
