"""Looking at files: each look is written down before anything is shown (rules AG01; convention 13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kit.call import Call
from kit.errors import Invalid, NotFound
from kit.id_numbers import checked_id_number
from kit.privacy import person_key
from kit.store.repository import Found
from kit.text import clean
from kit.workdays import local_date
from services.archive.domain.case_file import CaseFile, CaseHead
from services.archive.domain.entries import Entry, Origin
from services.archive.domain.events import CaseFileShown, CaseFilesSearched
from services.archive.domain.looks import Look
from services.archive.handlers.room import ArchiveRoom, seen_file

MAX_PURPOSE = 200
_PAGE = 50
_LONGEST_PAGE = 200
#: Characters of a resident's number, and of a unit's.
_BOTH_KINDS = 18


def get_case_file(*, room: ArchiveRoom, call: Call, file_id: str, purpose: str) -> CaseFile:
    """A file with its contents list. Raises ``NotFound``, ``Forbidden``, ``Invalid`` without a purpose."""
    file = seen_file(room, call, file_id)
    look_at(room, call, file, clean(purpose, field="purpose", max_length=MAX_PURPOSE))
    return file


def find_case_files(
    *, room: ArchiveRoom, call: Call, center_id: str, id_number: str, purpose: str, limit: int, cursor: str
) -> Found[CaseHead]:
    """A center's files of a person or a unit, the latest first, found by a keyed hash of the number.

    Raises ``Forbidden``, ``Invalid`` (``id_number_invalid``, no purpose).
    """
    call.actor.require_center(center_id)
    purpose = clean(purpose, field="purpose", max_length=MAX_PURPOSE)
    number = searched_number(id_number, local_date(call.now))
    found = room.heads.find(
        "by_person",
        descending=True,
        limit=min(limit, _LONGEST_PAGE) if limit > 0 else _PAGE,
        cursor=cursor,
        center_id=center_id,
        person_key=person_key(room.secret, number),
    )
    look = _looked(room, call, "", center_id, "", purpose, len(found.items))
    room.looks.create(look, [CaseFilesSearched(look)], call)
    return found


def searched_number(text: str, today: date) -> str:
    """A resident's or a unit's number in its one form, else as it was typed (a passport). Raises ``Invalid``."""
    number = clean(text, field="id_number", max_length=30).upper()
    if len(number) != _BOTH_KINDS:
        return checked_id_number("other", number, today, prefix="search")
    try:
        return checked_id_number("resident_id", number, today, prefix="search")
    except Invalid:
        return checked_id_number("credit_code", number, today, prefix="search")


def download_entry(
    *, room: ArchiveRoom, call: Call, file_id: str, number: int
) -> tuple[CaseFile, Entry, Iterator[bytes]]:
    """The content of a line: kept here, or from whoever made it, who asks for the right again.

    Raises ``NotFound`` (``file_entry_not_found`` too), ``Forbidden``, ``Unavailable``.
    """
    file = seen_file(room, call, file_id)
    entry = file.entry(number)
    if entry is None:
        raise NotFound("file_entry_not_found", "该案卷没有这一项，请核对序号。", id=file.id, number=number)
    look_at(room, call, file, f"下载 {number}. {entry.title}"[:MAX_PURPOSE])
    kept = file.content(number)
    if entry.origin is Origin.TEXT:
        return file, entry, iter((entry.text.encode(),))
    if kept is not None:
        return file, entry, room.blobs.get(kept.sha256)
    return file, entry, room.originals.read(file.id, entry, token=call.token, once=room.ids.new_id(call.now))


def look_at(room: ArchiveRoom, call: Call, file: CaseFile, purpose: str) -> None:
    """Writes down who looks at a file, and what for."""
    look = _looked(room, call, file.id, file.center_id, file.journey, purpose, 0)
    room.looks.create(look, [CaseFileShown(look)], call)


def _looked(
    room: ArchiveRoom, call: Call, file_id: str, center_id: str, journey: str, purpose: str, found: int
) -> Look:
    return Look(
        id=room.ids.new_id(call.now),
        file_id=file_id,
        center_id=center_id,
        journey=journey,
        purpose=purpose,
        by_id=call.actor.id,
        by_name=call.actor.name,
        at=call.now,
        found=found,
    )
