"""Filing (归档): the contents are fetched from whoever made them and kept here (rules J01, J03)."""

from __future__ import annotations

from typing import Final

from kit.blobs.port import Blob
from kit.call import Call
from kit.errors import Conflict, NotFound
from kit.store.repository import check_version
from kit.text import clean
from services.archive.domain import case_file as files
from services.archive.domain.case_file import CaseFile
from services.archive.domain.entries import PDF_TYPE, Entry, Kept, Origin
from services.archive.domain.events import CaseFileFiled
from services.archive.handlers.pages import pages_of
from services.archive.handlers.room import ArchiveRoom, holder_of, seen_file

#: The largest content that is taken in, in bytes; more than any center lets be uploaded.
MAX_BYTES: Final = 1024 * 1024 * 1024
MAX_REASON: Final = 500


def file_case(*, room: ArchiveRoom, call: Call, file_id: str, despite: str, expected_version: int) -> CaseFile:
    """Keeps the contents that aren't here yet, in the name of whoever files, and files what has come.

    Cut off, it goes on where it was: what is here isn't fetched again, and what nothing came to refer to is let go of
    after a time (``kit.blobs.uses``). Raises as ``case_file.file_away``; ``content_missing``, ``content_changed``
    (``Conflict``); what the contents' owners raise.
    """
    file = seen_file(room, call, file_id)
    check_version(file, expected_version)
    despite = clean(despite, field="despite", max_length=MAX_REASON, required=False)
    files.require_fileable(file, despite=despite)
    kept, missing = [], []
    for entry in file.entries[file.filed_upto :]:
        if entry.origin is Origin.TEXT:
            continue
        try:
            kept.append(_kept(room, call, file, entry))
        except NotFound:
            missing.append(entry.title)
    if missing and not despite:
        raise Conflict(
            "content_missing",
            f"有 {len(missing)} 份材料的原文件已不存在，请补充后归档；确实无法补充的，请写明原因。",
            id=file.id,
            missing=missing[:20],
        )
    filed = files.file_away(file, kept, call.now, by_name=call.actor.name, despite=despite)
    filed = _with_catalogue(room, call, filed)
    return room.files.save(filed, [CaseFileFiled(filed)], call)


def _kept(room: ArchiveRoom, call: Call, file: CaseFile, entry: Entry) -> Kept:
    """Its content, here and noted as the file's. Raises ``NotFound``, ``Conflict``, ``Unavailable``."""
    if entry.sha256 and room.blobs.renew(entry.sha256):
        blob = Blob(entry.sha256, entry.size, entry.media_type, again=True)
    else:
        expected = entry.media_type or PDF_TYPE
        blob = room.blobs.put(
            room.originals.read(file.id, entry, token=call.token, once=f"{file.id}/{entry.number}/{file.version}"),
            filename=entry.filename or f"{entry.number}.pdf",
            max_bytes=MAX_BYTES,
            allowed=frozenset({expected}),
            declared=expected,
        )
    room.uses.arrived(call, blob.sha256, again=blob.again)
    if entry.sha256 and blob.sha256 != entry.sha256:
        raise Conflict(
            "content_changed", "材料的内容与收件时登记的不一致，不能归档，请联系管理员核查。", number=entry.number
        )
    room.uses.note(call, holder_of(file.id), [blob.sha256])
    return Kept(entry.number, blob.sha256, blob.size, blob.media_type, pages_of(room.blobs, blob))


def _with_catalogue(room: ArchiveRoom, call: Call, file: CaseFile) -> CaseFile:
    blob = room.blobs.put(
        iter((room.print_catalogue(file, call.now),)),
        filename="catalogue.pdf",
        max_bytes=MAX_BYTES,
        allowed=frozenset({PDF_TYPE}),
    )
    room.uses.arrived(call, blob.sha256, again=blob.again)
    room.uses.note(call, holder_of(file.id), [blob.sha256])
    return files.with_catalogue(file, blob.sha256, blob.size)
