"""Originals that are given back to whoever handed them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from kit.errors import Invalid
from services.intake.domain.application import Application, Returned
from services.intake.domain.officer import Officer
from services.intake.domain.transferring import require_not_held


def return_originals(
    application: Application, pieces: Mapping[str, int], *, taken_by: str, by: Officer, now: datetime
) -> Application:
    """With what was given back, never more than was handed in.

    Raises ``Invalid``: nothing named (``nothing_returned``), a material that the item doesn't have
    (``material_unknown``), more than there are (``originals_exceeded``); ``Conflict`` while another site is asked.
    """
    require_not_held(application)
    if not pieces:
        raise Invalid("nothing_returned", "请填写退还的原件份数。", field="returned")
    for key, number in pieces.items():
        material = application.material(key)
        if material is None:
            raise Invalid("material_unknown", f"该事项没有编号为“{key[:64]}”的材料，请核对材料清单。", field="returned")
        left = material.originals - material.returned
        if not 1 <= number <= left:
            raise Invalid(
                "originals_exceeded", f"材料“{material.name}”还有 {left} 份原件可以退还，请更正份数。", field="returned"
            )
    materials = tuple(
        replace(material, returned=material.returned + pieces.get(material.key, 0))
        for material in application.materials
    )
    given = tuple(Returned(key, number, taken_by, by, now) for key, number in pieces.items())
    return replace(application, materials=materials, returns=(*application.returns, *given))
