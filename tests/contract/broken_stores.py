"""Stores that each break one promise, on purpose: the suite must catch every one of them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from typing import Any

from kit.call import Idempotency
from kit.errors import Conflict, Stale
from kit.events import Event
from kit.store.port import Body, Document, Duplicate, Mark, Page, PendingEvent, Query, Save, Write
from kit.store.sqlite import SqliteStore


class Racing(SqliteStore):
    """Where its gap is, two callers meet: a race that only sometimes happens would only sometimes be caught."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._meeting = threading.Barrier(2)

    def meet(self) -> None:
        """Waits for the other, a second at the most; after one that came alone, for nobody."""
        with contextlib.suppress(threading.BrokenBarrierError):
            self._meeting.wait(1.0)


class LosesUpdates(Racing):
    """Saves over whatever is there."""

    def save(self, kind: str, id: str, body: Body, version: int, **given: Any) -> Document:
        self.meet()
        present = self.get(kind, id)
        return super().save(kind, id, body, present.version if present else version, **given)


class ClaimsTwice(Racing):
    """Checks the version, then acts: a race between the two."""

    def save(self, kind: str, id: str, body: Body, version: int, **given: Any) -> Document:
        present = self.get(kind, id)
        if present is not None and present.version != version:
            raise Stale("stale_version", "…")
        self.meet()
        while True:
            present = self.get(kind, id)
            try:
                return super().save(kind, id, body, present.version if present else version, **given)
            except Stale:
                continue


class AppendsAround(SqliteStore):
    """Leaves out what is refused and goes on behind it."""

    def append(self, kind: str, documents: Sequence[tuple[str, Body]], **given: Any) -> None:
        refused = None
        for id, body in documents:
            try:
                super().append(kind, [(id, body)], **given)
            except Duplicate as error:
                refused = refused or error
        if refused is not None:
            raise refused


class RemovesWhateverIsThere(SqliteStore):
    """Doesn't look at the version."""

    def remove(self, kind: str, documents: Sequence[tuple[str, int]]) -> None:
        for id, _ in documents:
            found = self.get(kind, id)
            if found is not None:
                super().remove(kind, [(id, found.version)])


class AppendsAllOrNothing(SqliteStore):
    """Lets nothing stand when one is refused."""

    def append(self, kind: str, documents: Sequence[tuple[str, Body]], **given: Any) -> None:
        for id, body in documents:
            if self.get(kind, id) is not None:
                raise Duplicate(kind, "id", id)
            if body.get("code") and self.find_unique(kind, "code", [body["code"]]) is not None:
                raise Duplicate(kind, "code", id)
        super().append(kind, documents, **given)


class RefusesAllTogether(SqliteStore):
    """Of several writes one that is refused takes the others with it."""

    def write_all(self, writes: Sequence[Write]) -> Sequence[Document | Exception | None]:
        for write in writes:
            if isinstance(write, Save):
                found = self.get(write.kind, write.id)
                if found is None or found.version != write.version:
                    return [Stale("stale_version", "记录已被他人更新，请刷新后重试。", id=write.id)] * len(writes)
        return super().write_all(writes)


class GivesEventsOutOfOrder(SqliteStore):
    """The newest first."""

    def pending(self, limit: int) -> Sequence[PendingEvent]:
        return list(reversed(super().pending(limit)))


class GivesPagesOutOfOrder(SqliteStore):
    """As the documents happen to lie."""

    def find(self, query: Query) -> Page:
        page = super().find(query)
        return Page(page.documents[::-1], page.cursor)


class SendsEventsWithoutState(SqliteStore):
    """Writes the events first, in a write of their own."""

    def insert(self, kind: str, id: str, body: Body, *, events: Sequence[Event] = (), **given: Any) -> Document:
        if events:
            super().insert("other", f"events-{time.monotonic_ns()}", {}, events=events)
        return super().insert(kind, id, body, **given)


class KeepsStateWithoutEvents(SqliteStore):
    """Writes the state, and forgets the events when something comes between."""

    def insert(self, kind: str, id: str, body: Body, *, events: Sequence[Event] = (), **given: Any) -> Document:
        return super().insert(kind, id, body, **given)


class AppliesTwice(Racing):
    """Asks whether the mark is there, and then writes without it."""

    def insert(self, kind: str, id: str, body: Body, *, mark: Mark | None = None, **given: Any) -> Document:
        if mark is not None and self.is_marked(mark):
            return super().insert(kind, id, body, mark=mark, **given)
        if mark is not None:
            self.meet()
        document = super().insert(kind, id, body, **given)
        if mark is not None:
            with contextlib.suppress(Conflict):
                super().insert("other", f"mark-{id}", {}, mark=mark)
        return document


class ForgetsIdempotency(SqliteStore):
    """Creates again."""

    def insert(
        self, kind: str, id: str, body: Body, *, idempotency: Idempotency | None = None, **given: Any
    ) -> Document:
        return super().insert(kind, id, body, **given)


class GivesNumbersTwice(Racing):
    """Reads the last number, adds one: max + 1."""

    _last: dict[str, int]

    def next_number(self, name: str) -> int:
        last = self.__dict__.setdefault("_last", {})
        number = last.get(name, 0) + 1
        self.meet()
        last[name] = number
        return int(number)


class AnswersBeforeItIsDurable(SqliteStore):
    """Keeps writes in memory for a while."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._later: list[tuple[Any, ...]] = []

    def insert(self, kind: str, id: str, body: Body, **given: Any) -> Document:
        self._later.append((kind, id, body, given))
        return Document(kind, id, 1, body)

    def close(self) -> None:
        super().close()  # and what was kept in memory is gone
