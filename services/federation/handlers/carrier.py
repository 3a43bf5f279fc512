"""Files on their way: handed to relay in the name of whoever sends them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import grpc

from kit.rpc.client import invoke_stream_in, invoke_stream_out
from services.federation.domain.letters import File
from tongban.relay.v1 import service_pb2, service_pb2_grpc


class RelayCarrier:
    """Asks relay over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = service_pb2_grpc.RelayServiceStub(channel)

    def keep(self, file: File, chunks: Iterator[bytes], *, token: str) -> None:
        """Hands a file over; the same one again does nothing. Raises what relay raises, and ``Unavailable``."""

        def parts() -> Iterator[service_pb2.KeepAttachmentRequest]:
            yield service_pb2.KeepAttachmentRequest(sha256=file.sha256)
            for chunk in chunks:
                yield service_pb2.KeepAttachmentRequest(chunk=chunk)

        invoke_stream_in(self._stub.KeepAttachment, parts(), token=token)

    def read(self, sha256: str, *, token: str) -> Iterator[bytes]:
        """A file that came with a letter. Raises what relay raises, and ``Unavailable``."""
        asked = service_pb2.ReadAttachmentRequest(sha256=sha256)
        parts = invoke_stream_out(self._stub.ReadAttachment, asked, token=token)
        return (part.chunk for part in cast(Iterator[service_pb2.ReadAttachmentResponse], parts))
