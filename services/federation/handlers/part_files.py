"""Files of parts: kept here before the letter that names them is written, and read at either end on the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kit.call import Call
from kit.errors import NotFound
from services.federation.domain.parts import HandedIn
from services.federation.handlers.files import take_in
from services.federation.handlers.parts import of_center
from services.federation.handlers.room import Room
from services.federation.handlers.show import show_part_applicant


def upload_part_file(
    *, room: Room, call: Call, center_id: str, filename: str, media_type: str, chunks: Iterable[bytes]
) -> HandedIn:
    """Keeps a file for whatever names it next: a part that is opened, answered or commanded (``parts.keep_named``).

    One that nothing names within a week goes again.

    Raises ``Invalid`` (``upload_empty``, ``upload_too_large``, ``upload_type``), ``Forbidden``.
    """
    call.actor.require_center(center_id)
    file = take_in(room.desk, call, center_id, "", filename=filename, media_type=media_type, chunks=chunks)
    return HandedIn("", file.filename, file.sha256, file.size, file.media_type, file.filename)


def download_part_file(*, room: Room, call: Call, part_id: str, sha256: str) -> tuple[HandedIn, Iterator[bytes]]:
    """A file that was handed in, or came with the answer; it may be a copy of anything, so it is read on the record.

    Raises ``NotFound`` (``upload_not_found``), ``Forbidden``, ``Unavailable``.
    """
    part = of_center(room, call, part_id)
    papers = (*part.materials, *(part.answer.files if part.answer else ()))
    paper = next((each for each in papers if each.sha256 and each.sha256 == sha256), None)
    if paper is None:
        raise NotFound("upload_not_found", "该件没有这个文件，请核对后重试。", id=part.id)
    show_part_applicant(room=room, call=call, part_id=part.id, purpose=f"下载材料 {paper.name}"[:200])
    if room.desk.blobs.has(sha256):
        return paper, room.desk.blobs.get(sha256)
    return paper, room.desk.carrier.read(sha256, token=call.token)
