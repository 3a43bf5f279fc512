"""What is read and answered alike by many RPCs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kit.call import current_call
from kit.errors import Invalid
from kit.text import clean
from services.intake.domain.application import Application
from services.intake.domain.material import Declared
from services.intake.handlers.access import READING_ROLES, works_on
from services.intake.handlers.desk import Desk
from services.intake.protos import declared_of, holder_message, staff_message
from tongban.intake.v1 import messages_pb2
from tongban.intake.v1 import service_pb2 as pb

#: More materials in one request than any item has.
MOST_MATERIALS: Final = 200


def seen(desk: Desk, application: Application, *, listed: bool = False) -> messages_pb2.Application:
    """The application as the caller may see it, by itself or in a list."""
    actor = current_call().actor
    if not actor.has(*READING_ROLES):
        return holder_message(application)
    return staff_message(application, with_answers=not listed and works_on(desk, actor, application))


def declared_materials(messages: Iterable[pb.DeclaredMaterial]) -> tuple[Declared, ...]:
    """What was said of materials, texts cleaned. Raises ``Invalid``."""
    declared = tuple(
        declared_of(message, clean(message.problem, field="problem", max_length=500, required=False, multiline=True))
        for message in messages
    )
    if len(declared) > MOST_MATERIALS:
        raise Invalid("too_many_materials", f"一次最多填写 {MOST_MATERIALS} 份材料。", field="materials")
    return declared
