"""Points and measures: proto to use case and back."""

from __future__ import annotations

from datetime import date
from typing import Any

from kit.call import current_call
from kit.errors import Invalid
from kit.timestamps import to_timestamp
from kit.workdays import local_instant
from services.supervision import handlers, queries
from services.supervision.events import MEASURE_STATES, measure_message
from services.supervision.handlers import Tower
from tongban.supervision.v1 import accountability_pb2, measure_requests_pb2, service_pb2_grpc

_STATES = {number: state for state, number in MEASURE_STATES.items()}


class AccountabilityApi(service_pb2_grpc.SupervisionServiceServicer):
    """Serves what is about points and the ladder of accountability (rules G05)."""

    _tower: Tower

    def GetPoints(
        self, request: measure_requests_pb2.GetPointsRequest, context: Any
    ) -> measure_requests_pb2.GetPointsResponse:
        call = current_call()
        try:
            at = local_instant(date.fromisoformat(request.on)) if request.on else call.now
        except ValueError:
            raise Invalid("on_invalid", "日期应写成 2026-12-01 的格式。", field="on") from None
        period, rows = queries.get_points(tower=self._tower, call=call, center_id=request.center_id, at=at)
        table = accountability_pb2.PointsTable(
            period=period.name,
            since=to_timestamp(period.since),
            until=to_timestamp(period.until),
            rows=[
                accountability_pb2.PointsRow(
                    department_key=row.department_key,
                    person_id="" if row.person is None else row.person.id,
                    person_name="" if row.person is None else row.person.name,
                    yellow=row.points.yellow,
                    red=row.points.red,
                    points=row.points.points,
                    taken_back=row.points.taken_back,
                )
                for row in rows
            ],
        )
        return measure_requests_pb2.GetPointsResponse(points=table)

    def ListMeasures(
        self, request: measure_requests_pb2.ListMeasuresRequest, context: Any
    ) -> measure_requests_pb2.ListMeasuresResponse:
        found = queries.list_measures(
            tower=self._tower,
            call=current_call(),
            center_id=request.center_id,
            state=_STATES.get(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return measure_requests_pb2.ListMeasuresResponse(
            measures=[measure_message(measure) for measure in found.items], next_cursor=found.cursor
        )

    def GetMeasure(
        self, request: measure_requests_pb2.GetMeasureRequest, context: Any
    ) -> measure_requests_pb2.GetMeasureResponse:
        call = current_call()
        measure = handlers.measure_of(self._tower, call, request.measure_id)
        now = handlers.points_now(self._tower, call, measure)
        return measure_requests_pb2.GetMeasureResponse(measure=measure_message(measure), points_now=now)

    def DecideMeasure(
        self, request: measure_requests_pb2.DecideMeasureRequest, context: Any
    ) -> measure_requests_pb2.DecideMeasureResponse:
        measure = handlers.decide_measure(
            tower=self._tower,
            call=current_call(),
            measure_id=request.measure_id,
            imposed=request.imposed,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return measure_requests_pb2.DecideMeasureResponse(measure=measure_message(measure))

    def AnswerMeasure(
        self, request: measure_requests_pb2.AnswerMeasureRequest, context: Any
    ) -> measure_requests_pb2.AnswerMeasureResponse:
        measure = handlers.answer_measure(
            tower=self._tower,
            call=current_call(),
            measure_id=request.measure_id,
            text=request.text,
            expected_version=request.expected_version,
        )
        return measure_requests_pb2.AnswerMeasureResponse(measure=measure_message(measure))

    def ConcludeMeasure(
        self, request: measure_requests_pb2.ConcludeMeasureRequest, context: Any
    ) -> measure_requests_pb2.ConcludeMeasureResponse:
        measure = handlers.conclude_measure(
            tower=self._tower,
            call=current_call(),
            measure_id=request.measure_id,
            revoked=request.revoked,
            note=request.note,
            expected_version=request.expected_version,
        )
        return measure_requests_pb2.ConcludeMeasureResponse(measure=measure_message(measure))
