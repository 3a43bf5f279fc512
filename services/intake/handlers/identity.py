"""Who applies: what was typed, checked before it is kept (issue section 7; facts 10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from stdnum.cn import uscc

from kit.errors import Invalid
from kit.resident_id import read_resident_id
from kit.text import clean
from services.intake.domain.application import Applicant

_NUMBER: Final = "applicant.id_number"
_OTHER: Final = re.compile(r"[0-9A-Z()（）-]{4,30}")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{4,18}[0-9]")


def checked(applicant: Applicant, today: date) -> Applicant:
    """The applicant with clean texts and a number in its standard form.

    Raises ``Invalid``: ``id_type_unknown``, ``id_number_invalid`` (a wrong check digit or birthday), ``phone_invalid``,
    and those of ``kit.text.clean``; each names its field.
    """
    id_type = clean(applicant.id_type, field="applicant.id_type", max_length=20)
    id_number = _checked_number(id_type, clean(applicant.id_number, field=_NUMBER, max_length=30).upper(), today)
    phone = clean(applicant.phone, field="applicant.phone", max_length=20, required=False)
    if phone and not _PHONE.fullmatch(phone):
        raise Invalid("phone_invalid", "电话号码有误，请填写手机号码或带区号的固定电话。", field="applicant.phone")
    return Applicant(
        name=clean(applicant.name, field="applicant.name", max_length=100),
        id_type=id_type,
        id_number=id_number,
        phone=phone,
        address=clean(applicant.address, field="applicant.address", max_length=200, required=False),
        agent_name=clean(applicant.agent_name, field="applicant.agent_name", max_length=100, required=False),
    )


def _checked_number(id_type: str, number: str, today: date) -> str:
    if id_type == "resident_id":
        return read_resident_id(number, today=today, field=_NUMBER).number
    check = _CHECKS.get(id_type)
    if check is None:
        raise Invalid(
            "id_type_unknown",
            "证件类型应为 resident_id（居民身份证）、credit_code（统一社会信用代码）、passport（护照）或 other（其他）。",
            field="applicant.id_type",
        )
    if not check(number):
        raise Invalid("id_number_invalid", "证件号码有误，请核对后重新填写。", field=_NUMBER, id_type=id_type)
    return number


def _is_credit_code(number: str) -> bool:
    """Form and check digit (GB 32100)."""
    return bool(uscc.is_valid(number))


def _is_other_number(number: str) -> bool:
    return _OTHER.fullmatch(number) is not None


_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "credit_code": _is_credit_code,
    "passport": _is_other_number,
    "other": _is_other_number,
}
