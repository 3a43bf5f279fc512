"""Group commit: writers that come while a transaction is being made durable share the next one.

There is no thread of its own: whoever comes first carries out its work at once; what queues up meanwhile is carried
out, together, by the first in the queue. So nobody waits for more than the transaction at hand and their own, and each
who waits is woken once. Each piece of work stands in a savepoint, so that one failing leaves the others untouched, but for those that
leave nothing to be undone when they fail (``guarded=False``): two statements the less.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from kit.errors import Unavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

#: How much shares one transaction at the most.
BATCH = 128
#: Pages of 4 KB that gather beside a database before they go into it: those that change often go once. Our own choice.
CHECKPOINT = 4000


class _Item:
    """A piece of work and who waits for it."""

    __slots__ = ("_turn", "done", "durable", "error", "guarded", "result", "work")

    def __init__(self, work: Work, durable: bool, guarded: bool = True) -> None:
        self.work = work
        self.durable = durable
        self.guarded = guarded
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None
        self._turn = threading.Lock()
        self._turn.acquire()

    def wait(self) -> None:
        """Until the work is done, or it is this one's turn to carry out what is queued."""
        self._turn.acquire()

    def wake(self) -> None:
        """Ends the wait; once."""
        self._turn.release()


@dataclass
class GroupCommit:
    """The one writing connection of a database, shared by threads."""

    connection: sqlite3.Connection
    _queue: deque[_Item] = field(default_factory=deque)
    #: Guards the queue and whether somebody leads.
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _led: bool = False
    #: Held during a transaction.
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _relaxed: bool = False

    def run(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True, guarded: bool = True) -> T:
        """Carries out ``work`` in a transaction that is committed when this returns.

        ``durable=False`` leaves out the sync to disk: for what may be lost or repeated after a power cut (it
        survives ``kill -9`` all the same), and that a later durable commit makes durable too. Raises what ``work``
        raises, having undone it; ``Unavailable`` when the disk refuses.
        """
        item = _Item(work, durable, guarded)
        with self._lock:
            self._queue.append(item)
            leads, self._led = not self._led, True
        if not leads:
            item.wait()
        if not item.done:
            self._lead()
        if item.error is not None:
            raise item.error
        return cast(T, item.result)

    def run_all(self, works: Sequence[tuple[Work, bool, bool]]) -> list[Any]:
        """Carries out several pieces of work (each with ``durable`` and ``guarded``), as many as fit in one transaction.

        For each what it returned, or the exception that it raised; see ``run``.
        """
        items = [_Item(*each) for each in works]
        with self._lock:
            self._queue.extend(items)
            leads, self._led = not self._led, True
        for item in items:
            if leads:
                leads = False
            else:
                item.wait()
            if not item.done:
                self._lead()
        return [item.result if item.error is None else item.error for item in items]

    def _lead(self) -> None:
        """Carries out what is queued, and lets the first of those who came meanwhile carry on."""
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH))]
        try:
            with self._writing:
                self._commit(batch)
        except BaseException as error:
            failed = unavailable(error) if isinstance(error, sqlite3.Error) else error
            for item in batch:
                # Refusals too: what they rest on may be in this transaction, and was never committed.
                item.result, item.error = None, failed
        finally:
            for item in batch:
                item.done = True
            with self._lock:
                following = self._queue[0] if self._queue else None
                self._led = following is not None
            for item in batch[1:]:  # the first leads
                item.wake()
            if following is not None:
                following.wake()

    def _commit(self, batch: list[_Item]) -> None:
        relaxed = not any(item.durable for item in batch)
        if relaxed != self._relaxed:
            self.connection.execute(f"PRAGMA synchronous={'NORMAL' if relaxed else 'FULL'}")
            self._relaxed = relaxed
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            for item in batch:
                self._step(item)
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def _step(self, item: _Item) -> None:
        if item.guarded:
            self.connection.execute("SAVEPOINT work")
        try:
            item.result = item.work(self.connection)
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
            if not isinstance(error, sqlite3.IntegrityError):
                raise
            item.error = error
        except Exception as error:
            item.error = error
        if item.guarded:
            if item.error is not None:
                self.connection.execute("ROLLBACK TO work")
            self.connection.execute("RELEASE work")

    def close(self) -> None:
        """Closes the connection after the work at hand."""
        with self._writing:
            self.connection.close()


def unavailable(error: BaseException) -> Unavailable:
    """What a failing database means to whoever asked."""
    return Unavailable("store_unavailable", "数据暂时无法保存，请稍后重试。", reason=str(error))


def connect(path: str, *, read_only: bool = False, cache_kb: int = 2048) -> sqlite3.Connection:
    """A connection in WAL mode whose commits are durable."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
            # What a savepoint would take back: two fifths of all that a busy hub wrote went to such files.
            connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute(f"PRAGMA cache_size=-{cache_kb}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
