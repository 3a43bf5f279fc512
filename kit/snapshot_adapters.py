"""Which adapter a backup reads and a restore fills: chosen by the same settings as a service's (kit/adapters.py)."""

from __future__ import annotations

from kit.blobs.port import Blobs
from kit.settings import ServiceSettings
from kit.snapshot import BusSource, BusTarget, StoreSource, StoreTarget


def store_source(settings: ServiceSettings, service: str) -> StoreSource:
    """One service's documents, to be read. Raises ``Unavailable`` or ``SettingsError``."""
    from kit.store.sqlite_snapshot import SqliteStoreSource

    return SqliteStoreSource(settings.data / f"{service}.db")


def bus_source(settings: ServiceSettings) -> BusSource:
    """The site's events, to be read. Raises ``Unavailable`` or ``SettingsError``."""
    from kit.bus.sqlite_snapshot import SqliteBusSource

    return SqliteBusSource(settings.data / "bus.db")


def blobs_source(settings: ServiceSettings, service: str) -> Blobs:
    """One service's files, while the service may run. Raises ``Unavailable`` or ``SettingsError``."""
    from kit.blobs.files import FileBlobs

    return FileBlobs(settings.data / "blobs" / service, beside_its_service=True)


def blobs_target(settings: ServiceSettings, service: str) -> Blobs:
    """Where one service's files are put back. Raises ``Unavailable`` or ``SettingsError``."""
    from kit.adapters import open_blobs

    return open_blobs(settings, service)


def store_target(settings: ServiceSettings, service: str) -> StoreTarget:
    """An empty store for one service's documents. Raises ``Unavailable`` or ``SettingsError``."""
    from kit.store.sqlite_snapshot import SqliteStoreTarget

    return SqliteStoreTarget(settings.data / f"{service}.db")


def bus_target(settings: ServiceSettings, from_bus: str) -> BusTarget:
    """An empty bus; ``from_bus`` names the adapter that the events come from. Raises ``Unavailable``, ``SettingsError``."""
    from kit.bus.sqlite_snapshot import SqliteBusTarget

    return SqliteBusTarget(settings.data / "bus.db", keep_positions=from_bus == "sqlite")
