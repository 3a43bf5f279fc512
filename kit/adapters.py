"""Which adapter stands behind each port: chosen by settings, imported only when chosen.

Everything else of a process knows the ports alone; the drivers of a database or a broker that isn't used are never
loaded.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence

from kit.blobs.pieces import Pieces
from kit.blobs.port import Blobs
from kit.bus.port import Bus
from kit.settings import ServiceSettings, load
from kit.store.port import Kind, Store


def open_store(settings: ServiceSettings, service: str, kinds: Sequence[Kind]) -> Store:
    """The documents of one service. Raises ``Unavailable`` or ``SettingsError``."""
    if settings.store == "mongodb":
        from kit.store.mongo.settings import MongoSettings
        from kit.store.mongo.store import MongoStore

        # Where it listens tells it from the other replicas of its machine, and is the same after a restart.
        replica = f"{socket.gethostname()} {settings.listen or settings.address_of(service)}"
        return MongoStore(load(MongoSettings), service, kinds, replica)
    from kit.store.sqlite import SqliteStore

    return SqliteStore(settings.data / f"{service}.db", kinds)


def open_bus(settings: ServiceSettings) -> Bus:
    """The site's events. Raises ``Unavailable`` or ``SettingsError``."""
    if settings.bus == "kafka":
        from kit.bus.kafka.bus import KafkaBus
        from kit.bus.kafka.settings import KafkaSettings

        return KafkaBus(load(KafkaSettings))
    from kit.bus.sqlite import SqliteBus

    return SqliteBus(settings.data / "bus.db", settings.run_dir)


def open_blobs(settings: ServiceSettings, service: str, store: Store | None = None) -> Blobs:
    """The files of one service. Raises ``Unavailable`` or ``SettingsError``.

    ``store``: this process's own, as it was opened; where it stands in the same MongoDB, both share its connections.
    """
    if settings.blobs == "gridfs":
        from kit.blobs.gridfs import GridFsBlobs
        from kit.store.mongo.settings import MongoSettings
        from kit.store.mongo.store import MongoStore

        shared = store.client if isinstance(store, MongoStore) else None
        return GridFsBlobs(load(MongoSettings), service, shared)
    from kit.blobs.files import FileBlobs

    return FileBlobs(settings.data / "blobs" / service)


def open_pieces(settings: ServiceSettings, service: str) -> Pieces:
    """The files of one service that are on their way in, where its files stand. Raises ``Unavailable``, ``SettingsError``."""
    if settings.blobs == "gridfs":
        from kit.blobs.pieces_gridfs import GridFsPieces
        from kit.store.mongo.settings import MongoSettings

        return GridFsPieces(load(MongoSettings), service)
    from kit.blobs.pieces_files import FilePieces

    return FilePieces(settings.data / "pieces" / service)
