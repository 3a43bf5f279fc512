"""Everything of a hand-over hashed anew, before its receiver signs for it (rules J02)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kit.errors import Conflict, NotFound, Unavailable
from services.archive.domain.case_file import CaseFile
from services.archive.domain.entries import contents_of, first_broken, head_of
from services.archive.domain.hand_over import HandOver, HandOverState, Line
from services.archive.handlers.room import ArchiveRoom

#: What the files' port says of one that isn't what its hash says.
_DAMAGED: Final = "blob_damaged"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that isn't as the list says; ``what`` is for people."""

    file_id: str
    number: str
    what: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a list: how many contents were hashed, their bytes, and what isn't right."""

    list_sha256: str
    contents: int
    bytes: int
    troubles: tuple[Trouble, ...]


def inspect(room: ArchiveRoom, hand_over: HandOver) -> Inspection:
    """Reads every content of a list that waits for its receiver. Raises ``Conflict`` (``hand_over_state``) of another."""
    if hand_over.state is not HandOverState.PROPOSED:
        raise Conflict("hand_over_state", "该移交当前不能进行此操作，请刷新后查看。", state=hand_over.state.value)
    troubles: list[Trouble] = []
    read: dict[str, int] = {}
    for line in hand_over.lines:
        file = room.files.get(line.file_id)
        found = (*_of_list(file, line), *_of_contents(room, file, line, read))
        troubles += [Trouble(line.file_id, line.number, what) for what in found]
    sizes = [size for size in read.values() if size >= 0]
    return Inspection(hand_over.list_sha256, len(sizes), sum(sizes), tuple(troubles))


def _of_list(file: CaseFile, line: Line) -> Iterator[str]:
    entries = file.entries[: line.last_entry]
    if broken := first_broken(entries):
        yield f"卷内目录第 {broken} 项被改动"
    elif head_of(entries, len(entries)) != line.head:
        yield "卷内目录与移交清单不符"
    if line.contents and contents_of(file.contents(line.first_entry, line.last_entry)) != line.contents:
        yield "材料与移交清单不符"


def _of_contents(room: ArchiveRoom, file: CaseFile, line: Line, read: dict[str, int]) -> Iterator[str]:
    for kept in file.kept:
        if not line.first_entry <= kept.number <= line.last_entry:
            continue
        if kept.sha256 not in read:
            read[kept.sha256] = _size_of(room, kept.sha256)
        if read[kept.sha256] < 0:
            yield f"第 {kept.number} 项的内容缺失或者被改动"


def _size_of(room: ArchiveRoom, sha256: str) -> int:
    """Its bytes, when they are what its hash says; else -1."""
    digest, size = hashlib.sha256(), 0
    try:
        for chunk in room.blobs.get(sha256):
            digest.update(chunk)
            size += len(chunk)
    except NotFound:
        return -1
    except Unavailable as error:
        if error.code != _DAMAGED:
            raise
        return -1
    return size if digest.hexdigest() == sha256 else -1
