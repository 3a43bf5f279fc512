"""A ZIP that is written while it is sent: stored, in one order, with one date, so that its bytes are always the same."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

#: The earliest that a ZIP can say; when things happened stands in the index.
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_READABLE: Final = 0o100644 << 16
_UNIX: Final = 3


@dataclass(frozen=True)
class Part:
    """A file of the package."""

    path: str
    read: Callable[[], Iterable[bytes]]


def zipped(parts: Iterable[Part]) -> Iterator[bytes]:
    """The parts as a ZIP, piece by piece. Raises what reading them raises."""
    out = _Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for part in parts:
            about = zipfile.ZipInfo(part.path, _DATE)
            about.create_system, about.external_attr = _UNIX, _READABLE
            with archive.open(about, "w") as file:
                for chunk in part.read():
                    file.write(chunk)
                    yield from out.taken()
            yield from out.taken()
    yield from out.taken()


class _Out:
    """What a ZIP is written into: it can't be sought in, only taken from."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held open."""

    def taken(self) -> list[bytes]:
        pieces, self._pieces = self._pieces, []
        return pieces
