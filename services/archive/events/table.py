"""How archive's events become messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from kit.events import Mapped
from kit.timestamps import to_timestamp
from services.archive.domain import events as domain
from services.archive.events.messages import case_file_message, destruction_message, hand_over_message
from tongban.archive.v1 import events_pb2


def _of_file(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(subject=lambda event: event.file.id, journey=lambda event: event.file.journey, message=message)


def _whole(make: Callable[..., Message]) -> Mapped:
    return _of_file(lambda event: make(file=case_file_message(event.file)))


def _overdue(event: domain.CaseFileOverdue) -> Message:
    return events_pb2.CaseFileOverdue(file=case_file_message(event.file), what=event.what)


def _recomputed(event: domain.CaseFileDeadlineRecomputed) -> Message:
    return events_pb2.CaseFileDeadlineRecomputed(
        file=case_file_message(event.file), old_due_at=to_timestamp(event.old_due_at), reason=event.reason
    )


def _shown(event: domain.CaseFileShown) -> Message:
    look = event.look
    return events_pb2.CaseFileShown(file_id=look.file_id, center_id=look.center_id, purpose=look.purpose)


def _searched(event: domain.CaseFilesSearched) -> Message:
    look = event.look
    return events_pb2.CaseFilesSearched(
        search_id=look.id, center_id=look.center_id, purpose=look.purpose, found=look.found
    )


def _of_hand_over(make: Callable[..., Message]) -> Mapped:
    return Mapped(
        subject=lambda event: event.hand_over.id,
        journey=lambda event: "",
        message=lambda event: make(hand_over=hand_over_message(event.hand_over)),
    )


def _with_reason(make: Callable[..., Message]) -> Mapped:
    return _of_file(lambda event: make(file=case_file_message(event.file), reason=event.reason))


def _of_destruction(make: Callable[..., Message]) -> Mapped:
    return Mapped(
        subject=lambda event: event.destruction.id,
        journey=lambda event: "",
        message=lambda event: make(destruction=destruction_message(event.destruction)),
    )


TABLE: Final[Mapping[type, Mapped]] = {
    domain.CaseFileClosed: _whole(events_pb2.CaseFileClosed),
    domain.CaseFileCompleted: _whole(events_pb2.CaseFileCompleted),
    domain.CaseFileFiled: _whole(events_pb2.CaseFileFiled),
    domain.CaseFileSupplemented: _whole(events_pb2.CaseFileSupplemented),
    domain.CaseFileHandedOver: _whole(events_pb2.CaseFileHandedOver),
    domain.CaseFileOverdue: _of_file(_overdue),
    domain.CaseFileDeadlineRecomputed: _of_file(_recomputed),
    domain.CaseFileShown: Mapped(
        subject=lambda event: event.look.file_id, journey=lambda event: event.look.journey, message=_shown
    ),
    domain.CaseFilesSearched: Mapped(subject=lambda event: event.look.id, journey=lambda event: "", message=_searched),
    domain.ArchiveHandOverProposed: _of_hand_over(events_pb2.ArchiveHandOverProposed),
    domain.ArchiveHandOverConfirmed: _of_hand_over(events_pb2.ArchiveHandOverConfirmed),
    domain.CaseFileHeld: _with_reason(events_pb2.CaseFileHeld),
    domain.CaseFileHoldLifted: _with_reason(events_pb2.CaseFileHoldLifted),
    domain.CaseFileDestroyed: _whole(events_pb2.CaseFileDestroyed),
    domain.DestructionProposed: _of_destruction(events_pb2.DestructionProposed),
    domain.DestructionDecided: _of_destruction(events_pb2.DestructionDecided),
    domain.ArchiveHandOverReturned: _of_hand_over(events_pb2.ArchiveHandOverReturned),
}
