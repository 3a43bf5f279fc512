"""RPCs of reconciling and of routes."""

from __future__ import annotations

from typing import Any

from kit.call import current_call
from kit.timestamps import to_timestamp
from services.relay.domain.files import Way
from services.relay.domain.reconcile import Compared, Difference, Report, ReportState
from services.relay.domain.route import Route
from services.relay.handlers import routes
from services.relay.handlers.desk import Desk
from services.relay.handlers.reconciling import Reconciling
from services.relay.handlers.registry import Registry
from tongban.relay.v1 import reconcile_pb2, service_pb2

_WAYS = {Way.OUT: reconcile_pb2.RECONCILE_WAY_OUT, Way.IN: reconcile_pb2.RECONCILE_WAY_IN}
_KINDS = {
    Difference.FETCHED: reconcile_pb2.RECONCILE_DIFFERENCE_KIND_FETCHED,
    Difference.MISSING_HERE: reconcile_pb2.RECONCILE_DIFFERENCE_KIND_MISSING_HERE,
    Difference.MISSING_THERE: reconcile_pb2.RECONCILE_DIFFERENCE_KIND_MISSING_THERE,
    Difference.DIFFERENT: reconcile_pb2.RECONCILE_DIFFERENCE_KIND_DIFFERENT,
    Difference.ADOPTED: reconcile_pb2.RECONCILE_DIFFERENCE_KIND_ADOPTED,
    Difference.DAMAGED_HERE: reconcile_pb2.RECONCILE_DIFFERENCE_KIND_DAMAGED_HERE,
}


class ReconcileRpcs:
    """What both ends of a link have, and which way letters leave."""

    _reconciling: Reconciling
    _registry: Registry
    _desk: Desk

    def ReconcileLink(
        self, request: service_pb2.ReconcileLinkRequest, context: Any
    ) -> service_pb2.ReconcileLinkResponse:
        call = current_call()
        report = self._reconciling.ask(
            call=call,
            link_id=request.link_id,
            report_id=self._registry.new_id(call.now),
            adopt=request.adopt,
            reason=request.reason,
        )
        return service_pb2.ReconcileLinkResponse(report=_report(report))

    def ListReconcileReports(
        self, request: service_pb2.ListReconcileReportsRequest, context: Any
    ) -> service_pb2.ListReconcileReportsResponse:
        found = self._reconciling.reports_of(link_id=request.link_id, limit=request.limit, cursor=request.cursor)
        return service_pb2.ListReconcileReportsResponse(
            reports=[_report(each) for each in found.items], next_cursor=found.cursor
        )

    def SetRoute(self, request: service_pb2.SetRouteRequest, context: Any) -> service_pb2.SetRouteResponse:
        route = routes.set_route(
            desk=self._desk,
            call=current_call(),
            pattern=request.pattern,
            link_id=request.link_id,
            expected_version=request.expected_version,
            approved_by=request.approved_by,
            reason=request.reason,
        )
        return service_pb2.SetRouteResponse(route=_route(route))

    def ListRoutes(self, request: service_pb2.ListRoutesRequest, context: Any) -> service_pb2.ListRoutesResponse:
        found = routes.list_routes(desk=self._desk, limit=request.limit, cursor=request.cursor)
        return service_pb2.ListRoutesResponse(routes=[_route(each) for each in found.items], next_cursor=found.cursor)


def _report(report: Report) -> reconcile_pb2.ReconcileReport:
    return reconcile_pb2.ReconcileReport(
        id=report.id,
        link_id=report.link,
        peer=report.peer,
        asked_at=to_timestamp(report.asked_at),
        asked_by=report.asked_by,
        reason=report.reason,
        adopt=report.adopt,
        finished_at=to_timestamp(report.finished_at),
        agrees=report.agrees,
        unanswered=report.state is ReportState.UNANSWERED,
        directions=[_direction(each) for each in report.directions],
    )


def _direction(compared: Compared) -> reconcile_pb2.ReconcileDirection:
    return reconcile_pb2.ReconcileDirection(
        way=_WAYS[compared.way],
        first=compared.first,
        last=compared.last,
        our_head=compared.our_head,
        their_head=compared.their_head,
        types=[
            reconcile_pb2.ReconcileTypeCount(type=each.type, ours=each.ours, theirs=each.theirs)
            for each in compared.types
        ],
        differences=[
            reconcile_pb2.ReconcileDifference(
                sequence=each.sequence, kind=_KINDS[each.difference], ours=each.ours, theirs=each.theirs
            )
            for each in compared.differences
        ],
        differing=compared.differing,
        mended=compared.mended,
    )


def _route(route: Route) -> reconcile_pb2.Route:
    return reconcile_pb2.Route(pattern=route.id, link_id=route.link, version=route.version)
