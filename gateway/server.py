"""The WSGI server: one process, a thread a request at hand, and one more for each board that listens.

Why waitress: docs/decisions, "One gateway process".
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import orjson
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server
from waitress.task import ErrorTask, WSGITask

from gateway.errors import PROBLEM_TYPE, HeadersTooLarge, Malformed, TooLarge, problem
from gateway.settings import GatewaySettings
from kit.errors import TongbanError
from kit.settings import SettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("gateway")

#: A peer that acknowledges nothing for this long is gone, in milliseconds; else its stream would hold a thread.
_PEER_TIMEOUT_MS = 30_000
#: How much may wait for one slow reader, in bytes.
_UNSENT_BYTES = 1024 * 1024

_UNREADABLE = Malformed("request_malformed", "请求格式不正确，请核对后重试。")
_REFUSALS: dict[int, TongbanError] = {
    413: TooLarge(),
    431: HeadersTooLarge(),
    500: TongbanError("internal", "系统内部错误，请稍后重试；如仍不能解决，请联系管理员。"),
}

HttpServer = BaseWSGIServer | MultiSocketServer
#: By file descriptor.
Connections = dict[int, Any]


class _Refusal(ErrorTask):
    """What the server itself can't read is refused in the same form as everything else."""

    def execute(self) -> None:
        """Writes the problem document instead of waitress's own text."""
        request: Any = self.request
        found = request.error
        error = _REFUSALS.get(found.code, _UNREADABLE)
        body = orjson.dumps(problem(error))
        self.status = f"{error.status} {found.reason}"
        self.response_headers = [("Content-Type", PROBLEM_TYPE)]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Answer(WSGITask):
    channel: _Connection

    def build_response_header(self) -> bytes:
        """Once the process leaves, each answer is its connection's last, so that nobody's next request is lost."""
        if self.channel.leaving.is_set():
            self.set_close_on_finish()
        return super().build_response_header()


class _Connection(HTTPChannel):
    task_class = _Answer
    error_task_class = _Refusal

    def __init__(self, leaving: threading.Event, *args: Any, **named: Any) -> None:
        self.leaving = leaving
        super().__init__(*args, **named)


def serve(
    app: WSGIApplication,
    settings: GatewaySettings,
    connections: Connections | None = None,
    leaving: threading.Event | None = None,
) -> HttpServer:
    """The server of an app, listening; keeps its open ``connections`` there, and closes them as ``leaving`` is set.

    Raises ``SettingsError`` when the port can't be had.
    """
    # That a board is switched off, or that requests wait a moment for a thread, is nothing to write down.
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    connections = connections if connections is not None else {}
    try:
        server = create_server(
            app,
            map=connections,
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
        where = f"{settings.host}:{settings.port}"
        raise SettingsError(f"can't listen on {where} (TONGBAN_PORT): {error.strerror}") from error
    server.adj.socket_options = [
        (socket.SOL_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_TCP, socket.TCP_USER_TIMEOUT, _PEER_TIMEOUT_MS),
    ]
    for listener in connections.values():
        listener.channel_class = partial(_Connection, leaving or threading.Event())
    return server


def make_room(server: HttpServer, settings: GatewaySettings) -> Callable[[int], None]:
    """Keeps a thread for each stream that is open, and as many as ever for everything else.

    The streams' threads come and go with them, so that an idle hall costs nothing.
    """
    return lambda streams: server.task_dispatcher.set_thread_count(settings.request_threads + streams)


def run(
    server: HttpServer,
    settings: GatewaySettings,
    connections: Connections,
    leaving: threading.Event,
    end_streams: Callable[[], None],
) -> None:
    """Serves until SIGTERM, SIGINT or the parent's death, then answers what was asked. Main thread only.

    While it drains, it serves as before, and each answer sends its client to another connection; boards stay until the
    end, as they would come back at once.
    """
    hurry = threading.Event()

    def finish() -> None:
        log.info("gateway stops")
        leaving.set()
        hurry.wait(settings.drain_seconds)
        end_streams()
        until = time.monotonic() + settings.grace_seconds
        while time.monotonic() < until and busy(connections):
            time.sleep(0.01)
        signal.pthread_kill(main_thread, signal.SIGUSR2)

    def stop(_number: int, _frame: FrameType | None) -> None:
        if leaving.is_set():
            hurry.set()  # whoever is told twice doesn't wait
        else:
            threading.Thread(target=finish, name="stop", daemon=True).start()

    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    main_thread = threading.get_ident()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGUSR2, end)
    if settings.parent_fd is not None:
        threading.Thread(target=_follow_parent, args=(settings.parent_fd,), name="parent", daemon=True).start()
    try:
        server.run()
    finally:
        server.close()


def busy(connections: Connections) -> bool:
    """Whether a request is on its way, or its answer."""
    found = [each for each in list(connections.values()) if isinstance(each, HTTPChannel)]
    return any(each.request is not None or each.requests or each.total_outbufs_len for each in found)


def _follow_parent(descriptor: int) -> None:
    """Stops when the supervisor is gone: nobody would start or stop this process any more."""
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
