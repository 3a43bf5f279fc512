"""What `tongban init` makes indexes for is what the services open their stores with."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import pytest

from cli.components import COMPONENTS, Component
from cli.indexes import kinds_of, make_indexes
from kit.settings import ServiceSettings
from kit.store.mongo.indexes import wanted
from kit.store.port import Kind

SERVICES = [component for component in COMPONENTS if not component.edge]


class Opened(Exception):
    """Stands for a running service."""


@pytest.mark.parametrize("component", SERVICES, ids=lambda component: component.name)
def test_the_kinds_of_a_service_are_those_that_its_process_opens(
    component: Component, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: dict[str, list[Kind]] = {}

    def chassis(service: str, settings: ServiceSettings, kinds: Sequence[Kind], *_: Any) -> None:
        opened[service] = list(kinds)
        raise Opened

    main = importlib.import_module(component.module)
    monkeypatch.setattr(main, "Chassis", chassis)
    with pytest.raises(Opened):
        main.main()
    assert opened == {component.name: list(kinds_of(component))}


@pytest.mark.parametrize("component", SERVICES, ids=lambda component: component.name)
def test_a_service_has_no_more_indexes_than_a_collection_may_have(component: Component) -> None:
    assert len(wanted(kinds_of(component))) < 50  # of 64: the one over ids, and room for the next release's beside


def test_an_embedded_site_needs_no_indexes_made() -> None:
    assert list(make_indexes(ServiceSettings())) == []
