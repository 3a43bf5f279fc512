"""RPCs that change a crossing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import grpc

from kit.call import current_call
from kit.errors import Invalid
from services.federation.domain.crossing import Crossing
from services.federation.handlers import collecting, files, handing_over, handling, results
from services.federation.handlers.desk import Desk
from services.federation.protos.agreements import mode_of
from services.federation.protos.crossings import applicant_of, crossing_message, scan_message
from tongban.federation.v1 import crossing_requests_pb2 as requests
from tongban.federation.v1 import messages_pb2
from tongban.federation.v1 import service_pb2 as pb


class CrossingRpcs:
    """What the service does with crossings."""

    _desk: Desk

    def OpenCrossing(self, request: pb.OpenCrossingRequest, context: grpc.ServicerContext) -> pb.OpenCrossingResponse:
        crossing = collecting.open_crossing(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            agreement_id=request.agreement_id,
            mode=mode_of(request.mode),
            applicant=applicant_of(request.applicant),
            identity_note=request.identity_note,
            delivery=request.delivery,
            form_json=request.form_json,
            ticket_id=request.ticket_id,
            journey=request.journey,
        )
        # Whoever hands the receipt out, or gets it, sees the code this once.
        return pb.OpenCrossingResponse(crossing=crossing_message(crossing, current_call().now))

    def UploadScan(
        self, request_iterator: Iterator[pb.UploadScanRequest], context: grpc.ServicerContext
    ) -> pb.UploadScanResponse:
        first = next(request_iterator, None)
        if first is None or not first.HasField("header"):
            raise Invalid("upload_header_missing", "上传缺少文件说明，请重新上传。")
        header = first.header
        crossing, scan = files.upload_scan(
            desk=self._desk,
            call=current_call(),
            crossing_id=header.crossing_id,
            code=header.code,
            material_key=header.material_key,
            filename=header.filename,
            media_type=header.media_type,
            chunks=_chunks(request_iterator),
        )
        return pb.UploadScanResponse(crossing=shown(crossing, header.code), scan=scan_message(scan))

    def RemoveScan(self, request: pb.RemoveScanRequest, context: grpc.ServicerContext) -> pb.RemoveScanResponse:
        crossing = files.remove_scan(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            code=request.code,
            material_key=request.material_key,
            sha256=request.sha256,
            expected_version=request.expected_version,
        )
        return pb.RemoveScanResponse(crossing=shown(crossing, request.code))

    def CheckScannedMaterial(
        self, request: pb.CheckScannedMaterialRequest, context: grpc.ServicerContext
    ) -> pb.CheckScannedMaterialResponse:
        crossing = files.check_material(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            material_key=request.material_key,
            checked=request.checked,
            originals=request.originals,
            copies=request.copies,
            expected_version=request.expected_version,
        )
        return pb.CheckScannedMaterialResponse(crossing=shown(crossing))

    def SendCrossing(self, request: pb.SendCrossingRequest, context: grpc.ServicerContext) -> pb.SendCrossingResponse:
        crossing = collecting.send_crossing(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            code=request.code,
            expected_version=request.expected_version,
        )
        return pb.SendCrossingResponse(crossing=shown(crossing, request.code))

    def SendCrossingSupplement(
        self, request: pb.SendCrossingSupplementRequest, context: grpc.ServicerContext
    ) -> pb.SendCrossingSupplementResponse:
        crossing = collecting.send_supplement(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            code=request.code,
            expected_version=request.expected_version,
        )
        return pb.SendCrossingSupplementResponse(crossing=shown(crossing, request.code))

    def WithdrawCrossing(
        self, request: pb.WithdrawCrossingRequest, context: grpc.ServicerContext
    ) -> pb.WithdrawCrossingResponse:
        crossing = collecting.withdraw_crossing(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            code=request.code,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.WithdrawCrossingResponse(crossing=shown(crossing, request.code))

    def ReceiveCrossingResult(
        self, request: pb.ReceiveCrossingResultRequest, context: grpc.ServicerContext
    ) -> pb.ReceiveCrossingResultResponse:
        crossing = results.receive_result(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            expected_version=request.expected_version,
        )
        return pb.ReceiveCrossingResultResponse(crossing=shown(crossing))

    def HandOverCrossingResult(
        self, request: pb.HandOverCrossingResultRequest, context: grpc.ServicerContext
    ) -> pb.HandOverCrossingResultResponse:
        crossing = results.hand_over_result(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            received_by=request.received_by,
            expected_version=request.expected_version,
        )
        return pb.HandOverCrossingResultResponse(crossing=shown(crossing))

    def UploadCrossingResult(
        self, request_iterator: Iterator[requests.UploadCrossingResultRequest], context: grpc.ServicerContext
    ) -> requests.UploadCrossingResultResponse:
        first = next(request_iterator, None)
        if first is None or not first.HasField("header"):
            raise Invalid("upload_header_missing", "上传缺少文件说明，请重新上传。")
        crossing = results.upload_result(
            desk=self._desk,
            call=current_call(),
            crossing_id=first.header.crossing_id,
            filename=first.header.filename,
            media_type=first.header.media_type,
            chunks=(part.chunk for part in request_iterator),
        )
        return requests.UploadCrossingResultResponse(crossing=shown(crossing))

    def DownloadCrossingResult(
        self, request: requests.DownloadCrossingResultRequest, context: grpc.ServicerContext
    ) -> Iterator[requests.DownloadCrossingResultResponse]:
        file, chunks = results.download_result(desk=self._desk, call=current_call(), crossing_id=request.crossing_id)
        yield requests.DownloadCrossingResultResponse(file=scan_message(file))
        for chunk in chunks:
            yield requests.DownloadCrossingResultResponse(chunk=chunk)

    def OfferCrossing(
        self, request: requests.OfferCrossingRequest, context: grpc.ServicerContext
    ) -> requests.OfferCrossingResponse:
        crossing = handing_over.offer_crossing(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            site=request.site,
            center_id=request.center_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return requests.OfferCrossingResponse(crossing=shown(crossing))

    def AskCrossingBack(
        self, request: requests.AskCrossingBackRequest, context: grpc.ServicerContext
    ) -> requests.AskCrossingBackResponse:
        crossing = handing_over.ask_back(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            expected_version=request.expected_version,
        )
        return requests.AskCrossingBackResponse(crossing=shown(crossing))

    def AnswerCrossingOffer(
        self, request: requests.AnswerCrossingOfferRequest, context: grpc.ServicerContext
    ) -> requests.AnswerCrossingOfferResponse:
        crossing = handing_over.answer_offer(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            accepted=request.accepted,
            item_id=request.item_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return requests.AnswerCrossingOfferResponse(crossing=shown(crossing))

    def ReadCrossing(self, request: pb.ReadCrossingRequest, context: grpc.ServicerContext) -> pb.ReadCrossingResponse:
        crossing = handling.read_crossing(desk=self._desk, call=current_call(), crossing_id=request.crossing_id)
        return pb.ReadCrossingResponse(crossing=shown(crossing))


def shown(crossing: Crossing, code: str = "") -> messages_pb2.Crossing:
    """A crossing as it stands now; only whoever came with its code gets that again."""
    return crossing_message(crossing, current_call().now, code=bool(code))


def _chunks(parts: Iterable[pb.UploadScanRequest]) -> Iterator[bytes]:
    return (part.chunk for part in parts)
