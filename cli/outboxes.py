"""How many events of each service wait to be published, wherever its documents stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from cli.site import Site
from cli.stores import outbox_depth
from kit.adapters import open_store
from kit.errors import Unavailable
from kit.settings import ServiceSettings, load


def outbox_depths(site: Site, services: Sequence[str]) -> Mapping[str, int | None]:
    """By service; ``None`` where there is no store yet, or it doesn't answer. Raises ``SettingsError``.

    An embedded store is one file that its service alone writes, so it is read past the port.
    """
    settings = load(ServiceSettings)
    if settings.store == "sqlite":
        return {service: outbox_depth(site.store_file(service)) for service in services}
    with ThreadPoolExecutor(len(services)) as pool:
        return dict(zip(services, pool.map(lambda service: _asked(settings, service), services), strict=True))


def _asked(settings: ServiceSettings, service: str) -> int | None:
    try:
        store = open_store(settings, service, ())
    except Unavailable:
        return None
    try:
        return store.pending_depth()
    except Unavailable:
        return None
    finally:
        store.close()
