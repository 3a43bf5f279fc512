"""RPCs of parts and joint cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import grpc

from kit.call import current_call
from kit.errors import Invalid
from services.federation.domain.commands import Verb
from services.federation.domain.joint import JointState
from services.federation.domain.parts import Applicant, HandedIn, Outcome, PartKind, PartState, Place
from services.federation.handlers import commands, joints, part_files, parts, show
from services.federation.handlers.parts import OpenedCase
from services.federation.handlers.room import Room
from services.federation.protos.by_name import choice_of, entity_of, message_of
from services.federation.protos.shared import (
    command_message,
    joint_message,
    listed_part,
)
from services.federation.queries import room as queries
from tongban.federation.v1 import part_requests_pb2 as pb
from tongban.federation.v1 import parts_pb2

R = TypeVar("R", pb.OpenSentUpRequest, pb.OpenJointRequest)


class PartRpcs:
    """What the service answers of parts and joint cases."""

    _room: Room

    def OpenSentUp(self, request: pb.OpenSentUpRequest, context: grpc.ServicerContext) -> pb.OpenSentUpResponse:
        place = Place("", request.center_id, request.department_key)
        part = parts.open_sent_up(room=self._room, call=current_call(), place=place, case=_case(request))
        return pb.OpenSentUpResponse(part=listed_part(part))

    def SendUp(self, request: pb.SendUpRequest, context: grpc.ServicerContext) -> pb.SendUpResponse:
        part = parts.send_up(
            room=self._room,
            call=current_call(),
            part_id=request.part_id,
            place=_place(request.place),
            opinion=request.opinion,
            expected_version=request.expected_version,
        )
        return pb.SendUpResponse(part=listed_part(part))

    def OfferPart(self, request: pb.OfferPartRequest, context: grpc.ServicerContext) -> pb.OfferPartResponse:
        part = parts.offer_part(
            room=self._room,
            call=current_call(),
            part_id=request.part_id,
            place=_place(request.place),
            expected_version=request.expected_version,
        )
        return pb.OfferPartResponse(part=listed_part(part))

    def AskPartBack(self, request: pb.AskPartBackRequest, context: grpc.ServicerContext) -> pb.AskPartBackResponse:
        part = parts.ask_back(
            room=self._room,
            call=current_call(),
            part_id=request.part_id,
            expected_version=request.expected_version,
        )
        return pb.AskPartBackResponse(part=listed_part(part))

    def AnswerPartOffer(
        self, request: pb.AnswerPartOfferRequest, context: grpc.ServicerContext
    ) -> pb.AnswerPartOfferResponse:
        part = parts.answer_offer(
            room=self._room,
            call=current_call(),
            part_id=request.part_id,
            accepted=request.accepted,
            department_key=request.department_key,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.AnswerPartOfferResponse(part=listed_part(part))

    def AskPartMaterials(
        self, request: pb.AskPartMaterialsRequest, context: grpc.ServicerContext
    ) -> pb.AskPartMaterialsResponse:
        part = parts.ask_for_materials(
            room=self._room,
            call=current_call(),
            part_id=request.part_id,
            wanted=[(each.key, each.name, each.note) for each in request.wanted],
            expected_version=request.expected_version,
        )
        return pb.AskPartMaterialsResponse(part=listed_part(part))

    def AnswerPart(self, request: pb.AnswerPartRequest, context: grpc.ServicerContext) -> pb.AnswerPartResponse:
        part = parts.answer_part(
            room=self._room,
            call=current_call(),
            part_id=request.part_id,
            outcome=choice_of(parts_pb2.PartOutcome.DESCRIPTOR, request.outcome, Outcome),
            opinion=request.opinion,
            basis=request.basis,
            number=request.number,
            files=_papers(request.files),
            expected_version=request.expected_version,
        )
        return pb.AnswerPartResponse(part=listed_part(part))

    def CommandPart(self, request: pb.CommandPartRequest, context: grpc.ServicerContext) -> pb.CommandPartResponse:
        command = commands.command_part(
            room=self._room,
            call=current_call(),
            part_id=request.part_id,
            verb=choice_of(parts_pb2.Verb.DESCRIPTOR, request.verb, Verb),
            reason=request.reason,
            materials=_papers(request.materials),
        )
        return pb.CommandPartResponse(command=command_message(command))

    def UploadPartFile(
        self, request_iterator: Iterator[pb.UploadPartFileRequest], context: grpc.ServicerContext
    ) -> pb.UploadPartFileResponse:
        first = next(request_iterator, None)
        if first is None or first.WhichOneof("part") != "header":
            raise Invalid("upload_header_missing", "上传须先说明中心和文件名，请重新上传。")
        file = part_files.upload_part_file(
            room=self._room,
            call=current_call(),
            center_id=first.header.center_id,
            filename=first.header.filename,
            media_type=first.header.media_type,
            chunks=(part.chunk for part in request_iterator),
        )
        return pb.UploadPartFileResponse(file=message_of(file, parts_pb2.PartPaper()))

    def DownloadPartFile(
        self, request: pb.DownloadPartFileRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.DownloadPartFileResponse]:
        file, chunks = part_files.download_part_file(
            room=self._room, call=current_call(), part_id=request.part_id, sha256=request.sha256
        )
        yield pb.DownloadPartFileResponse(file=message_of(file, parts_pb2.PartPaper()))
        for chunk in chunks:
            yield pb.DownloadPartFileResponse(chunk=chunk)

    def GetPart(self, request: pb.GetPartRequest, context: grpc.ServicerContext) -> pb.GetPartResponse:
        seen = queries.get_part(room=self._room, call=current_call(), part_id=request.part_id)
        return pb.GetPartResponse(part=listed_part(seen.part), commands=map(command_message, seen.commands))

    def ShowPartApplicant(
        self, request: pb.ShowPartApplicantRequest, context: grpc.ServicerContext
    ) -> pb.ShowPartApplicantResponse:
        who = show.show_part_applicant(
            room=self._room, call=current_call(), part_id=request.part_id, purpose=request.purpose
        )
        return pb.ShowPartApplicantResponse(applicant=message_of(who, parts_pb2.PartApplicant()))

    def ListParts(self, request: pb.ListPartsRequest, context: grpc.ServicerContext) -> pb.ListPartsResponse:
        found = queries.list_parts(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            kind=choice_of(parts_pb2.PartKind.DESCRIPTOR, request.kind, PartKind),
            state=choice_of(parts_pb2.PartState.DESCRIPTOR, request.state, PartState),
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListPartsResponse(parts=map(listed_part, found.items), next_cursor=found.cursor)

    def OpenJoint(self, request: pb.OpenJointRequest, context: grpc.ServicerContext) -> pb.OpenJointResponse:
        joint = joints.open_joint(
            room=self._room,
            call=current_call(),
            place=Place("", request.center_id, request.department_key),
            case=_case(request),
            days=request.days,
            planned=[(each.title, _place(each.place), each.days) for each in request.parts],
        )
        return pb.OpenJointResponse(joint=joint_message(joint))

    def MergeJoint(self, request: pb.MergeJointRequest, context: grpc.ServicerContext) -> pb.MergeJointResponse:
        joint = joints.merge_joint(
            room=self._room,
            call=current_call(),
            joint_id=request.joint_id,
            outcome=choice_of(parts_pb2.PartOutcome.DESCRIPTOR, request.outcome, Outcome),
            opinion=request.opinion,
            expected_version=request.expected_version,
        )
        return pb.MergeJointResponse(joint=joint_message(joint))

    def WithdrawJoint(
        self, request: pb.WithdrawJointRequest, context: grpc.ServicerContext
    ) -> pb.WithdrawJointResponse:
        joint = joints.withdraw_joint(
            room=self._room,
            call=current_call(),
            joint_id=request.joint_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.WithdrawJointResponse(joint=joint_message(joint))

    def GetJoint(self, request: pb.GetJointRequest, context: grpc.ServicerContext) -> pb.GetJointResponse:
        joint = queries.get_joint(room=self._room, call=current_call(), joint_id=request.joint_id)
        return pb.GetJointResponse(joint=joint_message(joint))

    def ListJoints(self, request: pb.ListJointsRequest, context: grpc.ServicerContext) -> pb.ListJointsResponse:
        found = queries.list_joints(
            room=self._room,
            call=current_call(),
            center_id=request.center_id,
            state=choice_of(parts_pb2.JointState.DESCRIPTOR, request.state, JointState),
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListJointsResponse(joints=map(joint_message, found.items), next_cursor=found.cursor)


def _case(request: R) -> OpenedCase:
    who = request.applicant
    return OpenedCase(
        case_id=request.case_id,
        number=request.number,
        item_name=request.item_name,
        journey=request.journey,
        applicant=Applicant(who.name, who.id_number, who.phone),
        materials=_papers(request.materials),
    )


def _place(place: parts_pb2.Place) -> Place:
    return Place(place.site, place.center_id, place.department_key)


def _papers(papers: Iterable[parts_pb2.PartPaper]) -> tuple[HandedIn, ...]:
    return tuple(entity_of(each, HandedIn) for each in papers)
