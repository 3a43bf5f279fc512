"""Who applies elsewhere: what was typed or came by letter, checked before it is kept (facts 10)."""

from __future__ import annotations

from datetime import date

from kit.id_numbers import checked_id_number, checked_phone
from kit.text import clean
from services.federation.domain.crossing import Applicant


def checked(applicant: Applicant, today: date) -> Applicant:
    """The applicant with clean texts and a number in its standard form. Raises ``Invalid``; each names its field."""
    id_type = clean(applicant.id_type, field="applicant.id_type", max_length=20)
    return Applicant(
        name=clean(applicant.name, field="applicant.name", max_length=100),
        id_type=id_type,
        id_number=checked_id_number(id_type, applicant.id_number, today, prefix="applicant"),
        phone=checked_phone(applicant.phone, field="applicant.phone"),
        address=clean(applicant.address, field="applicant.address", max_length=200, required=False),
        agent_name=clean(applicant.agent_name, field="applicant.agent_name", max_length=100, required=False),
    )
