"""RPCs of histories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kit.call import current_call
from services.relay.handlers.desk import Desk
from services.relay.handlers.history import export_history, render_history
from services.relay.handlers.registry import Registry
from tongban.relay.v1 import history_pb2

#: Bytes of a piece.
_PIECE: Final = 256 * 1024


class HistoryRpcs:
    """The signed history of a journey."""

    _desk: Desk
    _registry: Registry

    def ExportHistory(
        self, request: history_pb2.ExportHistoryRequest, context: Any
    ) -> Iterator[history_pb2.ExportHistoryResponse]:
        lines = export_history(
            desk=self._desk,
            registry=self._registry,
            call=current_call(),
            journey=request.journey,
            exported_by=request.exported_by,
            reason=request.reason,
        )
        for line in lines:
            for at in range(0, len(line), _PIECE):
                yield history_pb2.ExportHistoryResponse(data=line[at : at + _PIECE])

    def RenderHistory(
        self, request: history_pb2.RenderHistoryRequest, context: Any
    ) -> history_pb2.RenderHistoryResponse:
        pdf = render_history(
            desk=self._desk,
            registry=self._registry,
            call=current_call(),
            journey=request.journey,
            exported_by=request.exported_by,
            reason=request.reason,
        )
        return history_pb2.RenderHistoryResponse(pdf=pdf)
