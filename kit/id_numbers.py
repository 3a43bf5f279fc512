"""Numbers that say who somebody is, and how to reach them: form and check digit, before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from stdnum.cn import uscc

from kit.errors import Invalid
from kit.resident_id import read_resident_id
from kit.text import clean

_OTHER: Final = re.compile(r"[0-9A-Z()（）-]{4,30}")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{4,18}[0-9]")


def checked_id_number(id_type: str, number: str, today: date, *, prefix: str) -> str:
    """A number in its standard form, by the type of its document; ``prefix`` names the fields it was typed into.

    Raises ``Invalid``: ``id_type_unknown``, ``id_number_invalid`` (a wrong check digit or birthday).
    """
    field = f"{prefix}.id_number"
    number = clean(number, field=field, max_length=30).upper()
    if id_type == "resident_id":
        return read_resident_id(number, today=today, field=field).number
    check = _CHECKS.get(id_type)
    if check is None:
        raise Invalid(
            "id_type_unknown",
            "证件类型应为 resident_id（居民身份证）、credit_code（统一社会信用代码）、passport（护照）或 other（其他）。",
            field=f"{prefix}.id_type",
        )
    if not check(number):
        raise Invalid("id_number_invalid", "证件号码有误，请核对后重新填写。", field=field, id_type=id_type)
    return number


def checked_phone(phone: str, *, field: str) -> str:
    """A phone number, or nothing. Raises ``Invalid`` (``phone_invalid``)."""
    phone = clean(phone, field=field, max_length=20, required=False)
    if phone and not _PHONE.fullmatch(phone):
        raise Invalid("phone_invalid", "电话号码有误，请填写手机号码或带区号的固定电话。", field=field)
    return phone


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
