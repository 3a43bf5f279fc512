"""The HTTP server of the partner API: a thread of the relay process, on its own port (docs/decisions, "Partners come in by
HTTP").

It speaks plain HTTP: an ingress or a reverse proxy ends TLS before it. What a slow or hostile client can hold is
bounded: a request has to be there in a time, connections and their buffers are counted, polls have threads of their own.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask
from waitress.trigger import trigger

from kit.errors import TongbanError
from kit.settings import SettingsError
from services.relay.partner.exchange import INTERNAL, PROBLEM, REASONS, Malformed, TooLarge, problem
from services.relay.partner.settings import PartnerSettings
from services.relay.partner.waiting import Waits

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

#: A request has to be there this long after its first byte, in seconds: a part of a file in 10 KB/s. Our own choice.
REQUEST_SECONDS: Final = 100.0
#: A connection that says nothing is closed after it, in seconds. Our own choice.
_IDLE_SECONDS: Final = 60
#: A peer that acknowledges nothing for this long is gone, in milliseconds.
_PEER_TIMEOUT_MS: Final = 30_000
_CONNECTIONS: Final = 500
_HEADER_BYTES: Final = 16 * 1024


class _HeadersTooLarge(Malformed):
    status = 431


class _Refusal(ErrorTask):
    """What the server itself can't read is refused in the same form as everything else, unsigned."""

    def execute(self) -> None:
        """Writes the problem document instead of waitress's own text."""
        request: Any = self.request
        answer = problem(_refusal(request.error.code), "")
        self.status = f"{answer.status} {REASONS[answer.status]}"
        self.response_headers = [("Content-Type", PROBLEM)]
        self.set_close_on_finish()
        self.content_length = len(answer.content)
        self.write(answer.content)


def _refusal(code: int) -> TongbanError:
    if code == 413:
        return TooLarge(0)
    if code == 431:
        return _HeadersTooLarge("headers_too_large", "请求头过大，请减少后重试。")
    if code >= 500:
        return INTERNAL
    return Malformed("request_malformed", "请求格式不正确，请核对后重试。")


class _Connection(HTTPChannel):
    """Closes on who trickles: waitress itself only notices who says nothing at all."""

    error_task_class = _Refusal
    request_seconds = REQUEST_SECONDS
    _begun: float | None = None

    def handle_read(self) -> None:
        """Reads; a request that isn't there in its time ends the connection."""
        super().handle_read()
        if self.request is None:
            self._begun = None
        elif self._begun is None:
            self._begun = time.monotonic()
        elif time.monotonic() - self._begun > self.request_seconds:
            log.warning("a request of %s took too long; the connection is closed", self.addr[0])
            self.will_close = True


class PartnerServer:
    """The server, listening from its beginning on; serves between ``start`` and ``stop``."""

    def __init__(self, app: WSGIApplication, settings: PartnerSettings, waits: Waits) -> None:
        """Raises ``SettingsError`` when the port can't be had."""
        logging.getLogger("waitress").setLevel(logging.WARNING)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._waits = waits
        self._port = settings.relay_partner_port
        self._connections: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._connections,
            sockets=[_listening(settings)],
            threads=settings.relay_partner_threads,
            connection_limit=_CONNECTIONS,
            ident=None,
            asyncore_use_poll=True,
            channel_timeout=_IDLE_SECONDS,
            cleanup_interval=10,
            max_request_header_size=_HEADER_BYTES,
            max_request_body_size=settings.relay_partner_max_body,
            channel_request_lookahead=1,
            clear_untrusted_proxy_headers=False,
        )
        self._server.adj.socket_options = [
            (socket.SOL_TCP, socket.TCP_NODELAY, 1),
            (socket.SOL_TCP, socket.TCP_USER_TIMEOUT, _PEER_TIMEOUT_MS),
        ]
        for listener in self._connections.values():
            listener.channel_class = _Connection
        dispatcher, threads = self._server.task_dispatcher, settings.relay_partner_threads
        waits.on_count = lambda count: dispatcher.set_thread_count(threads + count)
        self._thread = threading.Thread(target=self._server.run, name="partners", daemon=True)

    @property
    def port(self) -> int:
        """The port that it has."""
        return int(getattr(self._server, "effective_port", self._port))

    def start(self) -> None:
        """Serves in a thread of its own."""
        self._thread.start()
        log.info("partners are served at port %d", self.port)

    def stop(self, grace_seconds: float) -> None:
        """Answers what was asked, then leaves."""
        self._waits.stop()
        until = time.monotonic() + grace_seconds
        while time.monotonic() < until and self._busy():
            time.sleep(0.02)
        self._server.task_dispatcher.shutdown()
        # In its own thread, which ends when nothing is open any more.
        self._trigger().pull_trigger(lambda: wasyncore.close_all(self._connections))
        self._thread.join(grace_seconds)

    def _trigger(self) -> Any:
        return next(each for each in self._connections.values() if isinstance(each, trigger))

    def _busy(self) -> bool:
        found = [each for each in list(self._connections.values()) if isinstance(each, HTTPChannel)]
        return any(each.requests or each.total_outbufs_len for each in found)


def _listening(settings: PartnerSettings) -> socket.socket:
    host, port = settings.relay_partner_host, settings.relay_partner_port
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=256
        )
    except OSError as error:
        raise SettingsError(f"can't listen on {host}:{port} (TONGBAN_RELAY_PARTNER_PORT): {error.strerror}") from error
