"""The file of an archive: a plain tar of parts, written and read in one go, in which every byte counts.

Any tar program unpacks it. This reader is stricter than they are: each header must be the very one that this writer
makes, padding must be empty, and nothing may follow the end; so damage anywhere is found and named.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from cli.refusal import Refusal

_BLOCK: Final = tarfile.BLOCKSIZE
_END: Final = bytes(2 * _BLOCK)
_CHUNK: Final = 256 * 1024


class Damaged(Refusal):
    """The archive isn't what was written."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an archive as the manifest lists it; ``size`` in bytes."""

    name: str
    size: int
    sha256: str


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.USTAR_FORMAT)


class Writer:
    """Adds parts to a file that has its name only once it is whole and on the disk."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self.parts: list[Part] = []

    def add(self, name: str, content: bytes) -> None:
        """A part that is at hand."""
        self.stream(name, len(content), [content])

    def stream(self, name: str, size: int, chunks: Iterable[bytes]) -> None:
        """A part of a known size. Raises ``Refusal`` when another size comes."""
        digest, written = hashlib.sha256(), 0
        self._write(_header(name, size))
        for chunk in chunks:
            digest.update(chunk)
            written += len(chunk)
            self._write(chunk)
        if written != size:
            raise Refusal(f"{name} has {written} bytes, {size} were announced; the backup is given up.")
        self._write(bytes(-size % _BLOCK))
        self.parts.append(Part(name, size, digest.hexdigest()))

    def end(self) -> None:
        """Nothing follows; all of it is on the disk."""
        self._write(_END)
        with _told(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())

    def _write(self, content: bytes) -> None:
        left = memoryview(content)
        with _told(self._path):
            while left:  # a disk that is nearly full takes a part first
                left = left[self._file.write(left) :]


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turns a disk that is full, or gone, into a ``Refusal``."""
    try:
        yield
    except OSError as error:
        raise Refusal(
            f"the backup could not be written to {path}: {error.strerror or error}.\n"
            "Nothing is left of it. Make room, or name a file elsewhere."
        ) from error


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new archive; when anything goes wrong inside, no file of that name is there. Raises ``Refusal``."""
    if path.exists():
        raise Refusal(f"{path} exists; name another file, as a backup is never overwritten.")
    unfinished = path.with_name(f"{path.name}.unfinished")
    with _told(path):
        file = os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb", 0)
    try:
        with file:
            writer = Writer(path, file)
            yield writer
            writer.end()
        with _told(path):
            os.rename(unfinished, path)
            _sync_folder(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Reader:
    """Reads an archive's parts in their order."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self._left = 0

    def parts(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """Each part's name, size and content; the content is to be read to its end before the next part.

        Raises ``Damaged``.
        """
        while True:
            at = self._file.tell()
            header = self._read(_BLOCK)
            if not any(header):
                if header + self._read(_BLOCK + 1) != _END:
                    raise Damaged(
                        f"{self._path} is damaged at its end (byte {at}): it was cut off, or something follows."
                    )
                return
            try:
                info = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
                sound = _header(info.name, info.size) == header
            except (tarfile.HeaderError, ValueError):
                sound = False
            if not sound:
                raise Damaged(f"{self._path} is damaged at byte {at}: no part begins there.")
            yield info.name, info.size, self._content(info.name, info.size)
            if self._left:
                raise RuntimeError(f"{info.name} was not read to its end")

    def _content(self, name: str, size: int) -> Iterator[bytes]:
        self._left = size
        while self._left:
            chunk = self._read(min(_CHUNK, self._left))
            if not chunk:
                raise Damaged(f"{self._path} is damaged: it is cut off within {name}.")
            self._left -= len(chunk)
            yield chunk
        at = self._file.tell()
        if self._read(-size % _BLOCK) != bytes(-size % _BLOCK):
            raise Damaged(f"{self._path} is damaged at byte {at}, behind {name}.")

    def _read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise Refusal(f"{self._path} can't be read: {error.strerror or error}.") from error


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """An archive to be read. Raises ``Refusal`` when it can't be."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise Refusal(f"{path} can't be read: {error.strerror or error}.") from error
    with file:
        yield Reader(path, file)


def whole(content: Iterable[bytes]) -> bytes:
    """A small part's content at once."""
    buffer = io.BytesIO()
    for chunk in content:
        buffer.write(chunk)
    return buffer.getvalue()
