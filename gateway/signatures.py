"""A signature as it comes in by the API (rules I04, C16)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import Field

from kit.errors import Invalid

#: A picture or PDF in Base64, up to what a service keeps.
Signature = Annotated[
    str,
    Field(
        max_length=700_000,
        pattern=r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
        description="签名图片或者签名回单扫描件（PNG、JPEG、PDF）的 Base64",
    ),
]


def decoded(text: str) -> bytes:
    """The bytes of a Base64 text. Raises ``Invalid`` (``signature_unreadable``)."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        message = "签名没有完整传到，请重新签名后提交。"
        raise Invalid("signature_unreadable", message, field="signature") from error
