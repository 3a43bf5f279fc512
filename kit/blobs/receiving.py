"""A file on its way in or out: measured, hashed and recognised while it passes, whatever keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from kit.blobs.port import Blob
from kit.blobs.sniff import true_type
from kit.errors import Invalid, Unavailable

#: How much of a file's beginning decides its type.
_HEAD = 64 * 1024


class Receiving:
    """One upload of at most ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self._max = max_bytes
        self._digest = hashlib.sha256()
        self._size = 0
        self._head = b""

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks. Raises ``Invalid`` (``upload_too_large``) at the first byte too many."""
        for chunk in chunks:
            self._size += len(chunk)
            if self._size > self._max:
                limit = f"{self._max // 1024 // 1024} MB" if self._max >= 1 << 20 else f"{self._max} 字节"
                raise Invalid("upload_too_large", f"文件过大，最大 {limit}，请压缩后重新上传。", max=self._max)
            if len(self._head) < _HEAD:
                self._head += chunk[: _HEAD - len(self._head)]
            self._digest.update(chunk)
            yield chunk

    def received(self, filename: str, allowed: frozenset[str], declared: str) -> Blob:
        """What came.

        Raises ``Invalid``: ``upload_empty``; ``upload_type`` (its true type isn't allowed, or isn't what its name says);
        ``upload_mislabelled`` (or isn't what its sender says).
        """
        if not self._size:
            raise Invalid("upload_empty", "文件为空，请重新选择文件。")
        media_type = true_type(self._head, filename, allowed)
        if declared and declared != media_type:
            raise Invalid("upload_mislabelled", "文件内容与声明的类型不符，请核对后重新上传。", found=media_type)
        return Blob(self._digest.hexdigest(), self._size, media_type)


def verified(chunks: Iterable[bytes], sha256: str, message: str) -> Iterator[bytes]:
    """The same chunks; the last one is given out only after the whole was found to be the file of this address.

    Raises ``Unavailable`` (``blob_damaged``), with this message, when it is another.
    """
    digest = hashlib.sha256()
    held = b""
    for chunk in chunks:
        digest.update(chunk)
        if held:
            yield held
        held = chunk
    if digest.hexdigest() != sha256:
        raise Unavailable("blob_damaged", message, sha256=sha256)
    if held:
        yield held


def is_address(sha256: str) -> bool:
    """Whether this may be a file's address at all: a SHA-256 in lower-case hex."""
    return len(sha256) == 64 and all(character in "0123456789abcdef" for character in sha256)
