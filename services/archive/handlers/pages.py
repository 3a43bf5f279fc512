"""How many pages a content has, as far as that can be told without reading it as more than bytes."""

from __future__ import annotations

import re
from typing import Final

from kit.blobs.port import Blob, Blobs

#: Larger ones aren't looked through.
_MAX_BYTES: Final = 20 * 1024 * 1024
#: A page tree says how many pages are below it; the largest is the root's.
_TREE: Final = re.compile(
    rb"/Type\s*/Pages\b[^>]{0,4000}?/Count\s+(\d{1,6})|/Count\s+(\d{1,6})[^>]{0,4000}?/Type\s*/Pages\b"
)


def pages_of(blobs: Blobs, blob: Blob) -> int:
    """Of an image one; of a PDF what its page tree says; 0 where that isn't known."""
    if blob.media_type.startswith("image/"):
        return 1
    if blob.media_type != "application/pdf" or blob.size > _MAX_BYTES:
        return 0
    content = b"".join(blobs.get(blob.sha256))
    return max((int(found[1] or found[2]) for found in _TREE.finditer(content)), default=0)
