"""RPCs of anchoring a link anew, and of what was set aside as evidence then."""

from __future__ import annotations

from typing import Any

from kit.call import current_call
from kit.clock import from_ms
from kit.timestamps import to_timestamp
from services.relay.cards import anchor_message, anchor_of
from services.relay.handlers.anchoring import Anchoring
from services.relay.handlers.desk import Desk
from services.relay.handlers.place import kept_of
from tongban.relay.v1 import messages_pb2, reconcile_pb2, service_pb2


class AnchorRpcs:
    """A direction goes on from where both ends agree."""

    _anchoring: Anchoring
    _desk: Desk

    def ReanchorLink(self, request: service_pb2.ReanchorLinkRequest, context: Any) -> service_pb2.ReanchorLinkResponse:
        call = current_call()
        if not request.HasField("theirs"):
            mine = self._anchoring.say(
                call=call,
                link_id=request.link_id,
                from_site=request.from_site,
                sequence=request.sequence,
                approved_by=request.approved_by,
                reason=request.reason,
            )
            return service_pb2.ReanchorLinkResponse(anchor=anchor_message(mine))
        mine, count = self._anchoring.go_on(
            call=call, theirs=anchor_of(request.theirs), approved_by=request.approved_by, reason=request.reason
        )
        return service_pb2.ReanchorLinkResponse(anchor=anchor_message(mine), done=True, set_aside=count)

    def ListEvidence(self, request: service_pb2.ListEvidenceRequest, context: Any) -> service_pb2.ListEvidenceResponse:
        link = self._desk.links.link(request.link_id)
        limit = max(1, min(request.limit or 20, 100))
        page = self._desk.envelopes.evidence(link.id, "in", limit, request.cursor)
        return service_pb2.ListEvidenceResponse(
            evidence=[
                reconcile_pb2.Evidence(
                    envelope=messages_pb2.Envelope.FromString(kept_of(each).data),
                    kept_at=to_timestamp(kept_of(each).at),
                    set_aside_at=to_timestamp(from_ms(each.body["set_aside_at"])),
                    by=each.body["by"],
                    reason=each.body["reason"],
                )
                for each in page.documents
            ],
            next_cursor=page.cursor,
        )
