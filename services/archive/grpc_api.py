"""Proto to use case and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kit.call import current_call
from services.archive import handlers, queries
from services.archive.events import (
    FILE_STATES,
    case_file_message,
    destruction_message,
    entry_message,
    hand_over_message,
    whole_file_message,
)
from services.archive.handlers import ArchiveRoom
from tongban.archive.v1 import destruction_pb2 as pending
from tongban.archive.v1 import messages_pb2 as messages
from tongban.archive.v1 import service_pb2 as pb
from tongban.archive.v1 import service_pb2_grpc

_STATES: Final = {number: state for state, number in FILE_STATES.items()}
#: Who may look at a hand-over without a part in it; and who of them may take its papers.
_READING: Final = ("clerk", "chief", "supervisor", "manager")
_TAKING: Final = ("manager",)


class ArchiveApi(service_pb2_grpc.ArchiveServiceServicer):
    """Serves archive's RPCs."""

    def __init__(self, room: ArchiveRoom) -> None:
        self._room = room

    def ListCaseFiles(self, request: pb.ListCaseFilesRequest, context: Any) -> pb.ListCaseFilesResponse:
        found = queries.list_case_files(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            number=request.number,
            state=_STATES.get(request.state),
            item_id=request.item_id,
            from_date=request.from_date,
            to_date=request.to_date,
            incomplete=request.incomplete,
            expired=request.expired,
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListCaseFilesResponse(files=map(case_file_message, found.items), next_cursor=found.cursor)

    def FindCaseFiles(self, request: pb.FindCaseFilesRequest, context: Any) -> pb.FindCaseFilesResponse:
        found = handlers.find_case_files(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            id_number=request.id_number,
            purpose=request.purpose,
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.FindCaseFilesResponse(files=map(case_file_message, found.items), next_cursor=found.cursor)

    def GetCaseFile(self, request: pb.GetCaseFileRequest, context: Any) -> pb.GetCaseFileResponse:
        file = handlers.get_case_file(
            room=self._room, call=current_call(), file_id=request.file_id, purpose=request.purpose
        )
        return pb.GetCaseFileResponse(file=whole_file_message(file))

    def DownloadFileEntry(
        self, request: pb.DownloadFileEntryRequest, context: Any
    ) -> Iterator[pb.DownloadFileEntryResponse]:
        file, entry, chunks = handlers.download_entry(
            room=self._room, call=current_call(), file_id=request.file_id, number=request.number
        )
        yield pb.DownloadFileEntryResponse(entry=entry_message(file, entry))
        for chunk in chunks:
            yield pb.DownloadFileEntryResponse(chunk=chunk)

    def FileCase(self, request: pb.FileCaseRequest, context: Any) -> pb.FileCaseResponse:
        file = handlers.file_case(
            room=self._room,
            call=current_call(),
            file_id=request.file_id,
            despite=request.despite,
            expected_version=request.expected_version,
        )
        return pb.FileCaseResponse(file=whole_file_message(file))

    def ProposeArchiveHandOver(
        self, request: pb.ProposeArchiveHandOverRequest, context: Any
    ) -> pb.ProposeArchiveHandOverResponse:
        hand_over = handlers.propose_hand_over(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            file_ids=request.file_ids,
            receiver_id=request.receiver_id,
            receiver_name=request.receiver_name,
        )
        return pb.ProposeArchiveHandOverResponse(hand_over=hand_over_message(hand_over))

    def HoldCaseFile(self, request: pending.HoldCaseFileRequest, context: Any) -> pending.HoldCaseFileResponse:
        file = handlers.hold_case_file(
            room=self._room,
            call=current_call(),
            file_id=request.file_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pending.HoldCaseFileResponse(file=case_file_message(file))

    def LiftHold(self, request: pending.LiftHoldRequest, context: Any) -> pending.LiftHoldResponse:
        file = handlers.lift_hold(
            room=self._room,
            call=current_call(),
            file_id=request.file_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pending.LiftHoldResponse(file=case_file_message(file))

    def ProposeDestruction(
        self, request: pending.ProposeDestructionRequest, context: Any
    ) -> pending.ProposeDestructionResponse:
        destruction = handlers.propose_destruction(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            file_ids=request.file_ids,
            reason=request.reason,
        )
        return pending.ProposeDestructionResponse(destruction=destruction_message(destruction))

    def DecideDestruction(
        self, request: pending.DecideDestructionRequest, context: Any
    ) -> pending.DecideDestructionResponse:
        destruction = handlers.decide_destruction(
            room=self._room,
            call=current_call(),
            destruction_id=request.destruction_id,
            approved=request.approved,
            opinion=request.opinion,
            expected_version=request.expected_version,
        )
        return pending.DecideDestructionResponse(destruction=destruction_message(destruction))

    def GetDestruction(self, request: pending.GetDestructionRequest, context: Any) -> pending.GetDestructionResponse:
        destruction = handlers.get_destruction(
            room=self._room, call=current_call(), destruction_id=request.destruction_id
        )
        return pending.GetDestructionResponse(destruction=destruction_message(destruction))

    def ListDestructions(
        self, request: pending.ListDestructionsRequest, context: Any
    ) -> pending.ListDestructionsResponse:
        found = queries.list_destructions(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            limit=request.limit,
            cursor=request.cursor,
        )
        return pending.ListDestructionsResponse(
            destructions=map(destruction_message, found.items), next_cursor=found.cursor
        )

    def CheckArchiveHandOver(
        self, request: pb.CheckArchiveHandOverRequest, context: Any
    ) -> pb.CheckArchiveHandOverResponse:
        found = handlers.check_hand_over(room=self._room, call=current_call(), hand_over_id=request.hand_over_id)
        return pb.CheckArchiveHandOverResponse(
            list_sha256=found.list_sha256,
            contents=found.contents,
            bytes=found.bytes,
            troubles=[
                messages.ArchiveTrouble(file_id=each.file_id, number=each.number, what=each.what)
                for each in found.troubles
            ],
        )

    def GetArchiveReceipt(self, request: pb.GetArchiveReceiptRequest, context: Any) -> pb.GetArchiveReceiptResponse:
        hand_over = handlers.side_of(self._room, current_call(), request.hand_over_id, onlookers=_READING)
        pdf = handlers.receipt(room=self._room, call=current_call(), hand_over=hand_over)
        return pb.GetArchiveReceiptResponse(number=hand_over.number, pdf=pdf)

    def ConfirmArchiveHandOver(
        self, request: pb.ConfirmArchiveHandOverRequest, context: Any
    ) -> pb.ConfirmArchiveHandOverResponse:
        hand_over = handlers.confirm_hand_over(
            room=self._room,
            call=current_call(),
            hand_over_id=request.hand_over_id,
            list_sha256=request.list_sha256,
            expected_version=request.expected_version,
        )
        return pb.ConfirmArchiveHandOverResponse(hand_over=hand_over_message(hand_over))

    def ReturnArchiveHandOver(
        self, request: pb.ReturnArchiveHandOverRequest, context: Any
    ) -> pb.ReturnArchiveHandOverResponse:
        hand_over = handlers.return_hand_over(
            room=self._room,
            call=current_call(),
            hand_over_id=request.hand_over_id,
            reason=request.reason,
            of_lines={each.file_id: each.reason for each in request.lines},
            expected_version=request.expected_version,
        )
        return pb.ReturnArchiveHandOverResponse(hand_over=hand_over_message(hand_over))

    def GetArchiveHandOver(self, request: pb.GetArchiveHandOverRequest, context: Any) -> pb.GetArchiveHandOverResponse:
        hand_over = handlers.side_of(self._room, current_call(), request.hand_over_id, onlookers=_READING)
        return pb.GetArchiveHandOverResponse(hand_over=hand_over_message(hand_over))

    def ListArchiveHandOvers(
        self, request: pb.ListArchiveHandOversRequest, context: Any
    ) -> pb.ListArchiveHandOversResponse:
        found = queries.list_hand_overs(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            to_me=request.to_me,
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListArchiveHandOversResponse(hand_overs=map(hand_over_message, found.items), next_cursor=found.cursor)

    def DownloadArchivePackage(
        self, request: pb.DownloadArchivePackageRequest, context: Any
    ) -> Iterator[pb.DownloadArchivePackageResponse]:
        hand_over = handlers.side_of(self._room, current_call(), request.hand_over_id, onlookers=_TAKING)
        for chunk in handlers.package(room=self._room, call=current_call(), hand_over=hand_over):
            yield pb.DownloadArchivePackageResponse(chunk=chunk)
