"""Who takes a number or books a time: checked, then kept masked and as a keyed hash only (rules A02, AG01)."""

from __future__ import annotations

import unicodedata

from stdnum.cn import ric

from kit.errors import Invalid
from kit.privacy import mask_id, mask_name, person_key
from kit.text import clean
from services.queuing.domain.holder import Holder, born_on


def identify(id_number: str, name: str, site_secret: bytes) -> Holder:
    """The holder by what was shown; both may be empty. Raises ``Invalid`` (``id_number_invalid``, ``text_…``)."""
    name = clean(name, field="holder_name", max_length=100, required=False)
    number = unicodedata.normalize("NFKC", id_number).strip().upper()
    if not number:
        return Holder(name_masked=mask_name(name))
    # The region isn't looked up: old ones are valid for life, and the sample people's is one that nobody has.
    if (
        len(number) != 18
        or not (number.isascii() and number[:17].isdigit())
        or number[17] != ric.calc_check_digit(number)
    ):
        raise _wrong_number()
    try:
        born = born_on(number)
    except ValueError:
        raise _wrong_number() from None
    return Holder(mask_name(name), mask_id(number), person_key(site_secret, number), born)


def _wrong_number() -> Invalid:
    return Invalid("id_number_invalid", "身份证号码有误，请核对 18 位号码后重新输入。", field="id_number")
