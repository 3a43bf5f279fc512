"""The gateway's process: wiring, and a WSGI server that gives each board a thread (docs/decisions)."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from types import FrameType

from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from gateway.app import create_app
from gateway.auth import Authenticator
from gateway.boards import TOPIC, BoardHub
from gateway.citizens import CitizenDesk
from gateway.clients import Clients
from gateway.context import Gateway
from gateway.document import Document
from gateway.limits import Limits
from gateway.pages import register_pages
from gateway.settings import GatewaySettings
from kit import telemetry
from kit.actor import TokenSigner
from kit.bus.sqlite import SqliteBus
from kit.process import run_main, set_up_logging
from kit.rpc.client import invoke
from kit.settings import SettingsError, load
from tongban.queuing.v1.service_pb2 import GetBoardRequest, GetBoardResponse

log = logging.getLogger("gateway")

#: A peer that acknowledges nothing for this long is gone, in milliseconds; else its stream would hold a thread.
_PEER_TIMEOUT_MS = 30_000
#: How much may wait for one slow reader, in bytes.
_UNSENT_BYTES = 1024 * 1024


def build(settings: GatewaySettings) -> Gateway:
    """The parts of the gateway for this site."""
    clients = Clients.to(settings)
    secret = settings.site_secret
    citizens = CitizenDesk(secret, embedded=settings.embedded)
    bus = SqliteBus(settings.data / "bus.db", settings.run_dir)

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


def serve(app: Document, settings: GatewaySettings) -> BaseWSGIServer | MultiSocketServer:
    """The server of an app, listening. Raises ``SettingsError`` when the port can't be had."""
    try:
        server = create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.request_threads,
            connection_limit=1000,
            backlog=1024,
            ident=None,
            asyncore_use_poll=True,
            max_request_body_size=2 * max(settings.max_upload, settings.max_import, settings.max_body),
            outbuf_high_watermark=_UNSENT_BYTES,
            channel_request_lookahead=1,
            clear_untrusted_proxy_headers=False,
        )
    except OSError as error:
        raise SettingsError(
            f"can't listen on {settings.host}:{settings.port} (TONGBAN_PORT): {error.strerror}"
        ) from error
    server.adj.socket_options = [
        (socket.SOL_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_TCP, socket.TCP_USER_TIMEOUT, _PEER_TIMEOUT_MS),
    ]
    return server


def main() -> None:
    """Serves until SIGTERM, SIGINT or the parent's death."""
    settings = load(GatewaySettings)
    set_up_logging("gateway", settings)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    telemetry.set_up("gateway", settings, prometheus=True)
    gateway = build(settings)
    server = serve(create_app(gateway, [register_pages]), settings)
    # Each board holds a thread while it listens: they come and go with the boards, so that an idle hall costs nothing.
    gateway.boards.start(lambda boards: server.task_dispatcher.set_thread_count(settings.request_threads + boards))

    def stop(_number: int = 0, _frame: FrameType | None = None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if settings.parent_fd is not None:
        threading.Thread(target=_follow_parent, args=(settings.parent_fd,), name="parent", daemon=True).start()
    log.info("gateway is ready at http://%s:%d", settings.host, settings.port)
    try:
        server.run()
    finally:
        log.info("gateway stops")
        gateway.boards.close()
        server.close()
        gateway.clients.close()


def _follow_parent(descriptor: int) -> None:
    """Stops when the supervisor is gone: nobody would start or stop this process any more."""
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    run_main(main)
