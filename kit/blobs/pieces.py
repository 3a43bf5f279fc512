"""The Pieces port: files that come piece by piece, over lines that break; kept until they are whole.

Unlike ``Blobs``, which take a file as one stream or not at all, pieces stay: after a break or a ``kill -9`` the file goes
on from where it is. What every adapter promises (tests/contract/pieces_contract.py): a piece is durable when ``append``
returns; what is there is one run of bytes from the file's beginning, also when two append at once; nothing is checked
against the address before the file is whole and goes to ``Blobs`` (``put_back`` does that).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from kit.errors import Conflict


@dataclass(frozen=True, slots=True)
class Begun:
    """A file of which some is there: its address (SHA-256, hex), and how many bytes."""

    sha256: str
    size: int


class OutOfPlace(Conflict):
    """A piece doesn't follow what is there; ``size`` is where the next one begins."""

    def __init__(self, sha256: str, size: int) -> None:
        super().__init__("piece_out_of_place", "文件分片与已收到的部分不衔接。", sha256=sha256, size=size)
        self.size = size


class Pieces(Protocol):
    """Unfinished files of one service. Every method may raise ``Unavailable``."""

    def size(self, sha256: str) -> int:
        """How many bytes are there, from the beginning."""
        ...

    def append(self, sha256: str, offset: int, data: bytes) -> int:
        """Adds the piece that begins at ``offset``; the size with it. Raises ``OutOfPlace`` unless it follows."""
        ...

    def read(self, sha256: str) -> Iterator[bytes]:
        """Streams out what is there."""
        ...

    def discard(self, sha256: str) -> None:
        """Forgets a file; what isn't there is forgotten already."""
        ...

    def begun(self) -> Iterator[Begun]:
        """Every file of which some is there, for clearing away what nobody waits for any more."""
        ...

    def close(self) -> None:
        """Lets go of files and connections; everything acknowledged is already durable."""
        ...
