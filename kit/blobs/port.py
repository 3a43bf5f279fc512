"""The Blobs port: files, addressed by their SHA-256.

What every adapter promises (tests/contract/test_blobs.py): a blob is durable when ``put`` returns; the same content
is kept once; what is read is verified against its address; a broken upload leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file: SHA-256 (hex), size in bytes, true media type."""

    sha256: str
    size: int
    media_type: str


class Blobs(Protocol):
    """Files of one service. Every method may raise ``Unavailable``."""

    def put(
        self,
        chunks: Iterable[bytes],
        *,
        filename: str,
        max_bytes: int,
        allowed: frozenset[str],
        declared: str = "",
    ) -> Blob:
        """Streams a file in; ``declared`` is the media type that its sender says it has, where they say one.

        Raises ``Invalid`` when it is empty, too large, or its true type isn't allowed or isn't what was said.
        """
        ...

    def get(self, sha256: str) -> Iterator[bytes]:
        """Streams a file out, verifying it. Raises ``NotFound``; ``Unavailable`` when it is damaged."""
        ...

    def has(self, sha256: str) -> bool:
        """Whether it is stored."""
        ...

    def stored(self) -> Iterator[Blob]:
        """Every file, for operators' tools (backup, verify); its media type isn't known here. Never for a use case."""
        ...

    def put_back(self, sha256: str, chunks: Iterable[bytes]) -> None:
        """Streams in a file from a backup, whatever its type. Raises ``Unavailable`` (``blob_damaged``) on another."""
        ...

    def close(self) -> None:
        """Lets go of files and connections; everything acknowledged is already durable."""
        ...
