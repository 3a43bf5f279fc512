"""Stores that end their process at a write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from kit.errors import TongbanError
from kit.store.port import Body, Document, Write
from kit.store.sqlite import SqliteStore
from kit.store.steps import attempted
from tests.contract.memory_store import MemoryStore


class Crash(BaseException):
    """The process is gone."""


class Crashing:
    """Ends its process at a write: ``fuse`` writes from now; ``how`` says whether before, after or within it."""

    fuse: int | None = None
    how: str = "before"
    writes: int = 0

    def _at_write(self, work: Callable[[], Any]) -> Any:
        self.writes += 1
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.fuse = None
                if self.how != "before":
                    with suppress(TongbanError):  # a refusal that nobody heard any more
                        work()
                raise Crash
        return work()

    def insert(self, kind: str, id: str, body: Body, **given: Any) -> Any:
        write = super().insert  # type: ignore[misc]
        return self._at_write(lambda: write(kind, id, body, **given))

    def save(self, kind: str, id: str, body: Body, version: int, **given: Any) -> Any:
        write = super().save  # type: ignore[misc]
        return self._at_write(lambda: write(kind, id, body, version, **given))

    def append(self, kind: str, documents: Sequence[tuple[str, Body]], **given: Any) -> None:
        write, some = super().append, documents  # type: ignore[misc]
        if self.fuse == 0 and self.how == "within":
            some = documents[: len(documents) // 2]
        self._at_write(lambda: write(kind, some, **given))

    def remove(self, kind: str, documents: Sequence[tuple[str, int]]) -> None:
        write = super().remove  # type: ignore[misc]
        self._at_write(lambda: write(kind, documents))

    def write_all(self, writes: Sequence[Write]) -> Sequence[Document | Exception | None]:
        return [attempted(self, write) for write in writes]  # type: ignore[arg-type]  # so it may end between two


class CrashingMemory(Crashing, MemoryStore):
    """In memory."""


class CrashingSqlite(Crashing, SqliteStore):
    """On the embedded store itself."""
