"""RPCs of bundles, for operators."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from kit.call import current_call
from kit.errors import Invalid, Unavailable
from services.relay.handlers.bundles import Bundles, Told, export_bundle, import_bundle
from tongban.relay.v1 import service_pb2

log = logging.getLogger(__name__)

_CHUNK: Final = 256 * 1024
#: The largest bundle that is taken in, in bytes. Our own choice.
_MOST_BYTES: Final = 16 * 1024**3


class BundleRpcs:
    """Bundles; the file stands on the relay's disk while it is made or read."""

    _bundles: Bundles
    _folder: Path

    def ExportBundle(
        self, request: service_pb2.ExportBundleRequest, context: Any
    ) -> Iterator[service_pb2.ExportBundleResponse]:
        call = current_call()
        with self._file() as file:
            after = 0 if request.everything else None
            told = export_bundle(
                bundles=self._bundles,
                call=call,
                link_id=request.link_id,
                file=file,
                after=after,
                anew_behind=request.anew_behind if request.HasField("anew_behind") else None,
            )
            log.info("%s exported a bundle of %d envelopes for %s", call.actor.id, told.envelopes, told.peer)
            file.seek(0)
            while chunk := file.read(_CHUNK):
                yield service_pb2.ExportBundleResponse(chunk=chunk)
        yield service_pb2.ExportBundleResponse(told=_told(told))

    def ImportBundle(
        self, request_iterator: Iterator[service_pb2.ImportBundleRequest], context: Any
    ) -> service_pb2.ImportBundleResponse:
        call = current_call()
        with self._file() as file:
            size = 0
            for each in request_iterator:
                size += len(each.chunk)
                if size > _MOST_BYTES:
                    raise Invalid("bundle_too_large", "函件包过大，请对方分次导出。", max=_MOST_BYTES)
                try:
                    file.write(each.chunk)
                except OSError as error:
                    raise _no_room(error) from error
            told = import_bundle(bundles=self._bundles, call=call, file=file)
        log.info("%s imported a bundle of %d envelopes from %s", call.actor.id, told.envelopes, told.peer)
        return service_pb2.ImportBundleResponse(told=_told(told))

    def _file(self) -> BinaryIO:
        try:
            return tempfile.TemporaryFile(dir=self._folder)
        except OSError as error:
            raise _no_room(error) from error


def _no_room(error: OSError) -> Unavailable:
    return Unavailable("bundle_no_room", "磁盘空间不足，无法处理函件包，请清理后重试。", reason=str(error))


def _told(told: Told) -> service_pb2.BundleTold:
    return service_pb2.BundleTold(
        link_id=told.link,
        peer=told.peer,
        envelopes=told.envelopes,
        first=told.first,
        last=told.last,
        files=told.files,
        received=told.head,
    )
