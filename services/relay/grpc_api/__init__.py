"""Proto to use case and back: one class a subject, joined in ``RelayApi``."""

from __future__ import annotations

from services.relay.grpc_api.files import FileRpcs
from services.relay.grpc_api.links import LinkRpcs
from services.relay.handlers.attachments import Files
from services.relay.handlers.registry import Registry
from tongban.relay.v1 import service_pb2_grpc


class RelayApi(LinkRpcs, FileRpcs, service_pb2_grpc.RelayServiceServicer):
    """Serves relay's RPCs."""

    def __init__(self, registry: Registry, files: Files) -> None:
        self._registry = registry
        self._files = files
