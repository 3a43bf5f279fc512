"""RPCs of operators: traffic, queues, letters set aside."""

from __future__ import annotations

from typing import Any

from kit.call import current_call
from kit.timestamps import to_timestamp
from services.relay.cards import DIRECTIONS, STATES
from services.relay.domain.files import Way
from services.relay.domain.register import Entry
from services.relay.handlers import operating
from services.relay.handlers.attachments import Files
from services.relay.handlers.contacts import Contacts
from services.relay.handlers.desk import Desk
from services.relay.protos import SETTLEMENTS
from services.relay.queries import operating as reads
from tongban.relay.v1 import operating_pb2, service_pb2


class OperatingRpcs:
    """What operators see and do."""

    _desk: Desk
    _files: Files
    _contacts: Contacts

    def ListTraffic(self, request: service_pb2.ListTrafficRequest, context: Any) -> service_pb2.ListTrafficResponse:
        found = reads.list_traffic(desk=self._desk, files=self._files, contacts=self._contacts)
        return service_pb2.ListTrafficResponse(
            traffic=[_traffic(each) for each in found], aside=reads.count_aside(desk=self._desk), site=self._desk.site
        )

    def ListQueue(self, request: service_pb2.ListQueueRequest, context: Any) -> service_pb2.ListQueueResponse:
        found = reads.list_queue(
            desk=self._desk,
            contacts=self._contacts,
            link_id=request.link_id,
            after=request.after,
            limit=request.limit,
        )
        return service_pb2.ListQueueResponse(
            letters=[
                operating_pb2.QueuedLetter(
                    sequence=each.sequence,
                    letter_id=each.letter_id,
                    type=each.type,
                    journey=each.journey,
                    size=each.size,
                    at=to_timestamp(each.at),
                )
                for each in found
            ]
        )

    def ListLettersAside(
        self, request: service_pb2.ListLettersAsideRequest, context: Any
    ) -> service_pb2.ListLettersAsideResponse:
        found = reads.list_aside(desk=self._desk, limit=request.limit, cursor=request.cursor)
        return service_pb2.ListLettersAsideResponse(
            letters=[_aside(each) for each in found.items], next_cursor=found.cursor
        )

    def ResendLetter(self, request: service_pb2.ResendLetterRequest, context: Any) -> service_pb2.ResendLetterResponse:
        entry = operating.resend_letter(
            desk=self._desk, call=current_call(), letter_id=request.letter_id, reason=request.reason
        )
        return service_pb2.ResendLetterResponse(letter=_aside(entry))

    def RefuseLetter(self, request: service_pb2.RefuseLetterRequest, context: Any) -> service_pb2.RefuseLetterResponse:
        entry = operating.refuse_letter(
            desk=self._desk, call=current_call(), letter_id=request.letter_id, reason=request.reason
        )
        return service_pb2.RefuseLetterResponse(letter=_aside(entry))


def _traffic(traffic: reads.Traffic) -> operating_pb2.Traffic:
    link, contact = traffic.link, traffic.contact
    message = operating_pb2.Traffic(
        link_id=link.id,
        peer=link.peer,
        peer_name=link.peer_card.name,
        direction=DIRECTIONS[link.direction],
        state=STATES[link.state],
        sent=traffic.sent.sequence,
        acknowledged=traffic.acknowledged,
        backlog=traffic.backlog,
        oldest_at=to_timestamp(traffic.oldest_at),
        received=traffic.received.sequence,
        passed=traffic.passed,
        waiting=traffic.waiting,
        files_wanted=traffic.files_wanted,
        stops=[
            operating_pb2.Stop(
                outgoing=each.way is Way.OUT, sequence=each.sequence, code=each.code, at=to_timestamp(each.at)
            )
            for each in traffic.stops
        ],
    )
    if contact is not None:
        message.MergeFrom(operating_pb2.Traffic(heard_at=to_timestamp(contact.at), via=contact.via))
        if contact.skew_ms is not None:
            message.clock_ahead_ms = contact.skew_ms
    return message


def _aside(entry: Entry) -> operating_pb2.LetterAside:
    why = entry.history[-1] if entry.history else None
    return operating_pb2.LetterAside(
        letter_id=entry.id,
        type=entry.type,
        journey=entry.journey,
        origin=entry.origin,
        destination=entry.destination,
        link_id=entry.link,
        sequence=entry.sequence,
        at=to_timestamp(entry.at),
        state=SETTLEMENTS[entry.state],
        code=entry.code,
        message="" if why is None else why.message,
    )
