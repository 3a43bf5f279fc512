"""A signature that somebody gave on a screen or on a slip, kept as the file that it is (rules I04, C16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kit.blobs.port import Blobs
from kit.errors import Invalid

#: Far more than a drawn signature or a scanned slip takes, in bytes. Our own choice.
MOST_BYTES: Final = 512 * 1024
TYPES: Final = frozenset({"image/png", "image/jpeg", "application/pdf"})


@dataclass(frozen=True, slots=True)
class Autograph:
    """Where a signature is kept: SHA-256 (hex) of its file, true media type, size in bytes."""

    sha256: str
    media_type: str
    size: int


def keep_autograph(blobs: Blobs, content: bytes) -> Autograph:
    """Keeps a signature before the document that refers to it.

    Raises ``Invalid``: none was given (``signature_required``), or not an image or PDF (what ``Blobs.put`` raises).
    """
    if not content:
        raise Invalid("signature_required", "请领取人签名，或者上传签名回单的扫描件。", field="signature")
    blob = blobs.put([content], filename="signature", max_bytes=MOST_BYTES, allowed=TYPES)
    return Autograph(blob.sha256, blob.media_type, blob.size)
