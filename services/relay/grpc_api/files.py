"""RPCs of files, for the services of the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kit.call import current_call
from kit.errors import Invalid
from services.relay.domain.limits import Limits
from services.relay.handlers.attachments import Files
from tongban.relay.v1 import service_pb2

#: Larger than this no link takes by default; what a link takes is its own limit.
MOST_BYTES: Final = Limits().max_attachment_bytes


class FileRpcs:
    """Files that letters name."""

    _files: Files

    def KeepAttachment(
        self, request_iterator: Iterator[service_pb2.KeepAttachmentRequest], context: Any
    ) -> service_pb2.KeepAttachmentResponse:
        first = next(request_iterator, None)
        if first is None or not first.sha256:
            raise Invalid("attachment_address", "缺少文件摘要，请重新发送。")
        content = (each.chunk for each in request_iterator)
        self._files.keep(current_call(), first.sha256, content, max_bytes=MOST_BYTES)
        return service_pb2.KeepAttachmentResponse()

    def ReadAttachment(
        self, request: service_pb2.ReadAttachmentRequest, context: Any
    ) -> Iterator[service_pb2.ReadAttachmentResponse]:
        for chunk in self._files.read(request.sha256):
            yield service_pb2.ReadAttachmentResponse(chunk=chunk)
