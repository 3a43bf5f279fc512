"""The Blobs port: files, addressed by their SHA-256.

What every adapter promises (tests/contract/test_blobs.py): a blob is durable when ``put`` returns; the same content
is kept once; what is read is verified against its address; a broken upload leaves nothing behind; what somebody is
about to refer to, because it was put or renewed just now, is never discarded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file: SHA-256 (hex), size in bytes, true media type."""

    sha256: str
    size: int
    media_type: str
    #: It was there already when it was put.
    again: bool = False


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

    def renew(self, sha256: str) -> bool:
        """Whether it is stored; if so, it counts as put just now. For whoever refers to it without putting it."""
        ...

    def discard(self, sha256: str, *, idle: timedelta) -> bool:
        """Takes a file away, unless it was put or renewed within ``idle`` of real time. Whether it isn't there any more.

        Whoever discards makes sure first that nothing refers to it (``kit.blobs.uses``); ``idle`` is for whoever puts the
        same content at that moment and will refer to it in the next. A break leaves the whole file or none.
        """
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
