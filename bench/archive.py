"""`python -m bench.archive`: case files found among a million of them (rules J03: within 200 ms).

Writes build/bench-archive.json and prints a table. The files are the domain's own, with ten lines each, put into the
embedded store without a write for each; the searches are the service's use cases, with the line of audit where they leave
one.
"""

from __future__ import annotations

import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bench.callers import MeasurementError
from bench.clocks.preload import preload
from bench.figures import Figure, at_most, percentile
from bench.report import Run, say
from bench.table import rows_of
from kit.blobs.files import FileBlobs
from kit.blobs.uses import KEPT_FILES, KeptFile, Uses
from kit.clock import to_ms
from kit.events import EventEncoder
from kit.ids import Ids
from kit.privacy import person_key
from kit.store.codec import Codec
from kit.store.port import Body
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, actor, call
from reference import REFERENCE_KINDS, Reference
from services.archive.domain.case_file import CaseFile, CaseHead, FileState, Person, Retention, Term
from services.archive.domain.completeness import Ending
from services.archive.domain.destruction import Destruction
from services.archive.domain.entries import Draft, Entry, EntryKind, Origin, appended, head_of
from services.archive.domain.hand_over import HandOver
from services.archive.domain.looks import Look
from services.archive.events import TABLE
from services.archive.handlers import (
    CASE_FILES,
    DESTRUCTIONS,
    HAND_OVERS,
    KINDS,
    LOOKS,
    UPGRADES,
    ArchiveRoom,
    case_file_keys,
    find_case_files,
    get_case_file,
    settling_keys,
)
from services.archive.queries import list_case_files

FULL: Final = 1_000_000
QUICK: Final = 5_000
#: Searches of each kind.
_TIMES: Final = 200
_GOAL: Final = at_most(200)
_CENTERS: Final = ("610902", "610903", "610904", "610921")
_ITEMS: Final = 30
#: How long ago the oldest was opened, in minutes.
_OLDEST: Final = 1_000_000
_SECRET: Final = b"bench"
_CLERK: Final = replace(actor("clerk", id="clerk-1"), centers=frozenset(_CENTERS))
_LINES: Final = 10
#: After so many, center, state and item begin anew.
_KINDS_OF_FILES: Final = 4 * 4 * 30


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of search: what it is called, and one of it."""

    key: str
    title: str
    once: Callable[[random.Random], object]


def main() -> int:
    """Measures and reports."""
    run = Run.asked("bench.archive", __doc__, "build/bench-archive.json")
    work = run.out.parent / "bench-archive"
    try:
        figures = measure(QUICK if run.quick else FULL, work)
    except MeasurementError as error:
        print(f"bench: could not measure: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report = run.report([figure.as_json() for figure in figures])
    run.show(report, rows_of(figures))
    return 0


def measure(number: int, work: Path, times: int = _TIMES) -> list[Figure]:
    """Each kind of search among so many files, in a folder that is made anew."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    say(f"archive: {number:,} case files")
    preload(work / "archive.db", CASE_FILES, _documents(number))
    store = SqliteStore(work / "archive.db", [*KINDS, *REFERENCE_KINDS])
    try:
        return [_figure(each, times) for each in _searches(_room(store, work), number)]
    finally:
        store.close()


def _figure(asked: Asked, times: int) -> Figure:
    say(f"archive: {asked.title}")
    chance, took = random.Random(7), []
    for _ in range(times):
        began = time.perf_counter()
        asked.once(chance)
        took.append((time.perf_counter() - began) * 1000)
    details = {"p50_ms": round(percentile(took, 50), 2), "longest_ms": round(max(took), 2)}
    return Figure(f"archive.{asked.key}", asked.title, percentile(took, 95), "ms", _GOAL, details=details)


def _searches(room: ArchiveRoom, number: int) -> Iterator[Asked]:
    def listed(chance: random.Random, **wanted: Any) -> object:
        asked: dict[str, Any] = dict.fromkeys(("number", "item_id", "from_date", "to_date", "cursor"), "")
        asked |= {
            "center_id": chance.choice(_CENTERS),
            "state": None,
            "incomplete": False,
            "expired": False,
            "limit": 30,
        } | wanted
        found = list_case_files(room=room, call=call(_CLERK), **asked)
        if not found.items:
            raise MeasurementError(f"nothing was found by {wanted}")
        return found

    def by_number(chance: random.Random) -> object:
        at = chance.randrange(number)
        return listed(chance, number=_number(at), center_id=_center(at))

    def by_person(chance: random.Random) -> object:
        at = chance.randrange(number)
        found = find_case_files(
            room=room,
            call=call(_CLERK),
            center_id=_center(at),
            id_number=_passport(at),
            purpose="性能测试",
            limit=30,
            cursor="",
        )
        if not found.items:
            raise MeasurementError("a person's files were not found")
        return found

    def one(chance: random.Random) -> object:
        at = chance.randrange(number)
        return get_case_file(room=room, call=call(_CLERK), file_id=_id(at), purpose="性能测试")

    yield Asked("number", "a file by its number", by_number)
    yield Asked("person", "files by a person's or unit's number, with its line of audit", by_person)
    yield Asked(
        "item", "the first page of an item", lambda chance: listed(chance, item_id=_item(chance.randrange(_ITEMS)))
    )
    yield Asked("state", "the first page of a state", lambda chance: listed(chance, state=FileState.FILED))
    yield Asked("day", "the first page up to a day", lambda chance: listed(chance, to_date="2025-06-30"))
    yield Asked(
        "lacking", "the first page of what is lacking something", lambda chance: listed(chance, incomplete=True)
    )
    yield Asked("file", "a file with its contents list, with its line of audit", one)


