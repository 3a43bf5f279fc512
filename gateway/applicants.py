"""Whoever has signed in, as an applicant in full."""

from __future__ import annotations

from gateway.auth import identity
from gateway.context import current_gateway
from tongban.intake.v1 import messages_pb2 as messages


def own_applicant() -> messages.Applicant | None:
    """The signed-in citizen: what libraries outside, which go by the number, are asked with. None: nobody has signed in."""
    if not identity().actor.has("citizen"):
        return None
    person = current_gateway().citizens.person(identity().session_token)
    return messages.Applicant(name=person.name, id_type="resident_id", id_number=person.id_number) if person else None
