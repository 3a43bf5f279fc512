"""Text that people typed: kept as it is, within limits."""

from __future__ import annotations

import unicodedata

from kit.errors import Invalid

_ALLOWED_CONTROLS = frozenset("\n\t")


def clean(value: str, *, field: str, max_length: int = 200, required: bool = True, multiline: bool = False) -> str:
    """The value without surrounding blanks, in Unicode's composed form, its lines ended by LF.

    Nothing else is changed: what is text stays text, also where it looks like code. Raises ``Invalid`` when it is
    missing (``text_required``), too long in characters (``text_too_long``) or holds control characters
    (``text_invalid``).
    """
    # A browser's text area sends its lines with CR LF (HTML, form submission).
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n") if multiline else value).strip()
    if required and not text:
        raise Invalid("text_required", "必填内容为空，请填写。", field=field)
    if len(text) > max_length:
        raise Invalid("text_too_long", f"内容过长，最多 {max_length} 个字。", field=field, max=max_length)
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs") and not (multiline and character in _ALLOWED_CONTROLS):
            raise Invalid("text_invalid", "内容含有无法识别的字符，请重新填写。", field=field)
    return text