def _documents(number: int) -> Iterator[tuple[str, Body]]:
    """As the domain and the codec make them; what all have in common is made once for each of the first few hundred."""
    codec, entries = Codec(CaseFile), _entries()
    made: dict[int, Body] = {}
    for at in range(number):
        kind = at % _KINDS_OF_FILES
        if kind not in made:
            file = _file(kind, number, entries)
            made[kind] = codec.body(file) | case_file_keys(file)
        opened, key = to_ms(_opened(at, number)), person_key(_SECRET, _passport(at))
        own: Body = {"number": _number(at), "journey": f"journey-{at:08}", "opened_at": opened, "person_key": key}
        if at // 4 % 100 == 1:
            own |= {"gaps": [{"key": "paper/receipt", "title": "收件凭证"}], "lacking": True}
        yield _id(at), made[kind] | own


def _file(at: int, number: int, entries: tuple[Entry, ...]) -> CaseFile:
    state = (FileState.OPEN, FileState.CLOSED, FileState.FILED, FileState.HANDED_OVER)[at // 4 % 4]
    return CaseFile(
        id=_id(at),
        number=_number(at),
        center_id=_center(at),
        item_id=_item(at // 16 % _ITEMS),
        item_version=1,
        item_name="食品经营许可",
        department_key="shichang-jianguan",
        journey=f"journey-{at:08}",
        state=state,
        opened_at=_opened(at, number),
        person=Person("张**", "E1*******", person_key(_SECRET, _passport(at))),
        ending=Ending.NONE if state is FileState.OPEN else Ending.APPROVED,
        entries=entries,
        entry_count=len(entries),
        chain=head_of(entries, len(entries)),
        retention=Retention(Term.YEARS_30, "中心设定：通用"),
    )


def _opened(at: int, number: int) -> datetime:
    return MONDAY - timedelta(minutes=at * _OLDEST // number)


def _entries() -> tuple[Entry, ...]:
    text = "环节：审查\n意见：申请材料齐全，符合法定形式，建议准予。"
    drafts = [
        Draft(f"line-{line}", EntryKind.RECORD, "办理意见：审查", MONDAY, Origin.TEXT, by_name="王工", text=text)
        for line in range(_LINES)
    ]
    return appended((), drafts, event_id="event", event_type="tongban.bench.v1", supplement=False)


def _room(store: SqliteStore, work: Path) -> ArchiveRoom:
    ids, encoder = Ids(random.Random(2).randbytes), EventEncoder("local", "archive", TABLE)
    blobs = FileBlobs(work / "blobs")

    def nothing(*_: object, **__: object) -> Any:
        raise MeasurementError("no content is fetched or printed here")

    class Nowhere:
        read = staticmethod(nothing)

    files = Repository(store, CASE_FILES, CaseFile, encoder, ids, keys=case_file_keys, upgrades=UPGRADES)
    return ArchiveRoom(
        files=files,
        heads=files.heads(CaseHead),
        hand_overs=Repository(store, HAND_OVERS, HandOver, encoder, ids, keys=settling_keys),
        destructions=Repository(store, DESTRUCTIONS, Destruction, encoder, ids, keys=settling_keys),
        looks=Repository(store, LOOKS, Look, encoder, ids),
        reference=Reference(store),
        originals=Nowhere(),
        print_catalogue=nothing,
        print_receipt=nothing,
        blobs=blobs,
        uses=Uses("archive", Repository(store, KEPT_FILES, KeptFile, encoder, ids), blobs),
        ids=ids,
        secret=_SECRET,
    )


def _id(at: int) -> str:
    return f"case-{at:08}"


def _number(at: int) -> str:
    return f"{_center(at)}20261123{at:08}"


def _center(at: int) -> str:
    return _CENTERS[at % len(_CENTERS)]


def _item(which: int) -> str:
    return f"item-{which:03}"


def _passport(at: int) -> str:
    """A third of all files are of somebody who has two more."""
    return f"E{at // 12 * 12 + at % 4:08}"


if __name__ == "__main__":
    sys.exit(main())
