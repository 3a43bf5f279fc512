"""Who refers to a file: so that one which several share goes with the last of them, and never before.

Blobs are kept once for each content. So whoever puts a file into a document first notes that it does (``note``), and says
when it has let go of it (``release``): a ledger with a document for each file and one for each use. Nothing is discarded
in a hurry: a file without a use is looked at when its time has come (``alarms``), and ``Blobs.discard`` itself leaves
alone what was put a moment ago. After a crash at any step all of it is done again; what a crash can leave is a file too
many, never a reference to one that is gone. What stood there before there was a ledger is **pinned**: nobody knows who
refers to it, so it stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from kit.alarms import ALARMS, Alarm
from kit.blobs.port import Blobs
from kit.call import Call
from kit.clock import to_ms
from kit.errors import NotFound, Stale, Unavailable
from kit.store.port import Duplicate, Index, Kind, Query, Store
from kit.store.repository import Repository

#: How long a file may be there before whoever put it refers to it; then it was an upload that nobody came back for. Our
#: own choice.
GRACE: Final = timedelta(days=7)
#: How long after its last ``put`` a file stays in any case, in real time. Our own choice.
IDLE: Final = timedelta(hours=1)
#: When a file is looked at again that was put too short a while ago.
_AGAIN: Final = timedelta(hours=1)
#: How old a claim may be when it is made again and still be left as it is: it isn't written for each letter of a file.
_FRESH: Final = timedelta(days=1)
_RACES: Final = 20

KEPT_FILES: Final = Kind("kept_file", (ALARMS,))
FILE_USES: Final = Kind("file_use", (Index("by_file", ("sha256", "at")), Index("by_holder", ("holder", "at"))))
USES_KINDS: Final = (KEPT_FILES, FILE_USES)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that the ledger knows. ``id`` is its SHA-256; ``due_at``: when it is looked whether anybody refers to it."""

    id: str
    due_at: datetime | None
    #: It was there before the ledger.
    pinned: bool = False
    version: int = 0


@dataclass(frozen=True)
class Uses:
    """The ledger of one service's files."""

    name: str
    files: Repository[KeptFile]
    blobs: Blobs
    #: How long a file may be there before somebody refers to it; ``None``: it is looked at only once it was let go of.
    grace: timedelta | None = GRACE

    @property
    def _store(self) -> Store:
        return self.files.store

    def arrived(self, call: Call, sha256: str, *, again: bool) -> None:
        """A file was put (``again``: it was there already): if nobody notes a use within ``GRACE``, it goes.

        Called before the file's address is given to anybody. Raises ``Unavailable``.
        """
        self._look_at(call, sha256, self._grace_ends(call), pinned=again)

    def note(self, call: Call, holder: str, files: Iterable[str]) -> None:
        """``holder`` refers to these files from now on; again without effect. Called before the document that does.

        Raises ``NotFound`` (``blob_not_found``) when one isn't there; ``Unavailable``.
        """
        for sha256 in files:
            if not self.blobs.renew(sha256):
                raise NotFound("blob_not_found", "没有找到该文件，请重新上传。", sha256=sha256[:80])
            self._look_at(call, sha256, self._grace_ends(call), pinned=True)
            self._write_down(call, holder, sha256)

    def claim(self, call: Call, holder: str, files: Iterable[str]) -> None:
        """``holder`` refers to these, whether they are here or still to come; again it is told that it does so now.

        Before it counts on one that is here, it renews that (``Blobs.renew``). Raises ``Unavailable``.
        """
        for sha256 in files:
            use = self._store.get(FILE_USES.name, _use_id(holder, sha256))
            if use is None:
                self._look_at(call, sha256, self._grace_ends(call), pinned=self.blobs.has(sha256))
                self._write_down(call, holder, sha256)
            elif use.body["at"] < to_ms(call.now - _FRESH):
                # Whoever lets go of what is old finds out, by the time or by the version.
                with suppress(Stale, NotFound):
                    self._store.save(FILE_USES.name, use.id, use.body | {"at": to_ms(call.now)}, use.version)
                    continue
                self._look_at(call, sha256, self._grace_ends(call), pinned=True)
                self._write_down(call, holder, sha256)

    def _write_down(self, call: Call, holder: str, sha256: str) -> None:
        use = (_use_id(holder, sha256), {"sha256": sha256, "holder": holder, "at": to_ms(call.now)})
        with suppress(Duplicate):
            self._store.append(FILE_USES.name, [use])

    def _grace_ends(self, call: Call) -> datetime | None:
        return None if self.grace is None else call.now + self.grace

    def release(self, call: Call, holder: str, files: Iterable[str], *, claimed_before: datetime | None = None) -> None:
        """``holder`` refers to these no more; again without effect. Called after the document was saved without them.

        ``claimed_before``: one that was claimed since stays. Raises ``Unavailable``: then it is to be called again.
        """
        for sha256 in files:
            use = self._store.get(FILE_USES.name, _use_id(holder, sha256))
            if use is not None and claimed_before is not None and use.body["at"] >= to_ms(claimed_before):
                continue
            if use is not None:
                self._store.remove(FILE_USES.name, [(use.id, use.version)])
            if self.files.find_by_id(sha256) is not None:
                self._look_at(call, sha256, call.now, pinned=True)

    def held_by(self, holder: str) -> tuple[str, ...]:
        """The files that a holder has noted, the first thousand of them."""
        return tuple(each.body["sha256"] for each in self.files.store.find(_of_holder(holder)).documents)

    def alarms(self) -> list[Alarm]:
        """Files that are to be looked at."""
        return [Alarm(f"{self.name}.files", self.files, self._look)]

    def _look(self, file: KeptFile, call: Call) -> None:
        if file.pinned or self._store.count(_of_file(file.id)):
            self.files.save(replace(file, due_at=None), (), call)
        elif self.blobs.discard(file.id, idle=IDLE):
            # Whoever has put it anew since saved this document, or makes another.
            self._store.remove(KEPT_FILES.name, [(file.id, file.version)])
        else:
            self.files.save(replace(file, due_at=call.now + _AGAIN), (), call)

    def _look_at(self, call: Call, sha256: str, at: datetime | None, *, pinned: bool) -> None:
        """Lets a file be looked at, at that time (``None``: at none) or earlier; always a write, so that whoever removes it finds out.

        ``pinned``: of a file that the ledger doesn't know yet.
        """
        for _ in range(_RACES):
            file = self.files.find_by_id(sha256)
            with suppress(Duplicate, Stale, NotFound):
                if file is None:
                    self.files.create(KeptFile(sha256, at, pinned), (), call)
                else:
                    times = [each for each in (at, file.due_at) if each is not None]
                    self.files.save(replace(file, due_at=min(times, default=None)), (), call)
                return
        raise Unavailable("files_contended", "文件登记繁忙，请稍后重试。", sha256=sha256)


def _use_id(holder: str, sha256: str) -> str:
    return f"{sha256}/{holder}"


def _of_file(sha256: str) -> Query:
    return Query(FILE_USES.name, "by_file", {"sha256": sha256}, limit=1)


def _of_holder(holder: str) -> Query:
    return Query(FILE_USES.name, "by_holder", {"holder": holder}, limit=1000)
