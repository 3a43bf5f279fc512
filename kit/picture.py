"""How large a picture is: read off its header before anything unpacks it."""

from __future__ import annotations

import struct
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
#: Markers of a JPEG that begin a frame and so say its size (ISO/IEC 10918-1, table B.1); 0xC4, 0xC8 and 0xCC are others.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height, in pixels, that a PNG or a JPEG says it has; None where it is neither, or ends before it says."""
    try:
        if content.startswith(_PNG):
            width, height = struct.unpack_from(">II", content, 16)
            return width, height
        return _of_jpeg(content) if content.startswith(_JPEG) else None
    except (struct.error, IndexError):
        return None


def _of_jpeg(content: bytes) -> tuple[int, int] | None:
    at = len(_JPEG)
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        at += 2 + length
    return None
