"""The resident ID number (居民身份证号码, GB 11643): region, birthday, sequence, check digit. The one place that reads it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from stdnum.cn import ric

from kit.errors import Invalid

_FORM: Final = re.compile(r"[1-9][0-9]{16}[0-9X]")
#: Our own choice: nobody who was born before it is alive.
EARLIEST_BIRTHDAY: Final = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A number in its one form, and the birthday in it."""

    number: str = field(repr=False)
    born: date


def read_resident_id(text: str, *, today: date, field: str = "id_number") -> ResidentId:
    """What was typed or scanned, as a number: blanks around it, a small x and full-width digits are read as meant.

    The region isn't looked up: codes come and go while people keep theirs, and the sample people's is one that nobody
    has. Raises ``Invalid`` (``id_number_invalid``) on a wrong form, check digit or birthday, or one after ``today``.
    """
    # What is long can be no number and needn't be composed.
    number = unicodedata.normalize("NFKC", text[:200]).strip().upper()
    if not _FORM.fullmatch(number) or number[17] != ric.calc_check_digit(number):
        raise _invalid("身份证号码有误，请核对 18 位号码后重新输入。", field)
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise _invalid("身份证号码中的出生日期不存在，请核对后重新输入。", field) from None
    if born > today:
        raise _invalid("身份证号码中的出生日期晚于今天，请核对后重新输入。", field)
    if born < EARLIEST_BIRTHDAY:
        raise _invalid("身份证号码中的出生日期过早，请核对后重新输入。", field)
    return ResidentId(number, born)


def _invalid(message: str, field: str) -> Invalid:
    return Invalid("id_number_invalid", message, field=field)
