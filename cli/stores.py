"""What an operator's command reads of the embedded files without writing to them: the schemas are kit's
(kit/store/sqlite.py, kit/bus/sqlite.py), and the tests hold these queries to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can't write."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
        yield connection


def outbox_depth(store: Path) -> int | None:
    """How many of a service's events wait to be published; ``None`` where there is no such file yet."""
    if not store.exists():
        return None
    with reading(store) as connection:
        return int(connection.execute("SELECT count(*) FROM pending").fetchone()[0])


def consumer_lags(bus: Path) -> Mapping[str, int]:
    """How many events each consumer group has before it, of the topics that it has begun."""
    lags: dict[str, int] = {}
    with reading(bus) as connection:
        begun = connection.execute("SELECT grp, topic, part, position FROM positions").fetchall()
        for group, topic, part, position in begun:
            row = connection.execute(
                "SELECT count(*) FROM events WHERE topic = ? AND position > ? AND part = ?", (topic, position, part)
            ).fetchone()
            lags[group] = lags.get(group, 0) + int(row[0])
    return lags


def dead_letter_counts(bus: Path) -> Mapping[str, int]:
    """How many dead letters of each group nobody has dealt with."""
    counts: dict[str, int] = {}
    with reading(bus) as connection:
        rows = connection.execute(
            "SELECT topic, count(*) FROM events WHERE topic LIKE '%.dlq' OR topic LIKE '%.dlq.handled' GROUP BY topic"
        )
        for topic, number in rows.fetchall():
            group = topic.removesuffix(".handled").removesuffix(".dlq")
            counts[group] = counts.get(group, 0) + (-number if topic.endswith(".handled") else number)
    return counts
