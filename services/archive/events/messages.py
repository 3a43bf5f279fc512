"""Files and hand-overs as messages; persons are masked already."""

from __future__ import annotations

from typing import Final

from kit.timestamps import to_timestamp
from services.archive.domain.case_file import CaseFile, CaseHead, FileState, Retention
from services.archive.domain.destruction import Destruction, DestructionState
from services.archive.domain.entries import Entry, EntryKind, Origin
from services.archive.domain.hand_over import HandOver, HandOverState, Line
from tongban.archive.v1 import destruction_pb2 as destructions
from tongban.archive.v1 import messages_pb2 as pb

FILE_STATES: Final = {state: pb.CaseFileState.Value(f"CASE_FILE_STATE_{state.name}") for state in FileState}
_KINDS: Final = {kind: pb.FileEntryKind.Value(f"FILE_ENTRY_KIND_{kind.name}") for kind in EntryKind}
_DESTRUCTION_STATES: Final = {
    state: destructions.DestructionState.Value(f"DESTRUCTION_STATE_{state.name}") for state in DestructionState
}
_HAND_OVER_STATES: Final = {
    state: pb.ArchiveHandOverState.Value(f"ARCHIVE_HAND_OVER_STATE_{state.name}") for state in HandOverState
}


def case_file_message(file: CaseHead) -> pb.CaseFile:
    """A file as lists show it."""
    asked, clock = file.asked, file.clock
    return pb.CaseFile(
        id=file.id,
        number=file.number,
        center_id=file.center_id,
        item_id=file.item_id,
        item_name=file.item_name,
        department_key=file.department_key,
        journey=file.journey,
        applicant_name=file.person.name,
        applicant_id_number=file.person.id_number,
        state=FILE_STATES[file.state],
        entry_count=file.entry_count,
        opened_at=to_timestamp(file.opened_at),
        closed_at=to_timestamp(file.closed_at),
        filed_at=to_timestamp(file.filed_at),
        handed_over_at=to_timestamp(file.handed_over_at),
        retention=_retention_of(file),
        gaps=[pb.FileGap(key=gap.key, title=gap.title) for gap in file.gaps],
        asked_of_id=asked.staff_id if asked else "",
        asked_of_name=asked.staff_name if asked else "",
        gaps_due_at=to_timestamp(asked.due_at if asked else None),
        hand_over_due_at=to_timestamp(clock.due_at if clock else None),
        due_provisional=clock is not None and clock.provisional,
        hand_over_id=file.hand_over_id or "",
        filed_despite=file.despite,
        filed_by_name=file.filed_by_name,
        head=file.chain,
        unfiled=file.unfiled,
        not_handed_over=file.not_handed_over,
        hold=None
        if file.hold is None
        else pb.LegalHold(reason=file.hold.reason, by_name=file.hold.by_name, at=to_timestamp(file.hold.at)),
        destroyed_at=to_timestamp(file.destroyed_at),
        destruction_number=file.destruction_number,
        version=file.version,
    )


def whole_file_message(file: CaseFile) -> pb.CaseFile:
    """A file with its contents list."""
    message = case_file_message(file)
    message.entries.extend(entry_message(file, entry) for entry in file.entries)
    return message


def entry_message(file: CaseFile, entry: Entry) -> pb.FileEntry:
    """A line of the contents list, with what is known of its content."""
    kept = file.content(entry.number)
    return pb.FileEntry(
        number=entry.number,
        kind=_KINDS[entry.kind],
        title=entry.title,
        at=to_timestamp(entry.at),
        by_name=entry.by_name,
        sha256=kept.sha256 if kept else entry.sha256,
        size=kept.size if kept else entry.size,
        pages=kept.pages if kept else 0,
        media_type=kept.media_type if kept else entry.media_type,
        filename=entry.filename,
        event_id=entry.event_id,
        event_type=entry.event_type,
        supplement=entry.supplement,
        text=entry.text,
        kept=kept is not None or entry.origin is Origin.TEXT,
    )


def hand_over_message(hand_over: HandOver) -> pb.ArchiveHandOver:
    """A hand-over with its list."""
    return pb.ArchiveHandOver(
        id=hand_over.id,
        number=hand_over.number,
        center_id=hand_over.center_id,
        state=_HAND_OVER_STATES[hand_over.state],
        lines=[_line_message(line) for line in hand_over.lines],
        handed_by_id=hand_over.handed_by_id,
        handed_by_name=hand_over.handed_by_name,
        receiver_id=hand_over.receiver_id,
        receiver_name=hand_over.receiver_name,
        opened_at=to_timestamp(hand_over.opened_at),
        proposed_at=to_timestamp(hand_over.proposed_at),
        answered_at=to_timestamp(hand_over.answered_at),
        reason=hand_over.reason,
        list_sha256=hand_over.list_sha256,
        version=hand_over.version,
        left_out=hand_over.left_out,
        signatures=[
            pb.ArchiveSignature(
                side=each.side.value,
                by_id=each.by_id,
                by_name=each.by_name,
                at=to_timestamp(each.at),
                statement=each.statement,
                sha256=each.sha256,
            )
            for each in hand_over.signatures
        ],
        answered_by_name=hand_over.answered_by_name,
    )


def destruction_message(destruction: Destruction) -> destructions.Destruction:
    """A list of files to be destroyed."""
    return destructions.Destruction(
        id=destruction.id,
        number=destruction.number,
        center_id=destruction.center_id,
        state=_DESTRUCTION_STATES[destruction.state],
        reason=destruction.reason,
        lines=[
            destructions.DestructionLine(
                file_id=line.file_id,
                number=line.number,
                item_name=line.item_name,
                retention=pb.FileRetention(term=line.retention.term.value, source=line.retention.source),
                entry_count=line.entry_count,
                head=line.head,
                kept_because=line.kept_because,
            )
            for line in destruction.lines
        ],
        proposed_by_id=destruction.proposed_by_id,
        proposed_by_name=destruction.proposed_by_name,
        proposed_at=to_timestamp(destruction.proposed_at),
        decided_by_name=destruction.decided_by_name,
        decided_at=to_timestamp(destruction.decided_at),
        opinion=destruction.opinion,
        done_at=to_timestamp(destruction.done_at),
        version=destruction.version,
    )


def _line_message(line: Line) -> pb.HandOverLine:
    return pb.HandOverLine(
        file_id=line.file_id,
        number=line.number,
        item_name=line.item_name,
        first_entry=line.first_entry,
        last_entry=line.last_entry,
        head=line.head,
        retention=pb.FileRetention(term=line.retention.term.value, source=line.retention.source),
        contents_sha256=line.contents,
        return_reason=line.return_reason,
    )


def _retention_of(file: CaseHead) -> pb.FileRetention | None:
    retention: Retention | None = file.retention
    if retention is None:
        return None
    message = pb.FileRetention(term=retention.term.value, source=retention.source)
    if file.expires_on is not None:
        message.until = file.expires_on.isoformat()
    return message
