"""The two sites that are compared, and the store and bus behind each."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.site import RunningSite, running_site
from cli.site import Site
from kit.bus.kafka.bus import KafkaBus
from kit.bus.kafka.settings import KafkaSettings
from kit.bus.port import Bus
from kit.bus.sqlite import SqliteBus
from kit.bus.topics import Topic, letters_of
from kit.settings import load
from kit.store.mongo import indexes
from kit.store.mongo.settings import MongoSettings
from kit.store.mongo.store import MongoStore
from kit.store.port import Index, Kind, Store
from kit.store.sqlite import SqliteStore
from tests.servers.kafka import VERSION
from tests.servers.mongo import described
from tests.stack.site import StackSite, stack_site

#: What the parts are measured with: a service, a topic and a group of the bench's own.
SERVICE: Final = "bench"
TOPIC: Final = "tongban.bench.v1"
GROUP: Final = "bench.effects"
KINDS: Final[Sequence[Kind]] = (Kind("thing", (Index("by_lane", ("lane", "rank")),)), Kind("effect"))

#: Packages that tests need and no site has: processes that are measured don't find them.
_ABSENT: Final = Path(__file__).with_name("absent")

EMBEDDED: Final = "embedded"
STACK: Final = "stack"


@dataclass(frozen=True)
class Side:
    """One of the two."""

    name: str
    #: Which servers it runs on, with their versions.
    store_server: str
    bus_server: str
    site: RunningSite
    #: The site's own events.
    open_events: Callable[[], Bus]
    #: A store and a bus beside the site's, for the parts.
    open_store: Callable[[], Store]
    open_bus: Callable[[], Bus]


@contextmanager
def embedded(folder: Path, center: str) -> Iterator[Side]:
    """The default: SQLite files; on a working Monday at ten by its demo clock."""
    with running_site(folder / "site", seeded=False) as site:
        site.go_to_working_monday(center)
        parts = folder / "parts"
        (parts / "run").mkdir(parents=True)
        server = f"SQLite {sqlite3.sqlite_version}"
        yield Side(
            EMBEDDED,
            server,
            server,
            site,
            lambda: SqliteBus(site.site.bus_file, site.site.run_dir),
            lambda: SqliteStore(parts / f"{SERVICE}.db", KINDS),
            lambda: SqliteBus(parts / "bus.db", parts / "run"),
        )


@contextmanager
def stack() -> Iterator[Side]:
    """Kafka and MongoDB on this machine, one process a service as in the other; open round the clock."""
    with stack_site(replicas=1, told={"PYTHONPATH": str(_ABSENT)}, forked=False) as site:
        kafka, mongo = load(KafkaSettings, site.settings), load(MongoSettings, site.settings)
        topics = (Topic(TOPIC), *letters_of(GROUP))
        made = KafkaBus(kafka, topics)
        for _ in (*indexes.prepare_service(mongo, SERVICE, KINDS, files=False), *made.set_up(alter=False)):
            continue  # what is done, is told one by one
        made.close()
        yield Side(
            STACK,
            described(site.store.address),
            f"Apache Kafka {VERSION} (KRaft, one node)",
            RunningSite(Site.at(site.folder), site.address, _pids(site), 0.0),
            lambda: KafkaBus(kafka),
            lambda: MongoStore(mongo, SERVICE, KINDS, "bench"),
            lambda: KafkaBus(kafka, topics),
        )


def _pids(site: StackSite) -> Mapping[str, int]:
    return {each.name: each.process.pid for each in site.replicas if each.process is not None}
