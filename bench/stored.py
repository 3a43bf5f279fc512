"""Hundreds to a million tickets in queuing's store, as years of service leave them behind.

The documents are made by the domain's own transitions and the store's own codec; only what differs from one to the
next (ids, codes, times, numbers, people) is filled in afterwards. They go into the table without its indexes, which
the store then builds as it does for a new kind.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from kit.clock import to_ms
from kit.ids import Ids
from kit.store.codec import Codec
from kit.store.groupcommit import connect
from kit.store.sqlite_rows import create_kind
from kit.workdays import CENTER_ZONE
from services.queuing.domain import ticket as tickets
from services.queuing.domain.ticket import RANKS_PER_MS, Counter, Priority, Ticket
from services.queuing.handlers.kinds import TICKETS, ticket_keys

#: Working days that the tickets are spread over, besides today.
_DAYS = 250
#: Of a hundred tickets so many are of today.
_TODAY_PERCENT = 1
#: Of a hundred tickets so many were finished; half of the rest was cancelled, half expired after a miss.
_FINISHED_PERCENT = 90
_BATCH = 5000
_PEOPLE = 50_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where tickets were taken: a window, and an item that it handles."""

    center: str
    window: str
    lane: str
    item: str
    item_name: str


def preload(path: Path, places: Sequence[Place], today: date, number: int, seed: int = 1) -> None:
    """Adds so many ended tickets to a store that no process has open."""
    connection = connect(str(path), cache_kb=65_536)
    try:
        names = [row[0] for row in connection.execute(_OWN_INDEXES).fetchall()]
        for name in names:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("PRAGMA synchronous=OFF")
        made = documents(places, today, number, seed)
        while batch := list(itertools.islice(made, _BATCH)):
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO doc_ticket (id, version, schema, body) VALUES (?, ?, 1, ?)", batch)
            connection.execute("COMMIT")
        create_kind(connection, TICKETS)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


_OWN_INDEXES = "SELECT name FROM sqlite_master WHERE type='index' AND tbl_name='doc_ticket' AND sql IS NOT NULL"


def documents(places: Sequence[Place], today: date, number: int, seed: int) -> Iterator[tuple[str, int, str]]:
    """Id, version and body of each, in the order of time."""
    rng = random.Random(seed)
    ids = Ids(rng.randbytes)
    templates = [list(_templates(place)) for place in places]
    people = [rng.randbytes(32).hex() for _ in range(_PEOPLE)]
    codec, days = Codec(Ticket), _days_before(today)
    bodies = [[(codec.body(each) | ticket_keys(each), each.version) for each in group] for group in templates]
    of_today = number * _TODAY_PERCENT // 100
    for index in range(number):
        day = today if index >= number - of_today else days[index * len(days) // (number - of_today)]
        chance = rng.randrange(100)
        outcome = 0 if chance < _FINISHED_PERCENT else 1 + chance % 2
        body, version = bodies[index % len(places)][outcome]
        at = to_ms(datetime(day.year, day.month, day.day, 9, tzinfo=CENTER_ZONE)) + rng.randrange(3_000_000)
        yield (
            ids.new_id(_at(at)),
            version,
            orjson.dumps(_varied(body, day, at, index, ids, rng.choice(people))).decode(),
        )


def _varied(body: dict[str, Any], day: date, at: int, index: int, ids: Ids, person: str) -> dict[str, Any]:
    """A document of its own: whatever the template says of day and time is moved to these."""
    text, center = day.isoformat(), body["center_id"]
    moved = {name: body[name] + at for name in _TIMES if body[name] is not None}
    return (
        body
        | moved
        | {
            "day": text,
            "number": tickets.printed_number(body["number"][0], index % 1000),
            "rank": at * RANKS_PER_MS + index % RANKS_PER_MS,
            "code": ids.new_code(),
            "journey": ids.new_id(_at(at)),
            "person": person,
            "day_state": f"{center}|{text}|{body['state']}",
            "center_calls": body["center_calls"] and f"{center}|{text}",
            "window_calls": body["window_calls"] and f"{body['last_window_id']}|{text}",
        }
    )


_TIMES = ("taken_at", "called_at", "announced_at", "serving_at", "finished_at")
_EPOCH_DAY = "1970-01-01"


def _at(ms: int) -> datetime:
    return tickets._EPOCH + timedelta(milliseconds=ms)


def _templates(place: Place) -> Iterator[Ticket]:
    """A finished, a cancelled and an expired ticket, at times counted from the taking."""
    start = _at(0)
    taken = Ticket(
        id="",
        center_id=place.center,
        number="A000",
        day=_EPOCH_DAY,
        lane=place.lane,
        item_id=place.item,
        item_version=1,
        item_name=place.item_name,
        department_key="shichang-jianguan",
        priority=Priority.NORMAL,
        taken_at=start,
        rank=0,
        code="",
        journey="",
        holder_masked="例*",
        id_number_masked="990101********1234",
        one_per_item=True,
        version=1,
    )
    counter = Counter(place.window, place.window[-2:], "019a6f00-0000-7000-8000-000000000000", "样云帆")
    called = replace(tickets.call(taken, counter, start + timedelta(minutes=12)), version=2)
    serving = replace(tickets.start(called, start + timedelta(minutes=13)), version=3)
    yield replace(tickets.finish(serving, start + timedelta(minutes=21)), version=4)
    yield replace(tickets.cancel(taken), version=2)
    yield replace(tickets.expire(tickets.miss(called, "呼叫后无人应答")), version=4)


def _days_before(today: date) -> list[date]:
    """Working days before today, the oldest first; which of them were holidays doesn't matter here."""
    days = (today - timedelta(days=back) for back in itertools.count(1))
    return sorted(itertools.islice((day for day in days if day.weekday() < 5), _DAYS))


def stored(path: Path) -> int:
    """How many tickets a store holds."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM doc_ticket").fetchone()[0])
    finally:
        connection.close()
