"""A store that is watched: spans, durations and errors around whatever adapter stands behind it.

Put around it only where somebody looks, so that it costs nothing where nobody does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from kit import telemetry
from kit.call import Idempotency
from kit.errors import TongbanError, Unavailable
from kit.events import Event
from kit.store.port import Body, Document, Mark, Page, PendingEvent, Query, Scalar, Store, Write


def observed_store(store: Store, service: str) -> Store:
    """The store itself, or the watched one where anybody may look."""
    return ObservedStore(store, service) if telemetry.is_on() else store


class ObservedStore:
    """Passes everything on; says how long it took and what failed, never what it was about."""

    def __init__(self, store: Store, service: str) -> None:
        self._store = store
        self._service = service

    @contextmanager
    def _watched(self, operation: str, kind: str = "") -> Iterator[None]:
        labels = {"operation": operation}
        facts = {"db.operation.name": operation, "db.collection.name": kind or self._service}
        began = time.perf_counter()
        try:
            with telemetry.inner_span(f"store {operation} {kind}".rstrip(), facts):
                yield
        except TongbanError as error:
            if isinstance(error, Unavailable):  # all else is an answer: a lost race, a key that is taken
                telemetry.store_errors.add(1, {**labels, "code": error.code})
            raise
        except Exception as error:
            telemetry.store_errors.add(1, {**labels, "code": type(error).__name__})
            raise
        finally:
            telemetry.store_duration.record(time.perf_counter() - began, labels)

    def get(self, kind: str, id: str) -> Document | None:
        """See ``Store``."""
        with self._watched("get", kind):
            return self._store.get(kind, id)

    def insert(
        self,
        kind: str,
        id: str,
        body: Body,
        *,
        events: Sequence[Event] = (),
        mark: Mark | None = None,
        idempotency: Idempotency | None = None,
    ) -> Document:
        """See ``Store``."""
        with self._watched("insert", kind):
            return self._store.insert(kind, id, body, events=events, mark=mark, idempotency=idempotency)

    def append(self, kind: str, documents: Sequence[tuple[str, Body]], *, durable: bool = True) -> None:
        """See ``Store``."""
        with self._watched("append", kind):
            self._store.append(kind, documents, durable=durable)

    def save(
        self,
        kind: str,
        id: str,
        body: Body,
        version: int,
        *,
        events: Sequence[Event] = (),
        mark: Mark | None = None,
        durable: bool = True,
    ) -> Document:
        """See ``Store``."""
        with self._watched("save", kind):
            return self._store.save(kind, id, body, version, events=events, mark=mark, durable=durable)

    def write_all(self, writes: Sequence[Write]) -> Sequence[Document | Exception | None]:
        """See ``Store``."""
        with self._watched("write_all"):
            answers = self._store.write_all(writes)
        for each in answers:
            if isinstance(each, Unavailable):
                telemetry.store_errors.add(1, {"operation": "write_all", "code": each.code})
        return answers

    def remove(self, kind: str, documents: Sequence[tuple[str, int]]) -> None:
        """See ``Store``."""
        with self._watched("remove", kind):
            self._store.remove(kind, documents)

    def find(self, query: Query) -> Page:
        """See ``Store``."""
        with self._watched("find", query.kind):
            return self._store.find(query)

    def find_unique(self, kind: str, index: str, values: Sequence[Scalar]) -> Document | None:
        """See ``Store``."""
        with self._watched("find_unique", kind):
            return self._store.find_unique(kind, index, values)

    def find_created(self, kind: str, idempotency_key: str) -> Document | None:
        """See ``Store``."""
        with self._watched("find_created", kind):
            return self._store.find_created(kind, idempotency_key)

    def count(self, query: Query) -> int:
        """See ``Store``."""
        with self._watched("count", query.kind):
            return self._store.count(query)

    def next_number(self, name: str) -> int:
        """See ``Store``."""
        with self._watched("next_number"):
            return self._store.next_number(name)

    def is_marked(self, mark: Mark) -> bool:
        """See ``Store``."""
        with self._watched("is_marked"):
            return self._store.is_marked(mark)

    def forget_marks(self, group: str, before: datetime, limit: int) -> int:
        """See ``Store``."""
        with self._watched("forget_marks"):
            return self._store.forget_marks(group, before, limit)

    def pending(self, limit: int) -> Sequence[PendingEvent]:
        """See ``Store``."""
        with self._watched("pending"):
            return self._store.pending(limit)

    def published(self, events: Sequence[PendingEvent]) -> None:
        """See ``Store``."""
        with self._watched("published"):
            self._store.published(events)

    def pending_depth(self) -> int:
        """See ``Store``."""
        return self._store.pending_depth()

    def listen(self, nudge: Callable[[], None]) -> None:
        """See ``Store``."""
        self._store.listen(nudge)

    def ping(self) -> None:
        """See ``Store``."""
        with self._watched("ping"):
            self._store.ping()

    def scan(self, kind: str) -> Iterator[Document]:
        """See ``Store``."""
        return self._store.scan(kind)

    def close(self) -> None:
        """See ``Store``."""
        self._store.close()
