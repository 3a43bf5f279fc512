"""What other sites say of parts: mirrors follow their owner, offers arrive, declined ones come back."""

from __future__ import annotations

from dataclasses import replace

from kit.call import Call
from kit.errors import NotFound
from kit.events import DomainEvent
from kit.store.port import Mark
from services.federation.domain import case_steps, mirrors, part_moves
from services.federation.domain.letters import IncomingLetter
from services.federation.domain.part_events import PartArrived, PartDeclined, PartFollowed, PartReturned
from services.federation.domain.parts import Part, PartState
from services.federation.handlers import letters
from services.federation.handlers.letters import Settled, answered
from services.federation.handlers.parts import decline_letter
from services.federation.handlers.room import Room, tell
from services.federation.protos.by_name import entity_of
from tongban.federation.v1 import parts_pb2

_BACK_TOO_LATE = "对方已撤回移交"


def take_word(room: Room, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """The owner's word: the mirror follows. An offer that was asked back and isn't taken yet is declined by itself.

    Raises ``Forbidden`` on a word that isn't the owner's, ``Invalid`` on one about another part under the same id.
    """
    told = entity_of(letters.read(letter, parts_pb2.PartTold).part, Part)
    held = room.parts.find_by_id(told.id)
    heard = mirrors.hear(held, told, letter.origin, room.here)
    if heard is None:
        return
    events: list[DomainEvent] = [answered(letter, call, "read")]
    center_id = _center(room, heard)
    before = None if held is None else held.ownership
    offer = heard.ownership.offer
    if offer is not None and offer.to_site == room.here and heard.ownership != before:
        if offer.withdrawn_at is not None:
            events.append(decline_letter(room, call, heard, _BACK_TOO_LATE))
            heard = replace(part_moves.decline(heard, room.here), reason=_BACK_TOO_LATE)
            events.append(PartDeclined(heard, center_id))
        else:
            events.append(PartArrived(heard, center_id))
    elif heard.ownership != before:
        events.append(PartFollowed(heard, center_id))
    events += case_steps.of_part(held, heard, room.here)
    if held is None:
        room.parts.create(heard, events, call, mark=mark)
    else:
        room.parts.save(heard, events, call, mark=mark)


def take_declining(room: Room, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """The site that it was offered to doesn't take it: it is this site's again."""
    said = letters.read(letter, parts_pb2.PartOfferDeclined)
    part = room.parts.get(said.part_id)
    offer = part.ownership.offer
    if offer is not None and offer.to_site == letter.origin:
        _returned(room, call, part, said.offer_id, said.reason[:2000], mark, answered(letter, call, "acted_on"))


def settle_offer(room: Room, call: Call, settled: Settled, mark: Mark) -> None:
    """An offer that the other site will never have comes back like one that it declined."""
    if not settled.failed:
        return
    found = room.parts.find("by_offer", ownership__offer__id=settled.letter_id, limit=1).items
    if found and found[0].ownership.owner == room.here:
        _returned(room, call, found[0], settled.letter_id, settled.message or settled.code, mark)


def _returned(
    room: Room, call: Call, part: Part, offer_id: str, reason: str, mark: Mark, *receipts: DomainEvent
) -> None:
    back = part_moves.came_back(part, room.here, offer_id, reason)
    if back is not None:
        events: list[DomainEvent] = [PartReturned(back, back.center_at(room.here)), *tell(room, call, back), *receipts]
        room.parts.save(back, events, call, mark=mark)


def _center(room: Room, part: Part) -> str:
    """The center here. Raises ``NotFound`` (``center_unknown``) on an offer to a center that this site hasn't got."""
    center_id = part.center_at(room.here)
    offer = part.ownership.offer
    if offer is not None and offer.to_site == room.here and part.state is PartState.OFFERED:
        if not center_id:
            raise NotFound("center_unknown", "来函没有写明本站点的政务服务中心，请核对。")
        room.desk.reference.center(center_id)
    return center_id
