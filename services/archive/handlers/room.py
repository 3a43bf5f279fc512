"""What the use cases work with, and how files, hand-overs and looks are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.alarms import ALARMS
from kit.blobs.port import Blobs
from kit.blobs.uses import USES_KINDS, Uses
from kit.call import Call
from kit.clock import to_ms
from kit.errors import Forbidden, NotFound
from kit.ids import Ids
from kit.store.port import Body, Index, Kind
from kit.store.repository import Heads, Repository, Upgrade
from reference import Reference
from services.archive.domain.case_file import CaseFile, CaseHead, FileState
from services.archive.domain.destruction import Destruction
from services.archive.domain.hand_over import HandOver
from services.archive.domain.looks import Look
from services.archive.handlers.originals import Originals

CASE_FILES: Final = Kind(
    "case_file",
    (
        Index("by_number", ("center_id", "number"), unique=True),
        Index("by_center", ("center_id", "opened_at")),
        Index("by_state", ("center_id", "state", "opened_at")),
        Index("by_item", ("center_id", "item_id", "opened_at")),
        Index("by_person", ("center_id", "person_key", "opened_at")),
        Index("by_lacking", ("center_id", "lacking", "opened_at")),
        Index("by_journey", ("journey", "opened_at")),
        Index("by_expiry", ("center_id", "expires_on")),
        ALARMS,
    ),
    schema_version=2,
    apart=("materials", "stages", "papers", "entries", "kept", "catalogues"),
)
HAND_OVERS: Final = Kind(
    "hand_over",
    (
        Index("by_center", ("center_id", "opened_at")),
        Index("by_receiver", ("receiver_id", "state", "opened_at")),
        # Those without a receiver by name wait for the center's archivists.
        Index("by_center_receiver", ("center_id", "receiver_id", "state", "opened_at")),
        ALARMS,
    ),
)
DESTRUCTIONS: Final = Kind("destruction", (Index("by_center", ("center_id", "opened_at")), ALARMS))
LOOKS: Final = Kind("look", (Index("by_file", ("file_id", "at")),))
KINDS: Final = (CASE_FILES, HAND_OVERS, DESTRUCTIONS, LOOKS, *USES_KINDS)


def _with_its_count(body: Body) -> Body:
    entries = body["entries"]
    return body | {"entry_count": len(entries), "chain": entries[-1]["chain"] if entries else ""}


#: Since version 2 a file's head says how many lines it has, and what is long is kept apart from it.
UPGRADES: Final[dict[int, Upgrade]] = {1: _with_its_count}


def case_file_keys(file: CaseFile) -> Body:
    """What a file is found by beside its fields: the keyed hash of its person, what is lacking, its clock and its term."""
    wakes, ends = file.wakes_at, file.expires_on
    return {
        "person_key": file.person.key or None,
        "lacking": bool(file.gaps) and file.filed_at is None,
        "due_at": None if wakes is None else to_ms(wakes),
        "expires_on": ends.isoformat() if ends is not None and file.state is FileState.HANDED_OVER else None,
    }


def settling_keys(listed: HandOver | Destruction) -> Body:
    """When what is left to do for a list is done by the alarm."""
    return {"due_at": None if listed.settles_at is None else to_ms(listed.settles_at)}


def case_file_missing(id: str) -> NotFound:
    """What is raised for an id that isn't there."""
    return NotFound("case_file_not_found", "没有找到该案卷，请核对编号。", id=id[:80])


def hand_over_missing(id: str) -> NotFound:
    """What is raised for an id that isn't there."""
    return NotFound("hand_over_not_found", "没有找到该移交，请核对编号。", id=id[:80])


def destruction_missing(id: str) -> NotFound:
    """What is raised for an id that isn't there."""
    return NotFound("destruction_not_found", "没有找到该销毁清册，请核对编号。", id=id[:80])


@dataclass(frozen=True)
class ArchiveRoom:
    """What the use cases work with; ``secret`` keys persons (``kit.privacy.person_key``).

    ``heads`` are the files as lists show them. ``print_catalogue`` makes the PDF/A of a file's contents list at a time,
    ``print_receipt`` that of a confirmed hand-over.
    """

    files: Repository[CaseFile]
    heads: Heads[CaseHead]
    hand_overs: Repository[HandOver]
    destructions: Repository[Destruction]
    looks: Repository[Look]
    reference: Reference
    originals: Originals
    print_catalogue: Callable[[CaseFile, datetime], bytes]
    print_receipt: Callable[[HandOver], bytes]
    blobs: Blobs
    uses: Uses
    ids: Ids
    secret: bytes


def holder_of(file_id: str) -> str:
    """What a file is called where it is noted who refers to a content."""
    return f"case_file/{file_id}"


def seen_file(room: ArchiveRoom, call: Call, file_id: str) -> CaseFile:
    """A file of the actor's center, for a chief one of the own department, for an archivist one that came to them.

    Raises ``NotFound``, ``Forbidden``.
    """
    file = room.files.get(file_id)
    call.actor.require_center(file.center_id)
    if call.actor.has("archivist") and (file.handed_over_at is not None or file.hand_over_id is not None):
        return file
    if not call.actor.has("clerk", "supervisor", "manager") and call.actor.department != file.department_key:
        raise Forbidden(
            "department_not_allowed", "该业务由其他部门办理，您没有权限。", department=call.actor.department
        )
    return file
