"""What unit tests of services stand on: the real embedded store, a clock that stands still, ids that repeat."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from kit.actor import Actor
from kit.call import Call, Idempotency
from kit.clock import FixedClock
from kit.errors import TongbanError
from kit.ids import Ids
from kit.store.port import Kind
from kit.store.sqlite import SqliteStore

#: A Monday, a working day in every shipped calendar, 10:00 in Beijing.
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

__all__ = ["MONDAY", "FixedClock", "actor", "call", "examples", "refused", "seeded_ids", "store", "unwritten"]


def store(folder: Path, kinds: Sequence[Kind], name: str = "test") -> SqliteStore:
    """An embedded store in a folder of the test's."""
    file = folder / f"{name}.db"
    if not file.exists():
        file.write_bytes(_empty(tuple(kinds)))
    return SqliteStore(file, kinds)


@cache
def _empty(kinds: tuple[Kind, ...]) -> bytes:
    """The file of a store of these kinds with nothing in it: making it anew costs more than most tests do."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        SqliteStore(file, kinds).close()
        return file.read_bytes()


@contextmanager
def unwritten(kept: SqliteStore) -> Iterator[None]:
    """What is done inside leaves the store as it was: no document, no event, no mark."""
    before = _revision(kept)
    yield
    if _revision(kept) != before:
        raise AssertionError("something was written")


@contextmanager
def refused(kept: SqliteStore, *codes: str) -> Iterator[None]:
    """What is done inside is refused, with one of these codes if any are given, and leaves the store as it was."""
    with unwritten(kept):
        try:
            yield
        except TongbanError as refusal:
            if codes and refusal.code not in codes:
                raise AssertionError(f"refused with {refusal.code}, not {' or '.join(codes)}") from refusal
        else:
            raise AssertionError("not refused")


def _revision(kept: SqliteStore) -> int:
    """What every write to the file changes, as a reader of it sees."""
    return int(kept._read("PRAGMA data_version", ())[0][0])


def examples(number: int) -> int:
    """How many examples a property is tried with that is worth this many: in a quick run fewer, in proportion."""
    from hypothesis import settings  # what runs beside the tests has no such package

    return max(1, number * settings().max_examples // 100)


def seeded_ids(seed: int = 1) -> Ids:
    """Ids that are the same in every run."""
    return Ids(random.Random(seed).randbytes)  # noqa: S311 - repeatable on purpose


def actor(*roles: str, id: str = "staff-1", center: str = "610902", department: str = "", window: str = "") -> Actor:
    """Somebody with these roles at one center."""
    return Actor(id, "测试人员", frozenset(roles), frozenset({center}), department, window)


def call(who: Actor, now: datetime = MONDAY, key: str = "", fingerprint: str = "") -> Call:
    """A call by somebody at a time; with a key, as one that may be sent twice."""
    return Call(who, now, Idempotency(key, fingerprint) if key else None)
