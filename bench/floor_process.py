"""The bare parts as a process: the gateway's HTTP server and a service's gRPC server, each with nothing behind it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gateway.server import serve
from gateway.settings import GatewaySettings
from kit.actor import TokenVerifier
from kit.clock import SystemClock
from kit.rpc.server import RpcServer, Servicer
from kit.settings import ServiceSettings
from tongban.queuing.v1 import messages_pb2, service_pb2, service_pb2_grpc

SERVICE = "tongban.queuing.v1.QueuingService"

#: A ticket as it is answered with: as large as a real one.
TICKET = messages_pb2.Ticket(
    id="019a6f00-0000-7000-8000-000000000000",
    center_id="610902",
    number="A012",
    day="2026-11-23",
    lane="business",
    item_id="0e1257a8-c9fb-5f61-8dd7-1ec4c7a878a4",
    item_version=1,
    item_name="公共场所卫生许可（新办）",
    department_key="weisheng-jiankang",
    state=messages_pb2.TICKET_STATE_WAITING,
    priority=messages_pb2.PRIORITY_NORMAL,
    holder_masked="例*",
    id_number_masked="990101********1234",
    code="0123456789abcdefghjkmnpqrs",
    journey="019a6f00-0000-7000-8000-000000000001",
    version=1,
)


class _Bare:
    """One method of the service, with nothing behind it."""

    def __init__(self) -> None:
        self._answer = service_pb2.TakeTicketResponse(ticket=TICKET)

    def __getattr__(self, name: str) -> Callable[[Any, Any], Any]:
        return lambda request, context: self._answer


def main() -> None:
    """Serves both until its standard input is closed."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = ServiceSettings(public_key_file=folder / "actor.pub.pem")
    verifier = TokenVerifier(settings.public_key)
    bare = Servicer(SERVICE, service_pb2_grpc.add_QueuingServiceServicer_to_server, _Bare())
    rpc = RpcServer([bare], verifier, SystemClock(), listen=f"unix:{folder / 'rpc.sock'}", workers=settings.workers)
    rpc.start()
    rpc.ready()
    content = TICKET.SerializeToString() + bytes(400)  # about as long as the same in JSON

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"].read()
        start_response("201 Created", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
        return [content]

    server = serve(app, GatewaySettings(port=port))
    threading.Thread(target=server.run, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    server.close()
    rpc.stop(0)


if __name__ == "__main__":
    main()
