"""Who takes a number or books a time: checked, then kept masked and as a keyed hash only (rules A02, AG01)."""

from __future__ import annotations

from datetime import date

from kit.privacy import mask_id, mask_name, person_key
from kit.resident_id import read_resident_id
from kit.text import clean
from services.queuing.domain.holder import Holder


def identify(id_number: str, name: str, site_secret: bytes, today: date) -> Holder:
    """The holder by what was shown; both may be empty. Raises ``Invalid`` (``id_number_invalid``, ``text_…``)."""
    name = clean(name, field="holder_name", max_length=100, required=False)
    if not id_number.strip():
        return Holder(name_masked=mask_name(name))
    shown = read_resident_id(id_number, today=today)
    return Holder(mask_name(name), mask_id(shown.number), person_key(site_secret, shown.number), shown.born)
