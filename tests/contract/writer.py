"""Writes documents with an event each and prints each acknowledged id, until it is killed.

``python -m tests.contract.writer sqlite PATH ROUND`` or ``… mongodb HOST:PORT/PREFIX ROUND``
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from kit.events import Event
from kit.store.port import Store
from kit.store.sqlite import SqliteStore
from tests.contract.store_things import KINDS, NOW


def main(adapter: str, place: str, round: str) -> None:
    """Four threads write; a line is printed only after the store has answered."""
    store = _opened(adapter, place)
    printing = threading.Lock()

    def write(thread: int) -> None:
        for number in range(1_000_000):
            id = f"{round}-{thread}-{number}"
            event = Event(f"of-{id}", "tongban.test.thing_done.v1", "site/test", id, "j", NOW, b"x")
            store.insert("thing", id, {"lane": "A", "rank": number}, events=[event])
            with printing:
                sys.stdout.write(id + "\n")
                sys.stdout.flush()

    threads = [threading.Thread(target=write, args=(thread,), daemon=True) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _opened(adapter: str, place: str) -> Store:
    if adapter == "sqlite":
        return SqliteStore(Path(place), KINDS)
    if adapter == "mongodb":
        from kit.store.mongo.store import MongoStore
        from tests.mongo.site import SERVICE, settings_of

        return MongoStore(settings_of(*place.split("/")), SERVICE, KINDS, "one")
    raise SystemExit(f"no such adapter: {adapter}")


if __name__ == "__main__":
    main(*sys.argv[1:])
