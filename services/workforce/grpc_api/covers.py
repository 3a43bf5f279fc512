"""Leave, cover and delegation: proto to use case and back."""

from __future__ import annotations

from typing import Any

from kit.call import current_call
from services.workforce import handlers, queries
from services.workforce.domain.covers import CoverKind, DayPart, stood_in
from services.workforce.events import COVER_KINDS, DAY_PARTS, ROLES, cover_message
from services.workforce.handlers import Filing, Workforce
from tongban.workforce.v1 import covers_pb2, service_pb2_grpc

_COVER_KINDS: dict[int, CoverKind] = {number: kind for kind, number in COVER_KINDS.items()}
_DAY_PARTS: dict[int, DayPart] = {number: part for part, number in DAY_PARTS.items()}


class CoversApi(service_pb2_grpc.WorkforceServiceServicer):
    """Serves what is about who stands in for whom (rules V01–V08)."""

    _workforce: Workforce

    def FileCover(self, request: covers_pb2.FileCoverRequest, context: Any) -> covers_pb2.FileCoverResponse:
        filing = Filing(
            kind=_COVER_KINDS.get(request.kind),
            staff_id=request.staff_id,
            substitute_id=request.substitute_id,
            first_day=request.first_day,
            last_day=request.last_day,
            day_part=_DAY_PARTS.get(request.day_part, DayPart.WHOLE),
            reason=request.reason,
        )
        cover = handlers.file_cover(workforce=self._workforce, call=current_call(), filing=filing)
        return covers_pb2.FileCoverResponse(cover=cover_message(cover))

    def ConfirmCover(self, request: covers_pb2.ConfirmCoverRequest, context: Any) -> covers_pb2.ConfirmCoverResponse:
        cover = handlers.confirm_cover(
            workforce=self._workforce,
            call=current_call(),
            cover_id=request.cover_id,
            expected_version=request.expected_version,
        )
        return covers_pb2.ConfirmCoverResponse(cover=cover_message(cover))

    def EndCover(self, request: covers_pb2.EndCoverRequest, context: Any) -> covers_pb2.EndCoverResponse:
        cover = handlers.end_cover(
            workforce=self._workforce,
            call=current_call(),
            cover_id=request.cover_id,
            expected_version=request.expected_version,
        )
        return covers_pb2.EndCoverResponse(cover=cover_message(cover))

    def IssueBadge(self, request: covers_pb2.IssueBadgeRequest, context: Any) -> covers_pb2.IssueBadgeResponse:
        cover = handlers.issue_badge(
            workforce=self._workforce,
            call=current_call(),
            cover_id=request.cover_id,
            number=request.number,
            expected_version=request.expected_version,
        )
        return covers_pb2.IssueBadgeResponse(cover=cover_message(cover))

    def ReturnBadge(self, request: covers_pb2.ReturnBadgeRequest, context: Any) -> covers_pb2.ReturnBadgeResponse:
        cover = handlers.return_badge(
            workforce=self._workforce,
            call=current_call(),
            cover_id=request.cover_id,
            expected_version=request.expected_version,
        )
        return covers_pb2.ReturnBadgeResponse(cover=cover_message(cover))

    def GiveStandInFeedback(
        self, request: covers_pb2.GiveStandInFeedbackRequest, context: Any
    ) -> covers_pb2.GiveStandInFeedbackResponse:
        cover = handlers.give_feedback(
            workforce=self._workforce,
            call=current_call(),
            cover_id=request.cover_id,
            text=request.text,
            expected_version=request.expected_version,
        )
        return covers_pb2.GiveStandInFeedbackResponse(cover=cover_message(cover))

    def ListStandIns(self, request: covers_pb2.ListStandInsRequest, context: Any) -> covers_pb2.ListStandInsResponse:
        year, rows = queries.list_stand_ins(
            workforce=self._workforce, call=current_call(), center_id=request.center_id, year=request.year
        )
        return covers_pb2.ListStandInsResponse(year=year, rows=[_stand_ins(row) for row in rows])

    def ListCovers(self, request: covers_pb2.ListCoversRequest, context: Any) -> covers_pb2.ListCoversResponse:
        covers, cursor = queries.list_covers(
            workforce=self._workforce,
            call=current_call(),
            center_id=request.center_id,
            mine=request.mine,
            limit=request.limit,
            cursor=request.cursor,
        )
        return covers_pb2.ListCoversResponse(covers=map(cover_message, covers), next_cursor=cursor)

    def ListColleagues(
        self, request: covers_pb2.ListColleaguesRequest, context: Any
    ) -> covers_pb2.ListColleaguesResponse:
        colleagues, cursor = queries.list_colleagues(
            workforce=self._workforce,
            call=current_call(),
            center_id=request.center_id,
            department_key=request.department_key,
            limit=request.limit,
            cursor=request.cursor,
        )
        return covers_pb2.ListColleaguesResponse(colleagues=map(_colleague, colleagues), next_cursor=cursor)

    def GetColleague(self, request: covers_pb2.GetColleagueRequest, context: Any) -> covers_pb2.GetColleagueResponse:
        found = queries.get_colleague(workforce=self._workforce, call=current_call(), staff_id=request.staff_id)
        return covers_pb2.GetColleagueResponse(colleague=_colleague(found))


def _colleague(found: queries.Colleague) -> covers_pb2.Colleague:
    staff = found.staff
    covered = (
        covers_pb2.Covered(
            staff_id=cover.staff_id, name=cover.staff_name, kind=COVER_KINDS[cover.kind], last_day=cover.last_day
        )
        for cover in found.covers
    )
    return covers_pb2.Colleague(
        id=staff.id,
        name=staff.name,
        center_id=staff.center_id,
        department_key=staff.department_key,
        roles=[ROLES[role] for role in staff.roles],
        active=found.active,
        away=found.away,
        covers=covered,
        stand_in_name=found.stand_in_name,
    )


def _stand_ins(row: queries.StandIns) -> covers_pb2.StandInRow:
    told = [cover_message(cover) for cover in row.covers]
    return covers_pb2.StandInRow(
        staff_id=row.staff_id,
        name=row.name,
        department_key=row.department_key,
        covers=len(told),
        days=sum(stood_in(cover) for cover in row.covers),
        badges_out=sum(cover.HasField("badge") and not cover.badge.HasField("returned_at") for cover in told),
        feedback=[said for cover in told for said in cover.feedback],
    )
