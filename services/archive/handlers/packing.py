"""A hand-over as a package: from what is kept here alone, so that it is the same each time (rules J02)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import partial

from kit.call import Call
from kit.clock import to_ms
from kit.errors import Conflict
from services.archive.domain.case_file import CaseFile
from services.archive.domain.entries import PDF_TYPE, Entry, Origin
from services.archive.domain.hand_over import HandOver, HandOverState, Line, list_text
from services.archive.handlers.looking import look_at
from services.archive.handlers.room import ArchiveRoom
from services.archive.package import layout
from services.archive.package.contents import contents_text
from services.archive.package.mets import Indexed, mets
from services.archive.package.writing import Part, zipped

_JSON = "application/json"


def package(*, room: ArchiveRoom, call: Call, hand_over: HandOver) -> Iterator[bytes]:
    """The package, streamed; each file's look is written down first (rules AG01).

    Raises ``Conflict`` (``hand_over_preparing``, ``hand_over_returned``: its files may be in another one since;
    ``file_destroyed``).
    """
    if hand_over.state is HandOverState.PREPARING:
        raise Conflict("hand_over_preparing", "移交清单正在生成，请稍后再下载。", id=hand_over.id)
    if hand_over.state is HandOverState.RETURNED:
        raise Conflict("hand_over_returned", "该移交已退回，不再提供下载。", id=hand_over.id)
    files = [(line, room.files.get(line.file_id)) for line in hand_over.lines]
    if gone := [line.number for line, file in files if file.destroyed_at is not None]:
        raise Conflict("file_destroyed", "有案卷已按销毁清册销毁，不再提供下载。", numbers=gone[:20])
    for _, file in files:
        look_at(room, call, file, f"下载移交包 {hand_over.number}")
    parts, listed, indexed = [], [], []
    for index, (line, file) in enumerate(files, 1):
        made, contents = _of_file(room, index, line, file)
        parts += made
        indexed.append((line, contents))
        listed += contents
    own = [_said(layout.LIST, list_text(hand_over), "移交清单")]
    if hand_over.state is HandOverState.CONFIRMED:
        own.append(_said(layout.RECEIPT, _receipt(hand_over), "接收回执"))
    about = [each for _, each in own]
    index_text = mets(hand_over, indexed, about)
    listed += [*about, Indexed(layout.INDEX, "application/xml", len(index_text), _sha256(index_text), "")]
    manifest = "".join(f"{each.sha256}  {each.path}\n" for each in sorted(listed, key=lambda each: each.path))
    first = [_part(layout.MANIFEST, manifest.encode()), _part(layout.INDEX, index_text)]
    return zipped([*first, *(part for part, _ in own), *parts])


def _of_file(room: ArchiveRoom, index: int, line: Line, file: CaseFile) -> tuple[list[Part], list[Indexed]]:
    parts, indexed, paths = [], [], {}
    for entry in file.entries[line.first_entry - 1 : line.last_entry]:
        found = _paper(room, index, file, entry)
        if found is not None:
            parts.append(found[0])
            indexed.append(found[1])
            paths[entry.number] = found[1].path
    text = contents_text(file, line, paths)
    own = [_said(f"{layout.folder(index)}/{layout.CONTENTS}", text, "卷内目录数据")]
    catalogue = next((each for each in file.catalogues if each.upto == line.last_entry), None)
    if catalogue is not None:
        path = f"{layout.folder(index)}/{layout.CATALOGUE}"
        about = Indexed(path, PDF_TYPE, catalogue.size, catalogue.sha256, "卷内目录")
        own.append((Part(path, partial(room.blobs.get, catalogue.sha256)), about))
    return [*(part for part, _ in own), *parts], [*(about for _, about in own), *indexed]


def _paper(room: ArchiveRoom, index: int, file: CaseFile, entry: Entry) -> tuple[Part, Indexed] | None:
    if entry.origin is Origin.TEXT:
        path = layout.paper(index, entry.number, entry.media_type)
        return _said(path, entry.text, entry.title, media_type=entry.media_type, number=entry.number)
    kept = file.content(entry.number)
    if kept is None:
        return None  # filed although it was gone; the reason stands in the file
    path = layout.paper(index, entry.number, kept.media_type)
    about = Indexed(path, kept.media_type, kept.size, kept.sha256, entry.title, entry.number)
    return Part(path, partial(room.blobs.get, kept.sha256)), about


def _receipt(hand_over: HandOver) -> str:
    answered = 0 if hand_over.answered_at is None else to_ms(hand_over.answered_at)
    said = {
        "list_sha256": hand_over.list_sha256,
        "receiver": [hand_over.receiver_id, hand_over.answered_by_name or hand_over.receiver_name],
        "answered_at": answered,
        "signatures": [
            {"side": each.side.value, "statement": each.statement, "sha256": each.sha256}
            for each in hand_over.signatures
        ],
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _said(path: str, text: str, title: str, *, media_type: str = _JSON, number: int = 0) -> tuple[Part, Indexed]:
    content = text.encode()
    return _part(path, content), Indexed(path, media_type, len(content), _sha256(content), title, number)


def _part(path: str, content: bytes) -> Part:
    def read() -> Iterable[bytes]:
        return (content,)

    return Part(path, read)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
