"""Letters of a crossing that is handed over ↔ the domain."""

from __future__ import annotations

from dataclasses import replace

from kit.errors import Invalid
from kit.timestamps import to_timestamp
from services.federation.domain.crossing import CollectedMaterial, Crossing, HandlingPlace, Word
from services.federation.domain.letters import IncomingLetter, line_of_arrived
from services.federation.domain.ownership import Ownership
from services.federation.protos.agreements import MODES, contact_message, contact_of
from services.federation.protos.by_name import entity_of, message_of
from services.federation.protos.crossings import (
    applicant_message,
    identity_message,
    material_message,
    scans_of,
    status_message,
    status_of,
)
from tongban.federation.v1 import letters_pb2 as pb
from tongban.federation.v1 import messages_pb2, parts_pb2

#: Characters of a name or id that another site gives.
_MOST = 200


def status_letter(crossing: Crossing) -> pb.CrossingStatus:
    """The owner's picture; who owns it stands there once it was offered to another site."""
    assert crossing.status is not None  # noqa: S101 - only what was seen is told
    return pb.CrossingStatus(
        crossing_id=crossing.id,
        status=status_message(crossing.status),
        ownership=ownership_message(crossing),
        handled_at=None if crossing.handled_at is None else _place_message(crossing.handled_at),
    )


def word_of(said: pb.CrossingStatus, letter: IncomingLetter) -> Word:
    """A site's word. Raises ``Invalid`` (``status_invalid``)."""
    status = status_of(said.status)
    return Word(
        status=status,
        files=letter.files,
        line=line_of_arrived(letter),
        ownership=entity_of(said.ownership, Ownership) if said.HasField("ownership") else None,
        place=_place_of(said.handled_at, letter.origin) if said.HasField("handled_at") else None,
    )


def ownership_message(crossing: Crossing) -> parts_pb2.Ownership | None:
    """Who owns it, as letters say it: its revision is the picture's."""
    if crossing.ownership is None or crossing.status is None:
        return None
    return message_of(replace(crossing.ownership, revision=crossing.status.revision), parts_pb2.Ownership())


def _place_message(place: HandlingPlace) -> messages_pb2.HandlingPlace:
    return messages_pb2.HandlingPlace(
        site=place.site,
        center_id=place.center_id,
        center_name=place.center_name,
        item_id=place.item_id,
        contact=contact_message(place.contact),
    )


def offer_message(crossing: Crossing) -> pb.CrossingHandOverOffer:
    """A crossing, whole, for the site that it is offered to. Holds personal data."""
    assert crossing.status is not None  # noqa: S101 - what has arrived was told of
    parties = crossing.parties
    return pb.CrossingHandOverOffer(
        submission=pb.CrossingSubmission(
            crossing_id=crossing.id,
            agreement_id=parties.agreement_id,
            edition_id=parties.edition_id,
            mode=MODES[crossing.mode],
            collecting_center_id=parties.peer_center_id,
            handling_center_id=crossing.offered_center_id,
            item_id=parties.item_id,
            number=crossing.number,
            code=crossing.code,
            applicant=applicant_message(crossing.applicant),
            identity=identity_message(crossing.identity),
            delivery=crossing.delivery,
            form_json=crossing.form_json,
            opened_at=to_timestamp(crossing.opened_at),
            sent_at=to_timestamp(crossing.sent_at),
            collected_by_name=crossing.opened_by_name,
        ),
        materials=map(material_message, crossing.materials),
        status=status_message(crossing.status),
        ownership=ownership_message(crossing),
        collecting_site=parties.peer_site,
        collecting_center_name=parties.collecting_center_name,
        collecting_contact=contact_message(parties.peer_contact),
        days=messages_pb2.SegmentDays(
            collection=parties.days.collection, transit=parties.days.transit, hand_back=parties.days.hand_back
        ),
        deliveries=parties.deliveries,
        item_name=parties.item_name,
    )


def material_of(message: messages_pb2.CollectedMaterial) -> CollectedMaterial:
    """A material as the former owner hands it over. Raises ``Invalid`` (``material_unknown``) without a key."""
    if not message.key or len(message.key) > 64:
        raise Invalid("material_unknown", "来函的材料没有编号。", material=message.key[:64])
    return CollectedMaterial(
        key=message.key,
        name=message.name[:_MOST],
        main=message.main,
        form=message.form[:20],
        standard=message.standard[:500],
        checked=message.checked,
        scans=scans_of(message),
        originals=message.originals,
        copies=message.copies,
    )


def _place_of(message: messages_pb2.HandlingPlace, sender: str) -> HandlingPlace:
    """The sender's own place: no site speaks for another."""
    return HandlingPlace(
        site=sender,
        center_id=message.center_id[:64],
        center_name=message.center_name[:_MOST],
        item_id=message.item_id[:64],
        contact=contact_of(message.contact),
    )
