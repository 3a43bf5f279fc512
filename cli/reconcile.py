"""``tongban reconcile``: holds the books of a site against each other, as they are at one instant, while it runs.

Every event that any service published ends as a line of its visit's record, which supervision keeps under the event's
id. So each event that supervision's group has passed must be a line there, or lie among the group's dead letters; and no
line may be of an event that never was. Beside that it tells what is on its way: not yet published, or not yet consumed.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Final

from cli.backup.cut import Cut, cut
from cli.backup.write import SERVICES
from kit.events import topic_of
from kit.settings import ServiceSettings
from kit.snapshot import Published, StoreSnapshot
from kit.snapshot_adapters import bus_source, store_sources
from services.supervision.handlers import LINES

#: Who writes down everything that anybody publishes.
KEEPER: Final = "supervision"
GROUP: Final = "supervision.journeys"
_TOLD: Final = 20


@dataclass
class Books:
    """What was found; ``lost`` and ``unfounded`` must be empty."""

    events: int = 0
    #: Published more than once, which consumers know by the id.
    repeated: int = 0
    #: Not yet published, by service.
    pending: dict[str, int] = field(default_factory=dict)
    #: Not yet consumed by supervision.
    ahead: int = 0
    #: Passed by supervision, and neither written down nor a dead letter: ``id type``.
    lost: list[str] = field(default_factory=list)
    #: Written down, and on no topic: ids. Not looked for where the bus forgets.
    unfounded: list[str] = field(default_factory=list)

    @property
    def balanced(self) -> bool:
        """Whether everything that was published was written down, and nothing else."""
        return not self.lost and not self.unfounded

    def lines(self) -> Iterator[str]:
        """For a person."""
        waiting = ", ".join(f"{service} {number}" for service, number in self.pending.items() if number) or "none"
        yield f"{self.events} events on the bus; {self.ahead} not yet in the journeys; to be published: {waiting}"
        if self.repeated:
            yield f"{self.repeated} of them were published more than once, which changes nothing"
        for what, found in (
            ("not in the journeys", self.lost),
            ("in the journeys and never published", self.unfounded),
        ):
            for each in found[:_TOLD]:
                yield f"WRONG: {what}: {each}"
            if len(found) > _TOLD:
                yield f"WRONG: and {len(found) - _TOLD} more"
        yield "the books balance" if self.balanced else "the books do NOT balance: docs/operations/reconcile.md"


def reconcile(settings: ServiceSettings) -> Books:
    """The books of a site at this instant. Raises ``Refusal``, ``Unavailable``."""
    with cut(store_sources(settings, SERVICES), bus_source(settings)) as seen:
        return draw_up(seen, forgetful=settings.bus != "sqlite")


def draw_up(seen: Cut, *, forgetful: bool) -> Books:
    """The books at a cut; ``forgetful``: the bus drops what is old, so a line may outlive its event."""
    books = Books(pending={name: _number(store) for name, store in seen.stores.items()})
    positions = {(each.topic, each.partition): each.next_offset for each in seen.bus.positions() if each.group == GROUP}
    dead = {event.headers.get("ce_id", "") for event in _letters(seen)}
    with _scratch() as table:
        for service in SERVICES:
            for event in seen.bus.events(topic_of(service)):
                _enter(table, books, event, positions, dead)
        stored = (each.document for each in seen.stores[KEEPER].documents())
        lines = ((document.id,) for document in stored if document.kind == LINES.name)
        table.executemany("INSERT INTO written VALUES (?)", lines)
        _compare(table, books, forgetful)
    return books


def _number(store: StoreSnapshot) -> int:
    return sum(1 for _ in store.pending())


def _letters(seen: Cut) -> Iterator[Published]:
    """Dealt with or not: what was replayed is on its topic a second time."""
    return seen.bus.events(f"{GROUP}.dlq") if f"{GROUP}.dlq" in seen.bus.topics() else iter(())


def _enter(
    table: sqlite3.Connection,
    books: Books,
    event: Published,
    positions: Mapping[tuple[str, int], int],
    dead: set[str],
) -> None:
    id = event.headers.get("ce_id", "")
    books.events += 1
    done = event.offset < positions.get((event.topic, event.partition), 0) and id not in dead
    books.ahead += event.offset >= positions.get((event.topic, event.partition), 0)
    sql = "INSERT INTO published VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET done = max(done, excluded.done), times = times + 1"
    table.execute(sql, (id, event.headers.get("ce_type", ""), done))


def _compare(table: sqlite3.Connection, books: Books, forgetful: bool) -> None:
    books.repeated = table.execute("SELECT coalesce(sum(times - 1), 0) FROM published").fetchone()[0]
    lost: Sequence[tuple[str, str]] = table.execute(
        "SELECT id, type FROM published WHERE done AND id NOT IN (SELECT id FROM written) ORDER BY id"
    ).fetchall()
    books.lost = [f"{id} {type}" for id, type in lost]
    if not forgetful:
        sql = "SELECT id FROM written WHERE id NOT IN (SELECT id FROM published) ORDER BY id"
        books.unfounded = [id for (id,) in table.execute(sql).fetchall()]


@contextmanager
def _scratch() -> Iterator[sqlite3.Connection]:
    """Two sets that may be larger than memory."""
    with (
        tempfile.TemporaryDirectory(prefix="tongban-") as folder,
        closing(sqlite3.connect(f"{folder}/books.db", isolation_level=None)) as table,
    ):
        table.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE published (id TEXT PRIMARY KEY, type TEXT, done INTEGER, times INTEGER) WITHOUT ROWID;"
            "CREATE TABLE written (id TEXT PRIMARY KEY) WITHOUT ROWID;"
        )
        yield table
