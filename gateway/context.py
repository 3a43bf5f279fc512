"""What a request may reach: built once in ``__main__``, hung on the app, handed to whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from gateway.auth import Authenticator
from gateway.boards import BoardHub
from gateway.citizens import CitizenDesk
from gateway.clients import Clients
from gateway.limits import Limits
from gateway.settings import GatewaySettings

_NAME = "tongban"


@dataclass(frozen=True)
class Gateway:
    """The parts of the gateway."""

    settings: GatewaySettings
    clients: Clients
    authenticator: Authenticator
    citizens: CitizenDesk
    limits: Limits
    boards: BoardHub


def hang(app: Flask, gateway: Gateway) -> None:
    """Makes the gateway reachable for the requests of an app."""
    app.extensions[_NAME] = gateway


def current_gateway() -> Gateway:
    """The gateway of the request at hand."""
    return cast(Gateway, current_app.extensions[_NAME])
