"""The gateway's process: wiring only."""

from __future__ import annotations

import logging
import threading

from gateway.app import create_app
from gateway.auth import Authenticator
from gateway.boards import TOPIC, BoardHub
from gateway.citizens import CitizenDesk
from gateway.clients import Clients
from gateway.context import Gateway
from gateway.limits import Limits
from gateway.pages import register_pages
from gateway.server import Connections, make_room, run, serve
from gateway.settings import GatewaySettings
from kit import telemetry
from kit.actor import TokenSigner
from kit.adapters import open_bus
from kit.bus.starting import require_topics
from kit.process import run_main, set_up_logging
from kit.rpc.client import invoke
from kit.settings import load
from tongban.queuing.v1.service_pb2 import GetBoardRequest, GetBoardResponse

log = logging.getLogger("gateway")


def build(settings: GatewaySettings) -> Gateway:
    """The parts of the gateway for this site."""
    clients = Clients.to(settings)
    secret = settings.site_secret
    citizens = CitizenDesk(secret, embedded=settings.embedded and settings.citizen_demo)
    bus = open_bus(settings)
    require_topics(bus, [TOPIC], "gateway")

    def read_board(center_id: str) -> GetBoardResponse:
        return invoke(clients.queuing.GetBoard, GetBoardRequest(center_id=center_id), timeout=2.0)

    return Gateway(
        settings=settings,
        clients=clients,
        authenticator=Authenticator(clients.workforce, TokenSigner(settings.private_key), secret, citizens.actor),
        citizens=citizens,
        limits=Limits(settings),
        boards=BoardHub(read_board, lambda: bus.tail([TOPIC]), max_listeners=settings.max_boards),
    )


def main() -> None:
    """Serves until it is told to stop."""
    settings = load(GatewaySettings)
    set_up_logging("gateway", settings)
    telemetry.set_up("gateway", settings, prometheus=True, edge=True)
    gateway = build(settings)
    connections: Connections = {}
    leaving = threading.Event()
    server = serve(create_app(gateway, [register_pages]), settings, connections, leaving)
    gateway.boards.start(make_room(server, settings))
    log.info("gateway is ready at http://%s:%d", settings.host, settings.port)
    try:
        run(server, settings, connections, leaving, end_streams=gateway.boards.close)
    finally:
        gateway.clients.close()
        telemetry.close()


if __name__ == "__main__":
    run_main(main)
