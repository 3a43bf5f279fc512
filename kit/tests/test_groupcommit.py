"""Group commit: what shares a transaction shares its end, whatever each piece of work found in it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kit.errors import Conflict, Unavailable
from kit.store.groupcommit import GroupCommit, connect


class FailingDisk(sqlite3.Connection):
    """A connection whose commits fail while ``full`` is set."""

    full = False

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.full:
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, *values)


class Room:
    """A writer, and threads that queue at it in a given order to share one transaction."""

    def __init__(self, path: Path) -> None:
        connect(str(path)).close()
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=FailingDisk)
        self.connection.execute("CREATE TABLE t (id TEXT PRIMARY KEY)")
        self.writer = GroupCommit(self.connection)
        self.threads = ThreadPoolExecutor(8)

    def together(self, *works: Callable[[sqlite3.Connection], Any]) -> list[Future[Any]]:
        """Carries these out in one transaction, in this order."""
        leading, go = threading.Event(), threading.Event()

        def lead(_: sqlite3.Connection) -> None:
            leading.set()
            assert go.wait(10)

        leader = self.threads.submit(self.writer.run, lead)
        assert leading.wait(10)
        queued = []
        for number, work in enumerate(works, start=1):
            queued.append(self.threads.submit(self.writer.run, work))
            while len(self.writer._queue) < number:
                threading.Event().wait(0.001)
        self.connection.full = self.full_next
        go.set()
        leader.exception(10)
        for one in queued:
            one.exception(10)
        return queued

    full_next = False

    def ids(self) -> list[str]:
        return [row[0] for row in self.connection.execute("SELECT id FROM t ORDER BY id").fetchall()]

    def close(self) -> None:
        self.threads.shutdown()
        self.writer.close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "t.db")
    yield room
    room.close()


def insert(id: str) -> Callable[[sqlite3.Connection], str]:
    def work(connection: sqlite3.Connection) -> str:
        try:
            connection.execute("INSERT INTO t VALUES (?)", (id,))
        except sqlite3.IntegrityError as error:
            raise Conflict("there_already", id) from error
        return id

    return work


def test_work_that_fails_in_a_shared_transaction_leaves_the_others_done(room: Room) -> None:
    first, second, third = room.together(insert("a"), insert("a"), insert("b"))
    assert (first.result(), third.result()) == ("a", "b")
    assert isinstance(second.exception(), Conflict)
    assert room.ids() == ["a", "b"]


def test_a_refusal_that_rests_on_work_which_was_never_committed_is_none(room: Room) -> None:
    """Else the second of two that apply one event would take the first's effect for done, and it would be lost."""
    room.full_next = True
    first, second = room.together(insert("a"), insert("a"))
    assert isinstance(first.exception(), Unavailable)
    assert isinstance(second.exception(), Unavailable)
    room.connection.full = False
    assert room.ids() == []
    assert room.writer.run(insert("a")) == "a"


def test_nobody_waits_for_a_later_transaction_than_their_own(room: Room) -> None:
    leading, go, returned = threading.Event(), threading.Event(), threading.Event()

    def lead(_: sqlite3.Connection) -> None:
        leading.set()
        assert go.wait(10)

    first = room.threads.submit(room.writer.run, lead)
    assert leading.wait(10)
    later = room.threads.submit(room.writer.run, lambda _: returned.wait(10))
    while len(room.writer._queue) < 1:
        threading.Event().wait(0.001)
    go.set()
    first.result(10)
    returned.set()
    assert later.result(10)


def test_many_threads_lose_nothing_between_transactions(room: Room) -> None:
    names = [f"{number:04}" for number in range(800)]
    assert list(room.threads.map(lambda name: room.writer.run(insert(name)), names)) == names
    assert room.ids() == names


# ── Several at once ──────────────────────────────────────────────────────────────────────────────────────────────


def test_several_pieces_of_one_caller_stand_or_fall_each_by_itself(room: Room) -> None:
    works = [(insert(id), True, guarded) for id in ("a", "a", "b") for guarded in (True, False)]
    first, *again, third, last = room.writer.run_all(works)
    assert (first, third) == ("a", "b")
    assert all(isinstance(each, Conflict) for each in (*again, last))
    assert room.ids() == ["a", "b"]


def test_what_is_not_guarded_keeps_what_it_did_before_it_was_refused(room: Room) -> None:
    def both(connection: sqlite3.Connection) -> None:
        insert("b")(connection)
        insert("a")(connection)

    room.writer.run(insert("a"))
    for guarded, left in ((True, ["a"]), (False, ["a", "b"])):
        (refused,) = room.writer.run_all([(both, True, guarded)])
        assert isinstance(refused, Conflict)
        assert room.ids() == left


def test_several_pieces_that_were_never_committed_are_all_refused(room: Room) -> None:
    room.connection.full = True
    refused = room.writer.run_all([(insert(id), True, True) for id in "abc"])
    assert all(isinstance(each, Unavailable) for each in refused)
    room.connection.full = False
    assert room.ids() == []


def test_many_threads_with_more_than_a_transaction_holds_lose_nothing(room: Room) -> None:
    names = [[f"{who}-{number:04}" for number in range(150)] for who in range(6)]

    def write(mine: list[str]) -> list[str]:
        return [
            *room.writer.run_all([(insert(name), False, True) for name in mine]),
            room.writer.run(insert(mine[0] + "x")),
        ]

    told = list(room.threads.map(write, names))
    assert told == [[*mine, mine[0] + "x"] for mine in names]
    assert len(room.ids()) == 6 * 151
