"""The store's part of ``tongban init``: every service's declared indexes, where documents stand in MongoDB."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence

from cli.components import COMPONENTS, Component
from kit.settings import ServiceSettings, load
from kit.store.port import Kind


def kinds_of(component: Component) -> Sequence[Kind]:
    """The kinds of documents that a service's process keeps: its own, and those of its copy of the reference data."""
    main = importlib.import_module(component.module)
    return [*main.KINDS, *getattr(main, "REFERENCE_KINDS", ())]


def make_indexes(settings: ServiceSettings, *, alter: bool = False) -> Iterator[str]:
    """Makes what is missing and tells of each thing done; may be run again. ``alter`` also mends what differs.

    Raises ``SettingsError`` on an index that differs, ``Unavailable`` when the database doesn't answer.
    """
    if settings.store != "mongodb" and settings.blobs != "gridfs":
        return
    from kit.store.mongo.indexes import prepare_service
    from kit.store.mongo.settings import MongoSettings

    mongo = load(MongoSettings)
    for component in COMPONENTS:
        if not component.edge:
            kinds = kinds_of(component) if settings.store == "mongodb" else ()
            files = settings.blobs == "gridfs"
            yield from prepare_service(mongo, component.name, kinds, files=files, alter=alter)
