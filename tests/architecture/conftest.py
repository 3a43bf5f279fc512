"""Every service as its own main wires it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from cli.components import COMPONENTS
from cli.site import Site
from kit import chassis as frame
from kit import telemetry
from kit.consumer import Subscription
from kit.events import EventEncoder, Mapped
from kit.rpc.server import Servicer


@dataclass
class Wired:
    """What a service's main.py puts together: what it serves, takes, tells, and whom it asks."""

    servicers: Sequence[Servicer] = ()
    subscriptions: Sequence[Subscription] = ()
    tables: list[Mapping[Any, Mapped]] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def wired(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wired]:
    """Every service, wired by its own main on an empty data folder, and stopped where it would begin to run."""
    site = Site.at(tmp_path_factory.mktemp("site"))
    site.create_folders()
    site.create_keys()
    found: dict[str, Wired] = {}
    encoder, channel = frame.Chassis.encoder, frame.Chassis.channel

    def run(
        self: frame.Chassis, *, servicers: Sequence[Servicer], subscriptions: Sequence[Subscription] = (), **_: Any
    ) -> None:
        found[self.service].servicers, found[self.service].subscriptions = servicers, subscriptions
        self.bus.close()
        self.store.close()

    def remembered(self: frame.Chassis, table: Mapping[Any, Mapped]) -> EventEncoder:
        found[self.service].tables.append(table)
        return encoder(self, table)

    def asked(self: frame.Chassis, service: str, full_name: str) -> grpc.Channel:
        found[self.service].asks.append(service)
        return channel(self, service, full_name)

    with pytest.MonkeyPatch.context() as patch:
        for name, value in site.environment().items():
            patch.setenv(name, value)
        # This process's log and telemetry stay as they are.
        patch.setattr(frame, "set_up_logging", lambda *_: None)
        patch.setattr(telemetry, "set_up", lambda *_, **__: None)
        patch.setattr(frame.Chassis, "run", run)
        patch.setattr(frame.Chassis, "encoder", remembered)
        patch.setattr(frame.Chassis, "channel", asked)
        for component in COMPONENTS:
            if not component.edge:
                found[component.name] = Wired()
                importlib.import_module(component.module).main()
    return found
