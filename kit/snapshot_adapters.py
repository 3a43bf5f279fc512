"""Which adapter a backup reads and a restore fills: chosen by the same settings as a service's (kit/adapters.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager

from kit.adapters import open_blobs
from kit.blobs.port import Blobs
from kit.settings import ServiceSettings, load
from kit.snapshot import BusSource, BusTarget, StoreSource, StoreTarget


def store_sources(settings: ServiceSettings, services: Sequence[str]) -> Mapping[str, StoreSource]:
    """The documents of a site's services, to be read together. Raises ``Unavailable`` or ``SettingsError``."""
    if settings.store == "mongodb":
        from kit.store.mongo.settings import MongoSettings
        from kit.store.mongo.snapshot import MongoSource

        site = MongoSource(load(MongoSettings))
        return {service: site.of(service) for service in services}
    from kit.store.sqlite_snapshot import SqliteStoreSource

    return {service: SqliteStoreSource(settings.data / f"{service}.db") for service in services}


def bus_source(settings: ServiceSettings) -> BusSource:
    """The site's events, to be read. Raises ``Unavailable`` or ``SettingsError``."""
    if settings.bus == "kafka":
        from kit.bus.kafka.settings import KafkaSettings
        from kit.bus.kafka.snapshot import KafkaBusSource

        return KafkaBusSource(load(KafkaSettings))
    from kit.bus.sqlite_snapshot import SqliteBusSource

    return SqliteBusSource(settings.data / "bus.db")


@contextmanager
def blobs_source(settings: ServiceSettings, service: str) -> Iterator[Blobs]:
    """One service's files, while the service may run. Raises ``Unavailable`` or ``SettingsError``."""
    if settings.blobs == "files":
        from kit.blobs.files import FileBlobs

        yield FileBlobs(settings.data / "blobs" / service, beside_its_service=True)
        return
    with blobs_target(settings, service) as blobs:
        yield blobs


def blobs_target(settings: ServiceSettings, service: str) -> AbstractContextManager[Blobs]:
    """Where one service's files are put back. Raises ``Unavailable`` or ``SettingsError``."""
    return closing(open_blobs(settings, service))


def store_target(settings: ServiceSettings, service: str) -> StoreTarget:
    """An empty store for one service's documents. Raises ``Unavailable`` or ``SettingsError``."""
    if settings.store == "mongodb":
        from kit.store.mongo.settings import MongoSettings
        from kit.store.mongo.snapshot import MongoStoreTarget

        return MongoStoreTarget(load(MongoSettings), service)
    from kit.store.sqlite_snapshot import SqliteStoreTarget

    return SqliteStoreTarget(settings.data / f"{service}.db")


def bus_target(settings: ServiceSettings, from_bus: str) -> BusTarget:
    """An empty bus; ``from_bus`` names the adapter that the events come from. Raises ``Unavailable``, ``SettingsError``."""
    if settings.bus == "kafka":
        from kit.bus.kafka.settings import KafkaSettings
        from kit.bus.kafka.snapshot import KafkaBusTarget

        return KafkaBusTarget(load(KafkaSettings))
    from kit.bus.sqlite_snapshot import SqliteBusTarget

    return SqliteBusTarget(settings.data / "bus.db", keep_positions=from_bus == "sqlite")
