"""Files on their way: handed to relay in the name of whoever sends them."""

from __future__ import annotations

from collections.abc import Iterator

import grpc

from kit.errors import Unavailable
from services.federation.domain.letters import File


class RelayCarrier:
    """Asks relay over gRPC."""

    def __init__(self, channel: grpc.Channel | None) -> None:
        self._channel = channel

    def keep(self, file: File, chunks: Iterator[bytes], *, token: str) -> None:
        """Hands a file over. Raises ``Unavailable`` (``relay_takes_no_files``): relay doesn't serve files yet."""
        raise Unavailable("relay_takes_no_files", "转递服务暂不能接收附件，请稍后再发送。", file=file.sha256)
